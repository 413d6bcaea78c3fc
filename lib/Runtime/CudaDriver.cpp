// The driver of a real GPU: libcuda for memory and launches in the device's primary context, NVRTC for compiling.
#include "CudaApi.h"
#include "Isolate.h"
#include "ProgramFile.h"
#include "fusion/Runtime/Context.h"
#include "fusion/Runtime/Nvrtc.h"
#include <algorithm>

using namespace fusion::runtime;
using detail::CudaApi;

namespace {

class CudaDriver : public Driver {
public:
  static Expected<std::unique_ptr<Driver>> open(int ordinal, const std::string &libcuda, CompileIsolation isolation);
  ~CudaDriver() override {
    if (context)
      api->primaryRelease(handle);
  }

  DeviceInfo device() const override { return info; }
  std::string compilerId() const override;
  Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch) override;
  Expected<ModuleHandle> load(const Binary &binary) override;
  void unload(ModuleHandle module) override;
  Expected<FunctionHandle> function(ModuleHandle module, const std::string &name, size_t sharedBytes) override;
  Error launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream stream, void **args) override;
  Expected<DevicePointer> allocate(size_t bytes, const std::string &name) override;
  void release(DevicePointer pointer) override;
  Error copyToDevice(DevicePointer to, const void *from, size_t bytes) override;
  Error copyToHost(void *to, DevicePointer from, size_t bytes) override;
  Error fill(DevicePointer to, unsigned char value, size_t bytes, Stream stream) override;
  Error synchronize() override;
  Expected<float> elapsed(Stream stream, const std::function<Error()> &body) override;

private:
  /// Makes the primary context current while it lives, and leaves the caller's context as it was.
  class Current {
  public:
    explicit Current(const CudaDriver &driver) : api(*driver.api) {
      CudaApi::Handle before = nullptr;
      if ((result = api.contextCurrent(&before)) == CudaApi::success && before != driver.context)
        pushed = (result = api.contextPush(driver.context)) == CudaApi::success;
    }
    ~Current() {
      CudaApi::Handle ours = nullptr;
      if (pushed)
        api.contextPop(&ours);
    }
    CudaApi::Result result;

  private:
    const CudaApi &api;
    bool pushed = false;
  };

  /// Runs a call of the driver in the primary context.
  template <class Call> Error run(const char *what, Call call) const {
    Current current(*this);
    CudaApi::Result result = current.result == CudaApi::success ? call() : current.result;
    return result == CudaApi::success ? Error() : api->check(result, what); // no text is made on success: launches pass here
  }

  std::unique_ptr<CudaApi> api;
  CudaApi::Device handle = 0;
  CudaApi::Handle context = nullptr;
  DeviceInfo info;
  CompileIsolation isolation;
};

Expected<std::unique_ptr<Driver>> CudaDriver::open(int ordinal, const std::string &libcuda, CompileIsolation isolation) {
  Expected<std::unique_ptr<CudaApi>> opened = CudaApi::open(libcuda);
  if (!opened)
    return opened.error();
  auto driver = std::make_unique<CudaDriver>();
  driver->api = std::move(*opened);
  driver->isolation = std::move(isolation);
  CudaApi &api = *driver->api;
  int count = 0, shared = 0;
  char name[256] = {};
  if (Error error = api.check(api.init(0), "start"))
    return error;
  if (Error error = api.check(api.deviceCount(&count), "count its devices"))
    return error;
  if (ordinal < 0 || ordinal >= count)
    return Error(ErrorKind::InvalidArgument,
                 "expected a CUDA device below " + std::to_string(count) + ", but got " + std::to_string(ordinal));
  CudaApi::Result result = api.deviceGet(&driver->handle, ordinal);
  DeviceInfo &info = driver->info;
  if (!result)
    result = api.deviceName(name, sizeof(name) - 1, driver->handle);
  if (!result)
    result = api.deviceAttribute(&info.major, CudaApi::computeMajor, driver->handle);
  if (!result)
    result = api.deviceAttribute(&info.minor, CudaApi::computeMinor, driver->handle);
  if (!result)
    result = api.deviceAttribute(&shared, CudaApi::sharedPerBlockOptin, driver->handle);
  if (!result)
    result = api.deviceAttribute(&info.multiprocessors, CudaApi::multiprocessorCount, driver->handle);
  if (!result)
    result = api.deviceTotalMemory(&info.totalMemory, driver->handle);
  if (Error error = api.check(result, "describe device " + std::to_string(ordinal)))
    return error;
  info.name = name;
  info.dlpackId = ordinal;
  info.sharedBytesPerBlock = size_t(std::max(shared, 0));
  if (Error error = api.check(api.primaryRetain(&driver->context, driver->handle), "open the primary context"))
    return error;
  return std::unique_ptr<Driver>(std::move(driver));
}

std::string CudaDriver::compilerId() const {
  Expected<const Nvrtc *> nvrtc = Nvrtc::get();
  if (!nvrtc)
    return {};
  std::string id = "nvrtc " + (*nvrtc)->version();
  for (const std::string &option : Nvrtc::defaultOptions())
    id += " " + option;
  return id;
}

