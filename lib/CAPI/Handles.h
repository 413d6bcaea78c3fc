// Internal to the C interface: what the opaque handles hold, and how errors become statuses.
#pragma once
#include "fusion/Runtime/Executable.h"
#include "fusion/fusion.h"
#include <cstring>
#include <exception>
#include <new>

struct fusion_context {
  fusion_context(fusion::runtime::Context context, fusion::runtime::CompileIsolation isolation)
      : context(std::move(context)), isolation(std::move(isolation)) {}
  fusion::runtime::Context context;
  fusion::runtime::CompileIsolation isolation;
};

struct fusion_program {
  explicit fusion_program(fusion::runtime::Program program) : program(std::move(program)) {}
  fusion::runtime::Program program;
};

namespace fusion::capi {

using runtime::Error;
using runtime::ErrorKind;
using runtime::Expected;

/// One tensor that a launch takes: what the caller's must look like.
struct Argument {
  unsigned tensor = 0;                        ///< in the program
  const runtime::Tensor *described = nullptr; ///< owned by the program
};

struct Arguments {
  std::vector<Argument> groups[3]; ///< by fusion_group
  unsigned batchArgument = 0, batchDimension = 0;
  bool batchKnown = false; ///< inputs[batchArgument].shape[batchDimension] is the batch
};

} // namespace fusion::capi

struct fusion_executable {
  explicit fusion_executable(fusion::runtime::Executable executable, const fusion::runtime::Context &context);
  fusion::runtime::Context context;
  fusion::runtime::Executable executable;
  fusion::capi::Arguments phases[2];
  fusion::runtime::DeviceInfo device;
};

namespace fusion::capi {

/// Keeps the message for fusion_last_error() and returns the status; never throws.
fusion_status fail(const Error &error) noexcept;
fusion_status failOutOfMemory() noexcept;
fusion_status failUnexpected(const char *what) noexcept;

fusion_status statusOf(ErrorKind kind);
ErrorKind kindOf(fusion_status status);

inline Error invalid(const std::string &message) { return Error(ErrorKind::InvalidArgument, message); }
inline Error null(const char *what) { return invalid(std::string("expected ") + what + ", but got null"); }

/// An element type as DLPack's code and bits, and what messages call it.
struct DlType {
  uint8_t code, bits;
  const char *name;
};
constexpr DlType dlTypes[] = {{2, 32, "fp32"}, {2, 16, "fp16"}, {4, 16, "bf16"}};
constexpr const DlType &dlType(runtime::ElementType type) { return dlTypes[int(type)]; }

/// Runs the body of an entry point: errors and exceptions end here.
template <class Body> fusion_status guarded(Body body) noexcept {
  try {
    if (Error error = body(); __builtin_expect(bool(error), 0))
      return fail(error);
    return FUSION_OK;
  } catch (const std::bad_alloc &) {
    return failOutOfMemory();
  } catch (const std::exception &exception) {
    return failUnexpected(exception.what());
  } catch (...) {
    return failUnexpected("an exception of unknown type");
  }
}

/// Why a struct of the caller's cannot be read or written: its size is the first version's at least.
Error checkSize(uint32_t given, size_t least, const char *what);

/// Copies a caller's versioned struct, filling what an older header lacks with zeros; refuses a newer one that uses what is unknown here.
template <class T> Error readStruct(const T *given, size_t least, const char *what, T &out) {
  std::memset(static_cast<void *>(&out), 0, sizeof(T));
  if (!given)
    return null(what);
  if (Error error = checkSize(given->struct_size, least, what))
    return error;
  for (size_t i = sizeof(T); i < given->struct_size; ++i)
    if (reinterpret_cast<const char *>(given)[i])
      return Error(ErrorKind::Unsupported, std::string(what) + ": expected fields of version 1 only, but got a value behind byte " +
                                               std::to_string(i) + "; the header is newer than this library");
  std::memcpy(static_cast<void *>(&out), given, given->struct_size < sizeof(T) ? given->struct_size : sizeof(T));
  return {};
}

/// Copies results into a caller's versioned struct, which may be of an older or newer header.
template <class T> Error writeStruct(T value, T *out, size_t least, const char *what) {
  if (!out)
    return null(what);
  if (Error error = checkSize(out->struct_size, least, what))
    return error;
  value.struct_size = out->struct_size;
  std::memcpy(static_cast<void *>(out), &value, out->struct_size < sizeof(T) ? out->struct_size : sizeof(T));
  return {};
}

inline void put(const fusion_sink *sink, const void *bytes, size_t count) {
  if (sink && sink->write)
    sink->write(sink->state, bytes, count);
}

inline runtime::PhaseKind phaseOf(fusion_phase phase) {
  return phase == FUSION_FORWARD ? runtime::PhaseKind::Forward : runtime::PhaseKind::Backward;
}
inline Error checkPhase(fusion_phase phase) {
  if (phase == FUSION_FORWARD || phase == FUSION_BACKWARD)
    return {};
  return invalid("phase: expected FUSION_FORWARD or FUSION_BACKWARD, but got " + std::to_string(int(phase)));
}

/// The driver behind a table of functions; owns the table's driver.
Expected<std::unique_ptr<runtime::Driver>> driverOfTable(const fusion_driver *table);
/// The driver of "cuda:1", "null" or a library of its own.
Expected<std::unique_ptr<runtime::Driver>> driverByName(const std::string &device, const fusion_context_options &options,
                                                        runtime::CompileIsolation isolation);
/// Where fusion-compile-worker is.
std::string compileWorker(const fusion_context_options &options);

} // namespace fusion::capi
