// A driver given as a table of C functions, behind the runtime's Driver interface.
#include "Handles.h"

using namespace fusion;
using namespace fusion::capi;
using namespace fusion::runtime;

namespace {

/// A sink that appends to a container of chars; running out of memory must not leave through the driver's C code.
template <class Bytes> class Collector {
public:
  explicit Collector(Bytes &bytes) : bytes(bytes), sink{this, &Collector::write} {}
  operator const fusion_sink *() const { return &sink; }
  bool complete = true;

private:
  static void write(void *state, const void *from, size_t count) {
    auto *self = static_cast<Collector *>(state);
    try {
      self->bytes.insert(self->bytes.end(), static_cast<const char *>(from), static_cast<const char *>(from) + count);
    } catch (...) {
      self->complete = false;
    }
  }
  Bytes &bytes;
  fusion_sink sink;
};

class TableDriver : public Driver {
public:
  explicit TableDriver(const fusion_driver &table) : table(table) {}
  ~TableDriver() override {
    if (table.destroy)
      table.destroy(table.self);
  }
  Error describe() {
    fusion_device_info described{};
    described.struct_size = sizeof(described);
    if (Error error = call([&](const fusion_sink *message) { return table.describe(table.self, &described, message); }))
      return error;
    described.name[sizeof(described.name) - 1] = 0;
    info.name = described.name;
    info.major = described.major;
    info.minor = described.minor;
    info.sharedBytesPerBlock = described.shared_bytes;
    info.totalMemory = described.total_memory;
    info.dlpackType = described.dl_device_type;
    info.dlpackId = described.dl_device_id;
    return {};
  }

  DeviceInfo device() const override { return info; }
  std::string compilerId() const override {
    std::string id;
    if (table.compiler_id)
      table.compiler_id(table.self, Collector(id));
    return id;
  }
  std::string imageKind() const override { return table.image_kind ? table.image_kind : "cubin"; }
  Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch) override {
    Binary binary;
    Collector bytes(binary.bytes);
    Collector log(binary.log);
    if (Error error = call([&](const fusion_sink *message) {
          return table.compile(table.self, source.data(), source.size(), name.c_str(), arch.c_str(), bytes, log, message);
        }))
      return error;
    if (!bytes.complete || !log.complete)
      return Error(ErrorKind::OutOfMemory, "not enough memory for the binary of " + name);
    return binary;
  }
  Expected<ModuleHandle> load(const Binary &binary) override {
    void *module = nullptr;
    if (Error error = call(
            [&](const fusion_sink *message) { return table.load(table.self, binary.bytes.data(), binary.bytes.size(), &module, message); }))
      return error;
    return module;
  }
  void unload(ModuleHandle module) override { table.unload(table.self, module); }
  Expected<FunctionHandle> function(ModuleHandle module, const std::string &name, size_t sharedBytes) override {
    void *function = nullptr;
    if (Error error = call(
            [&](const fusion_sink *message) { return table.function(table.self, module, name.c_str(), sharedBytes, &function, message); }))
      return error;
    return function;
  }
  Error launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream stream, void **args) override {
    const uint32_t grids[3] = {grid.x, grid.y, grid.z}, blocks[3] = {block.x, block.y, block.z};
    return call(
        [&](const fusion_sink *message) { return table.launch(table.self, function, grids, blocks, sharedBytes, stream, args, message); });
  }
  Expected<DevicePointer> allocate(size_t bytes, const std::string &name) override {
    uint64_t pointer = 0;
    if (Error error = call([&](const fusion_sink *message) { return table.allocate(table.self, bytes, name.c_str(), &pointer, message); }))
      return error;
    return DevicePointer(pointer);
  }
  void release(DevicePointer pointer) override { table.release(table.self, pointer); }
  Error copyToDevice(DevicePointer to, const void *from, size_t bytes) override {
    return call([&](const fusion_sink *message) { return table.copy_to_device(table.self, to, from, bytes, message); });
  }
  Error copyToHost(void *to, DevicePointer from, size_t bytes) override {
    return call([&](const fusion_sink *message) { return table.copy_to_host(table.self, to, from, bytes, message); });
  }
  Error fill(DevicePointer to, unsigned char value, size_t bytes, Stream stream) override {
    return call([&](const fusion_sink *message) { return table.fill(table.self, to, value, bytes, stream, message); });
  }
  Error synchronize() override {
    return call([&](const fusion_sink *message) { return table.synchronize(table.self, message); });
  }
  Expected<float> elapsed(Stream stream, const std::function<Error()> &body) override {
    struct Body {
      const std::function<Error()> &run;
      Error error;
    } state{body, {}};
    float milliseconds = 0;
    Error error = call([&](const fusion_sink *message) {
      return table.elapsed(
          table.self, stream,
          [](void *given) {
            auto *inner = static_cast<Body *>(given);
            inner->error = inner->run();
            return statusOf(inner->error.kind());
          },
          &state, &milliseconds, message);
    });
    if (state.error) // says more than what the table makes of it
      return state.error;
    if (error)
      return error;
    return milliseconds;
  }

private:
  template <class Call> Error call(Call function) const {
    std::string message; // no memory until something is written
    fusion_status status = function(Collector(message));
    if (__builtin_expect(status == FUSION_OK, 1))
      return {};
    return Error(kindOf(status), message.empty() ? std::string("the driver reports: ") + fusion_status_name(status) : message);
  }

  fusion_driver table;
  DeviceInfo info;
};

} // namespace

Expected<std::unique_ptr<Driver>> capi::driverOfTable(const fusion_driver *given) {
  fusion_driver table;
  // Everything up to `elapsed` belongs to the first version.
  Error error = readStruct(given, offsetof(fusion_driver, image_kind), "driver", table);
  const char *missing = nullptr;
  if (!error) {
    const std::pair<const char *, bool> functions[] = {{"describe", table.describe},
                                                       {"compile", table.compile},
                                                       {"load", table.load},
                                                       {"unload", table.unload},
                                                       {"function", table.function},
                                                       {"launch", table.launch},
                                                       {"allocate", table.allocate},
                                                       {"release", table.release},
                                                       {"copy_to_device", table.copy_to_device},
                                                       {"copy_to_host", table.copy_to_host},
                                                       {"fill", table.fill},
                                                       {"synchronize", table.synchronize},
                                                       {"elapsed", table.elapsed}};
    for (const auto &[name, there] : functions)
      if (!there && !missing)
        missing = name;
  }
  if (missing)
    error = invalid(std::string("driver.") + missing + ": expected a function, but got null");
  if (error) {
    if (given && table.destroy)
      table.destroy(table.self);
    return error;
  }
  auto driver = std::make_unique<TableDriver>(table);
  if ((error = driver->describe()))
    return error;
  return std::unique_ptr<Driver>(std::move(driver));
}
