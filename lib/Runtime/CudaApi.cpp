// Opens libcuda and looks its entry points up.
#include "CudaApi.h"

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

Expected<std::unique_ptr<CudaApi>> CudaApi::open(const std::string &path) {
  std::unique_ptr<CudaApi> api(new CudaApi(path));
  Library &library = api->library;
  if (!library)
    return Error(ErrorKind::Unsupported, "expected a CUDA driver, but " + path +
                                             " could not be opened; install NVIDIA's driver or use the host device (" + library.error() +
                                             ")");
  library.find("cuInit", api->init);
  library.find("cuDriverGetVersion", api->driverVersion);
  library.find("cuGetErrorName", api->errorName);
  library.find("cuGetErrorString", api->errorString);
  library.find("cuDeviceGetCount", api->deviceCount);
  library.find("cuDeviceGet", api->deviceGet);
  library.find("cuDeviceGetName", api->deviceName);
  library.find("cuDeviceGetAttribute", api->deviceAttribute);
  library.find("cuDeviceTotalMem_v2", api->deviceTotalMemory);
  library.find("cuDevicePrimaryCtxRetain", api->primaryRetain);
  library.find("cuDevicePrimaryCtxRelease_v2", api->primaryRelease);
  library.find("cuCtxGetCurrent", api->contextCurrent);
  library.find("cuCtxPushCurrent_v2", api->contextPush);
  library.find("cuCtxPopCurrent_v2", api->contextPop);
  library.find("cuCtxSynchronize", api->contextSynchronize);
  library.find("cuModuleLoadData", api->moduleLoad);
  library.find("cuModuleUnload", api->moduleUnload);
  library.find("cuModuleGetFunction", api->moduleFunction);
  library.find("cuFuncSetAttribute", api->functionSetAttribute);
  library.find("cuLaunchKernel", api->launchKernel);
  library.find("cuMemAlloc_v2", api->memoryAllocate);
  library.find("cuMemFree_v2", api->memoryFree);
  library.find("cuMemcpyHtoD_v2", api->copyToDevice);
  library.find("cuMemcpyDtoH_v2", api->copyToHost);
  library.find("cuMemsetD8Async", api->fill);
  library.find("cuEventCreate", api->eventCreate);
  library.find("cuEventDestroy_v2", api->eventDestroy);
  library.find("cuEventRecord", api->eventRecord);
  library.find("cuEventSynchronize", api->eventSynchronize);
  library.find("cuEventElapsedTime", api->eventElapsed);
  if (!library.missing().empty())
    return Error(ErrorKind::Unsupported, path + ": expected a CUDA driver of 11.8 or newer, but it lacks " + library.missing());
  return api;
}

Error CudaApi::check(Result result, const std::string &what) const {
  if (result == success)
    return {};
  const char *name = nullptr, *text = nullptr;
  errorName(result, &name);
  errorString(result, &text);
  return Error(result == outOfMemory ? ErrorKind::OutOfMemory : ErrorKind::Device,
               "the CUDA driver could not " + what + ": " + (name ? name : std::to_string(result)) + (text ? " (" : "") +
                   (text ? text : "") + (text ? ")" : ""));
}
