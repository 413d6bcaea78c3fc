// Stands in for libcuda: runs nothing, keeps memory on the host, counts contexts, modules, memory and events, and fails one call.
#include "Faulty.h"
#include <cstdlib>

using faulty::count;

namespace {
int primary; // its address is the context
int error = 700;
thread_local void *current = nullptr;
} // namespace

#define CALL(name)                                                                                                                         \
  if (faulty::fails(#name))                                                                                                                \
  return error

extern "C" {
void faultyCudaArm(int at, int with) {
  error = with;
  faulty::state().failAt = at;
  faulty::state().calls = 0;
}
int faultyCudaCalls() { return faulty::state().calls; }
const char *faultyCudaFailed() { return faulty::state().failed.c_str(); }
int faultyCudaAlive() {
  int sum = current ? 1 : 0; // a context left pushed
  for (const auto &[kind, alive] : faulty::state().alive)
    sum += alive;
  return sum;
}

int cuInit(unsigned) {
  CALL(cuInit);
  return 0;
}
int cuDriverGetVersion(int *version) {
  CALL(cuDriverGetVersion);
  return *version = 13000, 0;
}
int cuGetErrorName(int, const char **name) {
  CALL(cuGetErrorName);
  return *name = "CUDA_ERROR_FAULTY", 0;
}
int cuGetErrorString(int, const char **text) {
  CALL(cuGetErrorString);
  return *text = "made to fail", 0;
}
int cuDeviceGetCount(int *devices) {
  CALL(cuDeviceGetCount);
  return *devices = 1, 0;
}
int cuDeviceGet(int *device, int) {
  CALL(cuDeviceGet);
  return *device = 0, 0;
}
int cuDeviceGetName(char *name, int, int) {
  CALL(cuDeviceGetName);
  return std::strcpy(name, "Faulty GPU"), 0;
}
int cuDeviceGetAttribute(int *value, int attribute, int) {
  CALL(cuDeviceGetAttribute);
  *value = attribute == 75 ? 9 : attribute == 76 ? 0 : 232448;
  return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int) {
  CALL(cuDeviceTotalMem);
  return *bytes = size_t(80) << 30, 0;
}
int cuDevicePrimaryCtxRetain(void **context, int) {
  CALL(cuDevicePrimaryCtxRetain);
  count("primary context", 1);
  return *context = &primary, 0;
}
int cuDevicePrimaryCtxRelease_v2(int) {
  CALL(cuDevicePrimaryCtxRelease);
  count("primary context", -1);
  return 0;
}
int cuCtxGetCurrent(void **context) {
  CALL(cuCtxGetCurrent);
  return *context = current, 0;
}
int cuCtxPushCurrent_v2(void *context) {
  CALL(cuCtxPushCurrent);
  return current = context, 0;
}
int cuCtxPopCurrent_v2(void **context) {
  CALL(cuCtxPopCurrent);
  *context = current;
  return current = nullptr, 0;
}
int cuCtxSynchronize() {
  CALL(cuCtxSynchronize);
  return 0;
}
int cuModuleLoadData(void **module, const void *) {
  CALL(cuModuleLoadData);
  count("module", 1);
  return *module = &primary, 0;
}
int cuModuleUnload(void *) {
  CALL(cuModuleUnload);
  count("module", -1);
  return 0;
}
int cuModuleGetFunction(void **function, void *, const char *) {
  CALL(cuModuleGetFunction);
  return *function = &primary, 0;
}
int cuFuncSetAttribute(void *, int, int) {
  CALL(cuFuncSetAttribute);
  return 0;
}
int cuLaunchKernel(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **) {
  CALL(cuLaunchKernel);
  return 0;
}
int cuMemAlloc_v2(unsigned long long *pointer, size_t bytes) {
  CALL(cuMemAlloc);
  count("memory", 1);
  *pointer = reinterpret_cast<unsigned long long>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  return 0;
}
int cuMemFree_v2(unsigned long long pointer) {
  CALL(cuMemFree);
  count("memory", -1);
  std::free(reinterpret_cast<void *>(pointer));
  return 0;
}
int cuMemcpyHtoD_v2(unsigned long long to, const void *from, size_t bytes) {
  CALL(cuMemcpyHtoD);
  return std::memcpy(reinterpret_cast<void *>(to), from, bytes), 0;
}
int cuMemcpyDtoH_v2(void *to, unsigned long long from, size_t bytes) {
  CALL(cuMemcpyDtoH);
  return std::memcpy(to, reinterpret_cast<void *>(from), bytes), 0;
}
int cuMemsetD8Async(unsigned long long to, unsigned char value, size_t bytes, void *) {
  CALL(cuMemsetD8Async);
  return std::memset(reinterpret_cast<void *>(to), value, bytes), 0;
}
int cuEventCreate(void **event, unsigned) {
  CALL(cuEventCreate);
  count("event", 1);
  return *event = &primary, 0;
}
int cuEventDestroy_v2(void *) {
  CALL(cuEventDestroy);
  count("event", -1);
  return 0;
}
int cuEventRecord(void *, void *) {
  CALL(cuEventRecord);
  return 0;
}
int cuEventSynchronize(void *) {
  CALL(cuEventSynchronize);
  return 0;
}
int cuEventElapsedTime(float *milliseconds, void *, void *) {
  CALL(cuEventElapsedTime);
  return *milliseconds = 1, 0;
}
}
