// Internal to the runtime: the entry points of libcuda, declared here so that no toolkit header is needed to build.
#pragma once
#include "Library.h"
#include "fusion/Runtime/Error.h"
#include <cstddef>
#include <memory>

namespace fusion::runtime::detail {

struct CudaApi {
  using Result = int; // CUresult; 0 is success
  using Device = int;
  using Handle = void *; // CUcontext, CUmodule, CUfunction, CUstream, CUevent
  using Pointer = unsigned long long;
  enum : Result { success = 0, outOfMemory = 2 };
  enum DeviceAttribute { multiprocessorCount = 16, computeMajor = 75, computeMinor = 76, sharedPerBlockOptin = 97 };
  enum FunctionAttribute { maxDynamicShared = 8 };

  static Expected<std::unique_ptr<CudaApi>> open(const std::string &path);

  /// Success, or an error that says what was tried and how the driver calls what happened.
  Error check(Result result, const std::string &what) const;

  Result (*init)(unsigned);
  Result (*driverVersion)(int *);
  Result (*errorName)(Result, const char **);
  Result (*errorString)(Result, const char **);
  Result (*deviceCount)(int *);
  Result (*deviceGet)(Device *, int);
  Result (*deviceName)(char *, int, Device);
  Result (*deviceAttribute)(int *, int, Device);
  Result (*deviceTotalMemory)(size_t *, Device);
  Result (*primaryRetain)(Handle *, Device);
  Result (*primaryRelease)(Device);
  Result (*contextCurrent)(Handle *);
  Result (*contextPush)(Handle);
  Result (*contextPop)(Handle *);
  Result (*contextSynchronize)();
  Result (*moduleLoad)(Handle *, const void *);
  Result (*moduleUnload)(Handle);
  Result (*moduleFunction)(Handle *, Handle, const char *);
  Result (*functionSetAttribute)(Handle, int, int);
  Result (*launchKernel)(Handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, Handle, void **, void **);
  Result (*memoryAllocate)(Pointer *, size_t);
  Result (*memoryFree)(Pointer);
  Result (*copyToDevice)(Pointer, const void *, size_t);
  Result (*copyToHost)(void *, Pointer, size_t);
  Result (*fill)(Pointer, unsigned char, size_t, Handle);
  Result (*eventCreate)(Handle *, unsigned);
  Result (*eventDestroy)(Handle);
  Result (*eventRecord)(Handle, Handle);
  Result (*eventSynchronize)(Handle);
  Result (*eventElapsed)(float *, Handle, Handle);

private:
  explicit CudaApi(const std::string &path) : library({path}) {}
  Library library;
};

} // namespace fusion::runtime::detail
