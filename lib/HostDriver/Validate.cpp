// Launch limits, and the parsing and naming that belongs to the public options.
#include "Validate.h"
#include <sstream>

namespace fusion::host {
using runtime::DeviceInfo;
using runtime::Error;
using runtime::ErrorKind;
namespace {
constexpr size_t kSharedWithoutOptIn = 48 << 10;
std::string extent(Extent3 e) { return "(" + std::to_string(e.x) + "," + std::to_string(e.y) + "," + std::to_string(e.z) + ")"; }
} // namespace

size_t staticShared(const ModuleCopy &copy, const std::string &kernel) {
  size_t bytes = 0;
  for (const Symbol &symbol : copy.symbols)
    if (symbol.function == kernel)
      bytes += symbol.end - symbol.begin;
  return bytes;
}

Error validateShared(const DeviceInfo &device, const std::string &kernel, size_t staticBytes, size_t dynamicBytes) {
  if (staticBytes > kSharedWithoutOptIn)
    return Error(ErrorKind::Device, kernel + ": expected at most 49152 bytes of static shared memory, but got " +
                                        std::to_string(staticBytes) + "; use dynamic shared memory");
  if (staticBytes + dynamicBytes > device.sharedBytesPerBlock)
    return Error(ErrorKind::Device, kernel + ": expected at most " + std::to_string(device.sharedBytesPerBlock) +
                                        " bytes of shared memory on compute capability " + std::to_string(device.major) + "." +
                                        std::to_string(device.minor) + ", but got " + std::to_string(staticBytes) + " static and " +
                                        std::to_string(dynamicBytes) + " dynamic");
  return {};
}

Error validateLaunch(const DeviceInfo &device, const std::string &kernel, Extent3 grid, Extent3 block, unsigned launchBound,
                     size_t staticBytes, size_t dynamicBytes, size_t optedIn) {
  uint64_t threads = uint64_t(block.x) * block.y * block.z;
  if (!block.x || !block.y || !block.z || block.x > 1024 || block.y > 1024 || block.z > 64 || threads > 1024)
    return Error(ErrorKind::Device, kernel + ": expected a block of 1 to 1024 threads (z at most 64), but got " + extent(block));
  if (launchBound && threads > launchBound)
    return Error(ErrorKind::Device, kernel + ": expected at most " + std::to_string(launchBound) +
                                        " threads by its __launch_bounds__, but got " + std::to_string(threads));
  if (!grid.x || !grid.y || !grid.z || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535)
    return Error(ErrorKind::Device, kernel + ": expected a grid of 1 to 2147483647 by 65535 by 65535 blocks, but got " + extent(grid));
  if (Error error = validateShared(device, kernel, staticBytes, dynamicBytes))
    return error;
  if (staticBytes + dynamicBytes > kSharedWithoutOptIn && dynamicBytes > optedIn)
    return Error(ErrorKind::Device, kernel + ": expected at most the " + std::to_string(optedIn) +
                                        " bytes of dynamic shared memory that function() opted in to, but got " +
                                        std::to_string(dynamicBytes));
  return {};
}

} // namespace fusion::host

namespace fusion::runtime {

Expected<BlockSelection> BlockSelection::parse(const std::string &text) {
  BlockSelection selection;
  std::stringstream parts(text);
  auto number = [](const std::string &digits, uint64_t &value) {
    if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos)
      return false;
    value = std::stoull(digits);
    return true;
  };
  for (std::string part; std::getline(parts, part, ',');) {
    uint64_t value;
    if (part == "all" && text == "all")
      continue;
    if (part == "first")
      selection.first = true;
    else if (part == "last")
      selection.last = true;
    else if (part.rfind("random:", 0) == 0 && number(part.substr(7), value) && value <= 1u << 20)
      selection.random = static_cast<unsigned>(value);
    else if (number(part, value))
      selection.indices.push_back(value);
    else
      return Error(ErrorKind::InvalidArgument, "expected blocks like all or first,last,random:4,17, but got '" + part + "'");
  }
  return selection;
}

const char *name(FindingKind kind) {
  switch (kind) {
  case FindingKind::Race:
    return "race";
  case FindingKind::BlockRace:
    return "race between blocks";
  case FindingKind::OutOfBounds:
    return "out of bounds";
  case FindingKind::UninitializedShared:
    return "uninitialised shared memory";
  case FindingKind::UninitializedGlobal:
    return "uninitialised device memory";
  case FindingKind::Misaligned:
    return "misaligned access";
  case FindingKind::DivergentBarrier:
    return "divergent barrier";
  case FindingKind::AsyncCopyInFlight:
    return "read of an unfinished cp.async";
  case FindingKind::ForeignStack:
    return "access to another thread's local memory";
  case FindingKind::Deadlock:
    return "deadlock";
  case FindingKind::Collective:
    return "wrong warp collective";
  case FindingKind::IllegalAddress:
    return "illegal access";
  case FindingKind::GuardOverwritten:
    return "guard bytes overwritten";
  case FindingKind::Trap:
    return "trap";
  case FindingKind::Timeout:
    return "timeout";
  }
  return "finding";
}

} // namespace fusion::runtime
