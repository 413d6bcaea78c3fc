// Turns a Driver into a table of C functions. No exception leaves them.
#include "fusion/Runtime/DriverTable.h"
#include <algorithm>
#include <cstring>
#include <new>

using namespace fusion::runtime;

namespace {

struct Self {
  std::shared_ptr<Driver> driver;
};

Driver &driverOf(void *self) { return *static_cast<Self *>(self)->driver; }

void put(const fusion_sink *sink, const void *bytes, size_t count) {
  if (sink && sink->write)
    sink->write(sink->state, bytes, count);
}

fusion_status statusOf(ErrorKind kind) {
  static const fusion_status statuses[] = {FUSION_OK,       FUSION_INVALID_ARGUMENT, FUSION_INVALID_PROGRAM, FUSION_UNSUPPORTED,
                                           FUSION_COMPILE,  FUSION_DEVICE,           FUSION_OUT_OF_MEMORY,   FUSION_SYSTEM,
                                           FUSION_CANCELLED};
  return statuses[int(kind)];
}

ErrorKind kindOf(fusion_status status) {
  return status >= FUSION_INVALID_ARGUMENT && status <= FUSION_CANCELLED ? ErrorKind(int(status)) : ErrorKind::Device;
}
static_assert(int(ErrorKind::InvalidArgument) == FUSION_INVALID_ARGUMENT && int(ErrorKind::Cancelled) == FUSION_CANCELLED,
              "kinds and statuses are numbered alike");

template <class Body> fusion_status guarded(const fusion_sink *sink, Body body) {
  try {
    Error error = body();
    if (error)
      put(sink, error.message().data(), error.message().size());
    return statusOf(error.kind());
  } catch (const std::bad_alloc &) {
    return FUSION_OUT_OF_MEMORY;
  } catch (...) {
    return FUSION_INTERNAL;
  }
}

/// Hands a value out, or the error.
template <class T, class Out> Error take(Expected<T> value, Out *out) {
  if (!value)
    return value.error();
  *out = *value;
  return {};
}

void destroy(void *self) { delete static_cast<Self *>(self); }

fusion_status describe(void *self, fusion_device_info *info, const fusion_sink *sink) {
  return guarded(sink, [&]() -> Error {
    DeviceInfo device = driverOf(self).device();
    std::memset(info->name, 0, sizeof(info->name));
    std::memcpy(info->name, device.name.data(), std::min(device.name.size(), sizeof(info->name) - 1));
    info->major = device.major;
    info->minor = device.minor;
    info->shared_bytes = device.sharedBytesPerBlock;
    info->total_memory = device.totalMemory;
    info->dl_device_type = device.dlpackType;
    info->dl_device_id = device.dlpackId;
    return {};
  });
}

void compilerId(void *self, const fusion_sink *text) {
  (void)guarded(nullptr, [&]() -> Error {
    std::string id = driverOf(self).compilerId();
    put(text, id.data(), id.size());
    return {};
  });
}

fusion_status compile(void *self, const char *source, size_t bytes, const char *name, const char *arch, const fusion_sink *binary,
                      const fusion_sink *log, const fusion_sink *sink) {
  return guarded(sink, [&]() -> Error {
    Expected<Binary> made = driverOf(self).compile(std::string(source, bytes), name, arch);
    if (!made)
      return made.error();
    put(binary, made->bytes.data(), made->bytes.size());
    put(log, made->log.data(), made->log.size());
    return {};
  });
}

fusion_status load(void *self, const void *binary, size_t bytes, void **module, const fusion_sink *sink) {
  return guarded(sink, [&] {
    Binary image;
    image.bytes.assign(static_cast<const char *>(binary), static_cast<const char *>(binary) + bytes);
    return take(driverOf(self).load(image), module);
  });
}

void unload(void *self, void *module) { driverOf(self).unload(module); }

fusion_status function(void *self, void *module, const char *name, size_t shared, void **found, const fusion_sink *sink) {
  return guarded(sink, [&] { return take(driverOf(self).function(module, name, shared), found); });
}

fusion_status launch(void *self, void *function, const uint32_t grid[3], const uint32_t block[3], size_t shared, void *stream, void **args,
                     const fusion_sink *sink) {
  return guarded(sink, [&] {
    return driverOf(self).launch(function, {grid[0], grid[1], grid[2]}, {block[0], block[1], block[2]}, shared, stream, args);
  });
}

fusion_status allocate(void *self, size_t bytes, const char *name, uint64_t *pointer, const fusion_sink *sink) {
  return guarded(sink, [&] { return take(driverOf(self).allocate(bytes, name), pointer); });
}

void release(void *self, uint64_t pointer) { driverOf(self).release(pointer); }

fusion_status copyToDevice(void *self, uint64_t to, const void *from, size_t bytes, const fusion_sink *sink) {
  return guarded(sink, [&] { return driverOf(self).copyToDevice(to, from, bytes); });
}

fusion_status copyToHost(void *self, void *to, uint64_t from, size_t bytes, const fusion_sink *sink) {
  return guarded(sink, [&] { return driverOf(self).copyToHost(to, from, bytes); });
}

fusion_status fill(void *self, uint64_t to, unsigned char value, size_t bytes, void *stream, const fusion_sink *sink) {
  return guarded(sink, [&] { return driverOf(self).fill(to, value, bytes, stream); });
}

fusion_status synchronize(void *self, const fusion_sink *sink) {
  return guarded(sink, [&] { return driverOf(self).synchronize(); });
}

fusion_status elapsed(void *self, void *stream, fusion_status (*body)(void *), void *state, float *milliseconds, const fusion_sink *sink) {
  return guarded(sink, [&] {
    return take(driverOf(self).elapsed(stream,
                                       [&]() -> Error {
                                         fusion_status status = body(state);
                                         return status == FUSION_OK ? Error() : Error(kindOf(status), "what was timed failed");
                                       }),
                milliseconds);
  });
}

} // namespace

fusion_driver fusion::runtime::makeDriverTable(std::shared_ptr<Driver> driver, const char *imageKind) {
  fusion_driver table{};
  table.struct_size = sizeof(table);
  table.self = new Self{std::move(driver)};
  table.destroy = destroy;
  table.describe = describe;
  table.compiler_id = compilerId;
  table.compile = compile;
  table.load = load;
  table.unload = unload;
  table.function = function;
  table.launch = launch;
  table.allocate = allocate;
  table.release = release;
  table.copy_to_device = copyToDevice;
  table.copy_to_host = copyToHost;
  table.fill = fill;
  table.synchronize = synchronize;
  table.elapsed = elapsed;
  table.image_kind = imageKind;
  return table;
}
