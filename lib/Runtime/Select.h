// Internal to the runtime: which variant of a program a device can run best, and what to compile it for.
#pragma once
#include "fusion/Runtime/Driver.h"
#include "fusion/Runtime/ProgramData.h"

namespace fusion::runtime::detail {

struct Selection {
  const Variant *variant = nullptr;
  std::string target; ///< the architecture to compile the variant's source for
};

/// The exact architecture first ("sm_90a" on 9.0 only), then the family ("sm_100f" on 10.x), then the newest plain one that is
/// not newer than the device; a plain one is compiled for the device itself.
Expected<Selection> selectVariant(const ProgramData &program, const DeviceInfo &device);

} // namespace fusion::runtime::detail
