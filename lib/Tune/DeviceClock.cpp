// Times kernels where they run: launches a program once through the runtime, on a driver that repeats every launch between two events.
#include "fusion/Runtime/Executable.h"
#include "fusion/Tune/Clock.h"
#include <algorithm>
#include <random>

using namespace fusion;
using namespace fusion::runtime;

namespace {

constexpr size_t kFlushBytes = size_t(256) << 20; ///< twice the largest L2 cache there is
constexpr unsigned kWarmups = 1, kRepeats = 9;

/// Passes everything on to a driver; while `times` is set, a launch is repeated, each time with a cold L2, and its median kept. Kernels
/// read none of what they write, so that repeating one changes nothing.
class RepeatingDriver : public Driver {
public:
  RepeatingDriver(std::shared_ptr<Driver> inner, const std::atomic<bool> &stop) : inner(std::move(inner)), stop(stop) {}
  ~RepeatingDriver() override {
    if (flushed)
      inner->release(flushed);
  }

  DeviceInfo device() const override { return inner->device(); }
  std::string compilerId() const override { return inner->compilerId(); }
  Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch) override {
    return inner->compile(source, name, arch);
  }
  std::string imageKind() const override { return inner->imageKind(); }
  Expected<ModuleHandle> load(const Binary &binary) override { return inner->load(binary); }
  void unload(ModuleHandle module) override { inner->unload(module); }
  Expected<FunctionHandle> function(ModuleHandle module, const std::string &name, size_t sharedBytes) override {
    return inner->function(module, name, sharedBytes);
  }
  Error launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream stream, void **args) override;
  Expected<DevicePointer> allocate(size_t bytes, const std::string &name) override { return inner->allocate(bytes, name); }
  void release(DevicePointer pointer) override { inner->release(pointer); }
  Error copyToDevice(DevicePointer to, const void *from, size_t bytes) override { return inner->copyToDevice(to, from, bytes); }
  Error copyToHost(void *to, DevicePointer from, size_t bytes) override { return inner->copyToHost(to, from, bytes); }
  Error fill(DevicePointer to, unsigned char value, size_t bytes, Stream stream) override { return inner->fill(to, value, bytes, stream); }
  Error synchronize() override { return inner->synchronize(); }
  Expected<float> elapsed(Stream stream, const std::function<Error()> &body) override { return inner->elapsed(stream, body); }

  std::vector<double> *times = nullptr; ///< seconds of each launch

private:
  /// Host memory is its own cache: there is nothing to flush on drivers that run on it.
  Error flush(Stream stream, unsigned char value);

  std::shared_ptr<Driver> inner;
  const std::atomic<bool> &stop;
  DevicePointer flushed = 0;
};

Error RepeatingDriver::flush(Stream stream, unsigned char value) {
  if (inner->imageKind() != "cubin")
    return {};
  if (!flushed) {
    Expected<DevicePointer> memory = inner->allocate(kFlushBytes, "cache flush");
    if (!memory)
      return memory.error();
    flushed = *memory;
  }
  return inner->fill(flushed, value, kFlushBytes, stream);
}

Error RepeatingDriver::launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream stream, void **args) {
  if (!times)
    return inner->launch(function, grid, block, sharedBytes, stream, args);
  std::vector<float> samples;
  for (unsigned i = 0; i < kWarmups + kRepeats; ++i) {
    if (stop)
      return Error(ErrorKind::Cancelled, "stopped");
    if (Error error = flush(stream, (unsigned char)i))
      return error;
    Expected<float> one = inner->elapsed(stream, [&] { return inner->launch(function, grid, block, sharedBytes, stream, args); });
    if (!one)
      return one.error();
    if (i >= kWarmups)
      samples.push_back(*one);
  }
  std::nth_element(samples.begin(), samples.begin() + samples.size() / 2, samples.end());
  times->push_back(samples[samples.size() / 2] * 1e-3);
  return {};
}

/// Device memory for a program's tensors, with random values in what the caller of a program gives.
class Tensors {
public:
  explicit Tensors(Driver &driver) : driver(driver) {}
  Tensors(const Tensors &) = delete;
  Tensors &operator=(const Tensors &) = delete;
  ~Tensors() {
    for (DevicePointer pointer : pointers)
      if (pointer)
        driver.release(pointer);
  }
  Error allocate(const Program &program, int64_t batch);
  Expected<DevicePointer> add(size_t bytes, const std::string &name);

  std::vector<DevicePointer> pointers;

private:
  Error randomise(DevicePointer to, size_t bytes);

  Driver &driver;
  std::vector<float> pattern;
};

