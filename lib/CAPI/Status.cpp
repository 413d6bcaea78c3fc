// Statuses, the last error of a thread, versions.
#include "Handles.h"

using namespace fusion;
using namespace fusion::capi;

namespace {

/// A thread's last message. The fixed text stands in where the message itself finds no memory.
struct LastError {
  std::string text;
  const char *fixed = "";
};
thread_local LastError lastError;

} // namespace

fusion_status capi::statusOf(ErrorKind kind) {
  switch (kind) {
  case ErrorKind::None:
    return FUSION_OK;
  case ErrorKind::InvalidArgument:
    return FUSION_INVALID_ARGUMENT;
  case ErrorKind::InvalidProgram:
    return FUSION_INVALID_PROGRAM;
  case ErrorKind::Unsupported:
    return FUSION_UNSUPPORTED;
  case ErrorKind::Compile:
    return FUSION_COMPILE;
  case ErrorKind::Device:
    return FUSION_DEVICE;
  case ErrorKind::OutOfMemory:
    return FUSION_OUT_OF_MEMORY;
  case ErrorKind::System:
    return FUSION_SYSTEM;
  case ErrorKind::Cancelled:
    return FUSION_CANCELLED;
  }
  return FUSION_INTERNAL;
}

ErrorKind capi::kindOf(fusion_status status) {
  switch (status) {
  case FUSION_OK:
    return ErrorKind::None;
  case FUSION_INVALID_ARGUMENT:
    return ErrorKind::InvalidArgument;
  case FUSION_INVALID_PROGRAM:
    return ErrorKind::InvalidProgram;
  case FUSION_UNSUPPORTED:
    return ErrorKind::Unsupported;
  case FUSION_COMPILE:
    return ErrorKind::Compile;
  case FUSION_OUT_OF_MEMORY:
    return ErrorKind::OutOfMemory;
  case FUSION_SYSTEM:
    return ErrorKind::System;
  case FUSION_CANCELLED:
    return ErrorKind::Cancelled;
  case FUSION_DEVICE:
  case FUSION_INTERNAL:
    break;
  }
  return ErrorKind::Device;
}

fusion_status capi::fail(const Error &error) noexcept {
  try {
    lastError.text = error.message();
    lastError.fixed = nullptr;
  } catch (...) {
    lastError.fixed = "not enough memory for the message of an error";
  }
  return statusOf(error.kind());
}

fusion_status capi::failOutOfMemory() noexcept {
  lastError.fixed = "not enough memory on the host";
  return FUSION_OUT_OF_MEMORY;
}

fusion_status capi::failUnexpected(const char *what) noexcept {
  (void)fail(Error(ErrorKind::System, std::string("a defect of the library: ") + what));
  return FUSION_INTERNAL;
}

Error capi::checkSize(uint32_t given, size_t least, const char *what) {
  if (given >= least)
    return {};
  return invalid(std::string(what) + ": expected struct_size to be at least " + std::to_string(least) + ", but got " +
                 std::to_string(given) + "; set it to sizeof the struct");
}

extern "C" {

uint32_t fusion_api_version(void) { return FUSION_API_VERSION; }
const char *fusion_version(void) { return FUSION_VERSION; }
const char *fusion_last_error(void) { return lastError.fixed ? lastError.fixed : lastError.text.c_str(); }

const char *fusion_status_name(fusion_status status) {
  switch (status) {
  case FUSION_OK:
    return "ok";
  case FUSION_INVALID_ARGUMENT:
    return "invalid argument";
  case FUSION_INVALID_PROGRAM:
    return "invalid program";
  case FUSION_UNSUPPORTED:
    return "unsupported";
  case FUSION_COMPILE:
    return "compile";
  case FUSION_DEVICE:
    return "device";
  case FUSION_OUT_OF_MEMORY:
    return "out of memory";
  case FUSION_SYSTEM:
    return "system";
  case FUSION_CANCELLED:
    return "cancelled";
  case FUSION_INTERNAL:
    return "internal";
  }
  return "unknown";
}
}
