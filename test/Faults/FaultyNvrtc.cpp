// Stands in for libnvrtc: every source compiles to the same text, and one call fails.
#include "Faulty.h"

#define CALL(name)                                                                                                                         \
  if (faulty::fails(#name))                                                                                                                \
  return 7

extern "C" {
void faultyNvrtcArm(int at) {
  faulty::state().failAt = at;
  faulty::state().calls = 0;
}
int faultyNvrtcCalls() { return faulty::state().calls; }
const char *faultyNvrtcFailed() { return faulty::state().failed.c_str(); }
int faultyNvrtcAlive() { return faulty::state().alive["program"]; }

const char *nvrtcGetErrorString(int) { return "NVRTC_ERROR_FAULTY"; }
int nvrtcVersion(int *major, int *minor) {
  CALL(nvrtcVersion);
  return *major = 13, *minor = 0, 0;
}
int nvrtcGetNumSupportedArchs(int *count) {
  CALL(nvrtcGetNumSupportedArchs);
  return *count = 2, 0;
}
int nvrtcGetSupportedArchs(int *archs) {
  CALL(nvrtcGetSupportedArchs);
  return archs[0] = 80, archs[1] = 90, 0;
}
int nvrtcCreateProgram(void **program, const char *, const char *, int, const char *const *, const char *const *) {
  CALL(nvrtcCreateProgram);
  faulty::count("program", 1);
  return *program = &faulty::state(), 0;
}
int nvrtcDestroyProgram(void **program) {
  CALL(nvrtcDestroyProgram);
  faulty::count("program", -1);
  return *program = nullptr, 0;
}
int nvrtcCompileProgram(void *, int, const char *const *) {
  CALL(nvrtcCompileProgram);
  return 0;
}
int nvrtcGetProgramLogSize(void *, size_t *size) {
  CALL(nvrtcGetProgramLogSize);
  return *size = 4, 0;
}
int nvrtcGetProgramLog(void *, char *log) {
  CALL(nvrtcGetProgramLog);
  return std::strcpy(log, "log"), 0;
}
int nvrtcGetCUBINSize(void *, size_t *size) {
  CALL(nvrtcGetCUBINSize);
  return *size = 6, 0;
}
int nvrtcGetCUBIN(void *, char *bytes) {
  CALL(nvrtcGetCUBIN);
  return std::memcpy(bytes, "cubin", 6), 0;
}
int nvrtcGetPTXSize(void *, size_t *size) {
  CALL(nvrtcGetPTXSize);
  return *size = 4, 0;
}
int nvrtcGetPTX(void *, char *bytes) {
  CALL(nvrtcGetPTX);
  return std::memcpy(bytes, "ptx", 4), 0;
}
}