Expected<Binary> CudaDriver::compile(const std::string &source, const std::string &name, const std::string &arch) {
  Expected<const Nvrtc *> nvrtc = Nvrtc::get();
  if (!nvrtc)
    return nvrtc.error();
  std::optional<detail::Architecture> wanted = detail::parseArchitecture(arch);
  if (!wanted)
    return Error(ErrorKind::InvalidArgument, "expected an architecture such as sm_90a, but got \"" + arch + "\"");
  const std::vector<int> &known = (*nvrtc)->architectures();
  int capability = wanted->major * 10 + wanted->minor, newest = 0;
  for (int candidate : known)
    if (candidate <= capability)
      newest = std::max(newest, candidate);
  // A device newer than this NVRTC: its driver translates PTX of the newest architecture that NVRTC knows.
  std::string target = !wanted->suffix && newest && newest != capability ? "compute_" + std::to_string(newest) : arch;
  if (!isolation.worker.empty())
    return detail::compileInChild(source, name, target, isolation);
  return detail::compileFor(**nvrtc, source, name, target);
}

Expected<ModuleHandle> CudaDriver::load(const Binary &binary) {
  // PTX is text that must end in NUL; a cubin does not mind one more byte.
  std::vector<char> image = binary.bytes;
  image.push_back('\0');
  ModuleHandle module = nullptr;
  if (Error error = run("load a compiled module", [&] { return api->moduleLoad(&module, image.data()); }))
    return error;
  return module;
}

void CudaDriver::unload(ModuleHandle module) {
  Error ignored = run("unload a module", [&] { return api->moduleUnload(module); });
  (void)ignored; // nothing to do about it: at worst the module stays until the context goes
}

Expected<FunctionHandle> CudaDriver::function(ModuleHandle module, const std::string &name, size_t sharedBytes) {
  FunctionHandle function = nullptr;
  if (Error error = run("find a kernel in its module", [&] { return api->moduleFunction(&function, module, name.c_str()); }))
    return error;
  if (sharedBytes)
    if (Error error = run("opt in to the shared memory of a kernel",
                          [&] { return api->functionSetAttribute(function, CudaApi::maxDynamicShared, int(sharedBytes)); }))
      return error;
  return function;
}

Error CudaDriver::launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream stream, void **args) {
  return run("launch", [&] {
    return api->launchKernel(function, grid.x, grid.y, grid.z, block.x, block.y, block.z, unsigned(sharedBytes), stream, args, nullptr);
  });
}

Expected<DevicePointer> CudaDriver::allocate(size_t bytes, const std::string &name) {
  CudaApi::Pointer pointer = 0;
  if (bytes == 0)
    return Error(ErrorKind::InvalidArgument, "expected an allocation of at least 1 byte for '" + name + "', but got 0");
  if (Error error = run("allocate memory", [&] { return api->memoryAllocate(&pointer, bytes); }))
    return Error(error.kind(), name + " (" + std::to_string(bytes) + " bytes): " + error.message());
  return DevicePointer(pointer);
}

void CudaDriver::release(DevicePointer pointer) {
  Error ignored = run("free memory", [&] { return api->memoryFree(pointer); });
  (void)ignored; // an earlier failed kernel makes every call fail; that kernel's error was reported where it ran
}

Error CudaDriver::copyToDevice(DevicePointer to, const void *from, size_t bytes) {
  return bytes ? run("copy to the device", [&] { return api->copyToDevice(to, from, bytes); }) : Error();
}

Error CudaDriver::copyToHost(void *to, DevicePointer from, size_t bytes) {
  return bytes ? run("copy from the device", [&] { return api->copyToHost(to, from, bytes); }) : Error();
}

Error CudaDriver::fill(DevicePointer to, unsigned char value, size_t bytes, Stream stream) {
  return bytes ? run("fill memory", [&] { return api->fill(to, value, bytes, stream); }) : Error();
}

Error CudaDriver::synchronize() {
  return run("finish its work", [&] { return api->contextSynchronize(); });
}

Expected<float> CudaDriver::elapsed(Stream stream, const std::function<Error()> &body) {
  CudaApi::Handle begin = nullptr, end = nullptr;
  float milliseconds = 0;
  Error error = run("create an event", [&] { return api->eventCreate(&begin, 0); });
  if (!error)
    error = run("create an event", [&] { return api->eventCreate(&end, 0); });
  if (!error)
    error = run("record an event", [&] { return api->eventRecord(begin, stream); });
  if (!error)
    error = body();
  if (!error)
    error = run("record an event", [&] { return api->eventRecord(end, stream); });
  if (!error)
    error = run("finish the measured work", [&] { return api->eventSynchronize(end); });
  if (!error)
    error = run("read the time", [&] { return api->eventElapsed(&milliseconds, begin, end); });
  for (CudaApi::Handle event : {begin, end})
    if (event) {
      Error ignored = run("destroy an event", [&] { return api->eventDestroy(event); });
      (void)ignored;
    }
  if (error)
    return error;
  return milliseconds;
}

} // namespace

Expected<std::unique_ptr<Driver>> fusion::runtime::makeCudaDriver(int ordinal, const std::string &libcuda, CompileIsolation isolation) {
  return CudaDriver::open(ordinal, libcuda, std::move(isolation));
}
