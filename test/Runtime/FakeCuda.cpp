// Stands in for libcuda in tests: one device, launches that run nothing, errors on demand, and a log of what was called.
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {
int primaryContext, otherContext; // their addresses are the handles
void *current = &otherContext;
std::string journal;
int failLaunchWith = 0;

int note(const std::string &what) {
  journal += what + (current == &primaryContext ? ";" : "(wrong context);");
  return 0;
}
} // namespace

extern "C" {
const char *fakeJournal() { return journal.c_str(); }
void fakeReset(int launchError) {
  journal.clear();
  failLaunchWith = launchError;
}
void *fakeCurrent() { return current == &otherContext ? nullptr : current; }

int cuInit(unsigned) { return 0; }
int cuDriverGetVersion(int *version) { return *version = 13000, 0; }
int cuGetErrorName(int error, const char **name) {
  *name = error == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR_FAKE";
  return 0;
}
int cuGetErrorString(int, const char **text) { return *text = "made up", 0; }
int cuDeviceGetCount(int *count) { return *count = 1, 0; }
int cuDeviceGet(int *device, int) { return *device = 0, 0; }
int cuDeviceGetName(char *name, int, int) { return std::strcpy(name, "Fake GPU"), 0; }
int cuDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 75 ? 9 : attribute == 76 ? 0 : attribute == 97 ? 232448 : -1;
  return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int) { return *bytes = size_t(80) << 30, 0; }
int cuDevicePrimaryCtxRetain(void **context, int) { return *context = &primaryContext, 0; }
int cuDevicePrimaryCtxRelease_v2(int) { return journal += "release;", 0; }
int cuCtxGetCurrent(void **context) { return *context = current, 0; }
int cuCtxPushCurrent_v2(void *context) { return current = context, 0; }
int cuCtxPopCurrent_v2(void **context) {
  *context = current;
  current = &otherContext;
  return 0;
}
int cuCtxSynchronize() { return note("synchronize"); }
int cuModuleLoadData(void **module, const void *image) {
  *module = &journal;
  return note("load " + std::string(static_cast<const char *>(image)));
}
int cuModuleUnload(void *) { return note("unload"); }
int cuModuleGetFunction(void **function, void *, const char *name) {
  *function = &journal;
  return note("function " + std::string(name));
}
int cuFuncSetAttribute(void *, int attribute, int value) {
  return note("attribute " + std::to_string(attribute) + "=" + std::to_string(value));
}
int cuLaunchKernel(void *, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream,
                   void **args, void **extra) {
  std::string text = "launch";
  for (unsigned value : {gx, gy, gz, bx, by, bz, shared})
    text += " " + std::to_string(value);
  note(text + (stream ? " stream" : " default") + (extra ? " extra" : "") + " " + std::to_string(*static_cast<int *>(args[0])));
  return failLaunchWith;
}
int cuMemAlloc_v2(unsigned long long *pointer, size_t bytes) {
  note("allocate " + std::to_string(bytes));
  if (bytes > (size_t(80) << 30))
    return 2;
  *pointer = reinterpret_cast<unsigned long long>(std::malloc(bytes));
  return 0;
}
int cuMemFree_v2(unsigned long long pointer) {
  std::free(reinterpret_cast<void *>(pointer));
  return note("free");
}
int cuMemcpyHtoD_v2(unsigned long long to, const void *from, size_t bytes) {
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
  return note("to device");
}
int cuMemcpyDtoH_v2(void *to, unsigned long long from, size_t bytes) {
  std::memcpy(to, reinterpret_cast<void *>(from), bytes);
  return note("to host");
}
int cuMemsetD8Async(unsigned long long to, unsigned char value, size_t bytes, void *) {
  std::memset(reinterpret_cast<void *>(to), value, bytes);
  return note("fill");
}
int cuEventCreate(void **event, unsigned) { return *event = &journal, note("event"); }
int cuEventDestroy_v2(void *) { return note("destroy"); }
int cuEventRecord(void *, void *) { return note("record"); }
int cuEventSynchronize(void *) { return note("wait"); }
int cuEventElapsedTime(float *milliseconds, void *, void *) { return *milliseconds = 1.5f, 0; }
}
