// A Driver as the table of C functions that the C interface takes (include/fusion/driver.h).
#pragma once
#include "fusion/Runtime/Driver.h"
#include "fusion/driver.h"
#include <memory>

namespace fusion::runtime {

/// The table keeps the driver until its destroy() is called. `imageKind` must live as long.
fusion_driver makeDriverTable(std::shared_ptr<Driver> driver, const char *imageKind = nullptr);

} // namespace fusion::runtime
