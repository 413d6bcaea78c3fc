// Internal to the runtime: which of the images that a program brings along a device can load, best first.
#pragma once
#include "fusion/Runtime/Driver.h"
#include "fusion/Runtime/ProgramData.h"

namespace fusion::runtime::detail {

/// Code for the very device first, then for its generation, then PTX, the newest first: its driver translates that.
std::vector<const Image *> fittingImages(const Phase &phase, Form form, const DeviceInfo &device, const std::string &kind);
/// "cubin sm_80, narrow cubin sm_80, ptx sm_90", or "none".
std::string describeImages(const Phase &phase);

} // namespace fusion::runtime::detail
