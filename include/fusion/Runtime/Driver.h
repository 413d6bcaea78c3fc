// The few driver and NVRTC entry points that the runtime uses. Two implementations: CUDA (libcuda and libnvrtc opened at run
// time, lib/Runtime) and the host driver (lib/HostDriver), which compiles the same source for the CPU and checks it while it runs.
#pragma once
#include "fusion/Runtime/Error.h"
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fusion::runtime {

/// A device address. Host code never dereferences it, not even on the host driver.
using DevicePointer = uint64_t;
using ModuleHandle = void *;
using FunctionHandle = void *;
using Stream = void *; // nullptr is the default stream; a CUstream otherwise

struct Extent3 {
  unsigned x = 1, y = 1, z = 1;
};

struct DeviceInfo {
  std::string name;
  int major = 0, minor = 0;       ///< compute capability
  size_t sharedBytesPerBlock = 0; ///< opt-in maximum
  size_t totalMemory = 0;         ///< bytes
  int multiprocessors = 0;        ///< 0: unknown
  int dlpackType = 2;             ///< DLPack's number for the device's memory; 2 is CUDA
  int dlpackId = 0;               ///< its ordinal
};

/// A compiled image: a cubin for CUDA, a path to a shared object and its facts for the host driver.
struct Binary {
  std::vector<char> bytes;
  std::string log; ///< what the compiler said, warnings included
};

class Driver {
public:
  virtual ~Driver() = default;
  virtual DeviceInfo device() const = 0;

  /// Names the compiler, its version and its options: part of the key of a cached binary. Empty: binaries are not cached.
  virtual std::string compilerId() const { return {}; }
  /// Compiles CUDA C++ for `arch` ("sm_90a"). `name` is what messages call the source.
  virtual Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch) = 0;
  /// The kind of Image that load() takes: "cubin" (PTX too then) or "host".
  virtual std::string imageKind() const { return "cubin"; }
  virtual Expected<ModuleHandle> load(const Binary &binary) = 0;
  virtual void unload(ModuleHandle module) = 0;
  /// `sharedBytes`: the dynamic shared memory that launches of the function will ask for (opted in here, once).
  virtual Expected<FunctionHandle> function(ModuleHandle module, const std::string &name, size_t sharedBytes) = 0;
  /// `args[i]` points at the i-th kernel argument, as in cuLaunchKernel.
  virtual Error launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream stream, void **args) = 0;

  /// `bytes` is at least 1: an empty tensor has no address, and launches take 0 for it. `name` is what messages call the buffer.
  virtual Expected<DevicePointer> allocate(size_t bytes, const std::string &name) = 0;
  virtual void release(DevicePointer pointer) = 0;
  virtual Error copyToDevice(DevicePointer to, const void *from, size_t bytes) = 0;
  virtual Error copyToHost(void *to, DevicePointer from, size_t bytes) = 0;
  virtual Error fill(DevicePointer to, unsigned char value, size_t bytes, Stream stream) = 0;
  virtual Error synchronize() = 0;
  /// Milliseconds that `body` took on the device between two events on `stream` (wall time on the host driver).
  virtual Expected<float> elapsed(Stream stream, const std::function<Error()> &body) = 0;
};

} // namespace fusion::runtime
