// Refuses what a GPU of the claimed capability would refuse at a launch.
#pragma once
#include "Module.h"

namespace fusion::host {

/// Bytes of the static shared arrays that a kernel declares itself.
size_t staticShared(const ModuleCopy &copy, const std::string &kernel);
runtime::Error validateShared(const runtime::DeviceInfo &device, const std::string &kernel, size_t staticBytes, size_t dynamicBytes);
runtime::Error validateLaunch(const runtime::DeviceInfo &device, const std::string &kernel, Extent3 grid, Extent3 block,
                              unsigned launchBound, size_t staticBytes, size_t dynamicBytes, size_t optedIn);

} // namespace fusion::host