Expected<DevicePointer> Tensors::add(size_t bytes, const std::string &name) {
  Expected<DevicePointer> memory = driver.allocate(std::max<size_t>(bytes, 16), name);
  if (memory)
    pointers.push_back(*memory);
  return memory;
}

Error Tensors::allocate(const Program &program, int64_t batch) {
  for (unsigned i = 0; i < program.data().tensors.size(); ++i) {
    const Tensor &tensor = program.data().tensors[i];
    Expected<int64_t> bytes = program.tensorBytes(i, batch);
    if (!bytes)
      return bytes.error();
    Expected<DevicePointer> memory = add(size_t(*bytes), tensor.name);
    if (!memory)
      return memory.error();
    bool given = tensor.role == TensorRole::Input || tensor.role == TensorRole::Parameter || tensor.role == TensorRole::GradOutput;
    if (Error error = given ? randomise(*memory, size_t(*bytes)) : Error())
      return error;
  }
  return {};
}

Error Tensors::randomise(DevicePointer to, size_t bytes) {
  if (pattern.empty()) { // an odd number of values: rows and images differ
    std::minstd_rand source(1);
    std::uniform_real_distribution<float> values(-1, 1);
    pattern.resize((1 << 22) + 1);
    for (float &value : pattern)
      value = values(source);
  }
  for (size_t done = 0; done < bytes; done += pattern.size() * sizeof(float))
    if (Error error = driver.copyToDevice(to + done, pattern.data(), std::min(bytes - done, pattern.size() * sizeof(float))))
      return error;
  return {};
}

class DeviceClock : public tune::Clock {
public:
  DeviceClock(std::shared_ptr<Driver> inner, const std::atomic<bool> &stop, ContextOptions options)
      : driver(std::make_shared<RepeatingDriver>(std::move(inner), stop)), context(driver, std::move(options)) {}

  std::string device() const override {
    DeviceInfo info = driver->device();
    return info.name + ", " + std::to_string(info.multiprocessors) + " multiprocessors";
  }
  Expected<tune::KernelTimes> measure(const ProgramData &program, int64_t batch) override;

private:
  Error runPhase(const Executable &executable, PhaseKind phase, int64_t batch, Tensors &tensors, std::vector<double> &times);

  std::shared_ptr<RepeatingDriver> driver;
  Context context;
};

Error DeviceClock::runPhase(const Executable &executable, PhaseKind phase, int64_t batch, Tensors &tensors, std::vector<double> &times) {
  Expected<int64_t> bytes = executable.workspaceBytes(phase, batch);
  if (!bytes)
    return bytes.error();
  Expected<DevicePointer> workspace = tensors.add(size_t(*bytes), "workspace");
  if (!workspace)
    return workspace.error();
  driver->times = &times;
  Error error = executable.launch(phase, batch, tensors.pointers.data(), executable.program().data().tensors.size(), *workspace);
  driver->times = nullptr;
  const Variant &variant = executable.variant();
  size_t kernels = (phase == PhaseKind::Forward ? variant.forward : *variant.backward).kernels.size();
  if (!error && times.size() != kernels)
    return Error(ErrorKind::InvalidArgument, "expected a batch with which every kernel is launched, but only " +
                                                 std::to_string(times.size()) + " of " + std::to_string(kernels) + " were");
  return error;
}

Expected<tune::KernelTimes> DeviceClock::measure(const ProgramData &data, int64_t batch) {
  Expected<Program> program = Program::create(data);
  if (!program)
    return program.error();
  Expected<Executable> executable = Executable::create(context, *program);
  if (!executable)
    return executable.error();
  Tensors tensors(*driver);
  tune::KernelTimes times;
  if (Error error = tensors.allocate(*program, batch))
    return error;
  if (Error error = runPhase(*executable, PhaseKind::Forward, batch, tensors, times.forward))
    return error;
  if (executable->has(PhaseKind::Backward))
    if (Error error = runPhase(*executable, PhaseKind::Backward, batch, tensors, times.backward))
      return error;
  if (Error error = driver->synchronize()) // before the memory goes
    return error;
  return times;
}

} // namespace

std::unique_ptr<tune::Clock> tune::makeDeviceClock(std::shared_ptr<Driver> driver, const std::atomic<bool> &stop,
                                                   std::function<void(const std::string &)> diagnostics) {
  ContextOptions options;
  options.diagnostics = std::move(diagnostics);
  options.progress = [&stop](const std::string &, unsigned, unsigned) { return !stop; };
  return std::make_unique<DeviceClock>(std::move(driver), stop, std::move(options));
}
