// The driver that does nothing: for measuring what a launch costs the host, and for trying a program's checks without a device.
#include "ProgramFile.h"
#include "fusion/Runtime/Context.h"
#include <atomic>

using namespace fusion::runtime;

namespace {

class NullDriver : public Driver {
public:
  explicit NullDriver(detail::Architecture arch) : arch(arch) {}

  DeviceInfo device() const override {
    DeviceInfo info;
    info.name = "null";
    info.major = arch.major;
    info.minor = arch.minor;
    info.sharedBytesPerBlock = size_t(1) << 20; // what a program may ask for at most
    info.totalMemory = size_t(1) << 40;
    info.dlpackType = 12;
    return info;
  }
  Expected<Binary> compile(const std::string &, const std::string &, const std::string &) override { return Binary{{'0'}, ""}; }
  Expected<ModuleHandle> load(const Binary &) override { return handle(); }
  void unload(ModuleHandle) override {}
  Expected<FunctionHandle> function(ModuleHandle, const std::string &, size_t) override { return handle(); }
  Error launch(FunctionHandle, Extent3, Extent3, size_t, Stream, void **) override { return {}; }
  Expected<DevicePointer> allocate(size_t bytes, const std::string &) override {
    // Addresses are distinct and aligned as cuMemAlloc's are, and nothing is behind them.
    return next.fetch_add((bytes + 511) / 256 * 256);
  }
  void release(DevicePointer) override {}
  Error copyToDevice(DevicePointer, const void *, size_t) override { return {}; }
  Error copyToHost(void *, DevicePointer, size_t) override { return {}; }
  Error fill(DevicePointer, unsigned char, size_t, Stream) override { return {}; }
  Error synchronize() override { return {}; }
  Expected<float> elapsed(Stream, const std::function<Error()> &body) override {
    if (Error error = body())
      return error;
    return 0.0f;
  }

private:
  void *handle() { return this; }
  detail::Architecture arch;
  std::atomic<DevicePointer> next{DevicePointer(1) << 40};
};

} // namespace

Expected<std::unique_ptr<Driver>> fusion::runtime::makeNullDriver(const std::string &arch) {
  std::optional<detail::Architecture> parsed = detail::parseArchitecture(arch);
  if (!parsed)
    return Error(ErrorKind::InvalidArgument, "expected an architecture such as sm_90, but got \"" + arch + "\"");
  return std::unique_ptr<Driver>(new NullDriver(*parsed));
}
