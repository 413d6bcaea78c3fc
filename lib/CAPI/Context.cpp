// Contexts: options in, a device with a cache out; memory of the device for callers without an allocator of their own.
#include "Handles.h"
#include <mutex>

using namespace fusion;
using namespace fusion::capi;
using namespace fusion::runtime;

namespace {

constexpr uint32_t knownFlags = FUSION_NO_DISK_CACHE | FUSION_ISOLATE_COMPILE | FUSION_NO_JIT;

/// The caller's progress callback, one call at a time; true to go on.
using Progress = std::function<bool(const std::string &, unsigned, unsigned)>;
Progress progressOf(const fusion_context_options &options) {
  if (!options.progress)
    return {};
  auto lock = std::make_shared<std::mutex>();
  return [lock, progress = options.progress, user = options.user](const std::string &step, unsigned done, unsigned total) {
    std::lock_guard<std::mutex> guard(*lock);
    return progress(user, step.c_str(), done, total) == 0;
  };
}

CompileIsolation isolationOf(const fusion_context_options &options, const Progress &progress) {
  CompileIsolation isolation;
  if (!(options.flags & FUSION_ISOLATE_COMPILE))
    return isolation;
  isolation.worker = compileWorker(options);
  if (options.compile_seconds > 0)
    isolation.seconds = options.compile_seconds;
  if (options.compile_memory_bytes)
    isolation.memoryBytes = options.compile_memory_bytes;
  if (progress)
    isolation.cancelled = [progress] { return !progress("compiling", 0, 1); };
  return isolation;
}

Expected<std::shared_ptr<Driver>> openDriver(const fusion_context_options &options, const CompileIsolation &isolation) {
  Expected<std::unique_ptr<Driver>> driver =
      options.driver ? driverOfTable(options.driver) : driverByName(options.device ? options.device : "cuda", options, isolation);
  if (!driver)
    return driver.error();
  return std::shared_ptr<Driver>(std::move(*driver));
}

DevicePointer address(const void *pointer) { return reinterpret_cast<DevicePointer>(pointer); }

} // namespace

extern "C" {

fusion_status fusion_context_create(const fusion_context_options *given, fusion_context **out) {
  return guarded([&]() -> Error {
    fusion_context_options options{};
    if (given)
      if (Error error = readStruct(given, sizeof(fusion_context_options), "options", options))
        return error;
    Progress progress = progressOf(options);
    CompileIsolation isolation = isolationOf(options, progress);
    Expected<std::shared_ptr<Driver>> driver = openDriver(options, isolation);
    if (!driver)
      return driver.error();
    if (!out)
      return null("a place for the context");
    if (options.flags & ~knownFlags)
      return invalid("options.flags: expected flags below " + std::to_string(knownFlags + 1) + ", but got " +
                     std::to_string(options.flags));
    ContextOptions wanted;
    wanted.diskCache = !(options.flags & FUSION_NO_DISK_CACHE);
    wanted.cacheDirectory = options.cache_directory ? options.cache_directory : "";
    if (options.cache_bytes)
      wanted.cacheBytes = options.cache_bytes;
    if (auto diagnostic = options.diagnostic) {
      auto passOn = [diagnostic, user = options.user](fusion_severity severity) {
        return [=](const std::string &message) { diagnostic(user, severity, message.c_str()); };
      };
      wanted.diagnostics = passOn(FUSION_WARNING), wanted.remarks = passOn(FUSION_REMARK);
    }
    wanted.progress = progress;
    wanted.jit = !(options.flags & FUSION_NO_JIT);
    *out = new fusion_context(Context(std::move(*driver), std::move(wanted)), std::move(isolation));
    return {};
  });
}

void fusion_context_destroy(fusion_context *context) { delete context; }

fusion_status fusion_context_device(const fusion_context *context, fusion_device_info *out) {
  return guarded([&]() -> Error {
    if (!context)
      return null("a context");
    DeviceInfo device = context->context.driver().device();
    fusion_device_info info{};
    std::strncpy(info.name, device.name.c_str(), sizeof(info.name) - 1);
    info.major = device.major;
    info.minor = device.minor;
    info.shared_bytes = device.sharedBytesPerBlock;
    info.total_memory = device.totalMemory;
    info.dl_device_type = device.dlpackType;
    info.dl_device_id = device.dlpackId;
    return writeStruct(info, out, sizeof(info), "info");
  });
}

fusion_status fusion_allocate(const fusion_context *context, uint64_t bytes, const char *name, void **pointer) {
  return guarded([&]() -> Error {
    if (!context || !pointer)
      return null(context ? "a place for the address" : "a context");
    if (!bytes)
      return invalid("bytes: expected at least 1, but got 0");
    Expected<DevicePointer> memory = context->context.driver().allocate(bytes, name ? name : "memory");
    if (!memory)
      return memory.error();
    *pointer = reinterpret_cast<void *>(*memory);
    return {};
  });
}

void fusion_release(const fusion_context *context, void *pointer) {
  if (context && pointer)
    (void)guarded([&]() -> Error {
      context->context.driver().release(address(pointer));
      return {};
    });
}

fusion_status fusion_copy_to_device(const fusion_context *context, void *to, const void *from, uint64_t bytes) {
  return guarded([&]() -> Error {
    if (!context || (bytes && (!to || !from)))
      return null(!context ? "a context" : !to ? "an address to copy to" : "an address to copy from");
    return context->context.driver().copyToDevice(address(to), from, bytes);
  });
}

fusion_status fusion_copy_to_host(const fusion_context *context, void *to, const void *from, uint64_t bytes) {
  return guarded([&]() -> Error {
    if (!context || (bytes && (!to || !from)))
      return null(!context ? "a context" : !to ? "an address to copy to" : "an address to copy from");
    return context->context.driver().copyToHost(to, address(from), bytes);
  });
}

fusion_status fusion_fill(const fusion_context *context, void *to, unsigned char value, uint64_t bytes, void *stream) {
  return guarded([&]() -> Error {
    if (!context || (bytes && !to))
      return null(!context ? "a context" : "an address to fill");
    return context->context.driver().fill(address(to), value, bytes, stream);
  });
}

fusion_status fusion_synchronize(const fusion_context *context) {
  return guarded([&]() -> Error { return context ? context->context.driver().synchronize() : null("a context"); });
}

fusion_status fusion_elapsed(const fusion_context *context, void *stream, fusion_status (*body)(void *), void *state, float *milliseconds) {
  return guarded([&]() -> Error {
    if (!context || !body || !milliseconds)
      return null(!context ? "a context" : !body ? "a function to time" : "a place for the time");
    Expected<float> time = context->context.driver().elapsed(stream, [&]() -> Error {
      fusion_status status = body(state);
      return status == FUSION_OK ? Error() : Error(kindOf(status), fusion_last_error());
    });
    if (!time)
      return time.error();
    *milliseconds = *time;
    return {};
  });
}
}
