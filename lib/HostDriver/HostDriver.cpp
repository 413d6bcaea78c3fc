// The runtime's Driver interface on the CPU: validates as a GPU would, then hands the launch to the scheduler.
#include "fusion/HostDriver/HostDriver.h"
#include "Checker.h"
#include "Memory.h"
#include "Module.h"
#include "Validate.h"
#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>
#include <random>

namespace fusion::runtime {
using namespace fusion::host;

struct HostDriver::State {
  HostOptions options;
  std::mutex mutex;
  Memory memory;
  WorkerPool pool;
  std::vector<std::unique_ptr<Module>> modules;
  std::vector<std::unique_ptr<Function>> functions;
  std::vector<LaunchRecord> records;
  Error misuse; ///< of a call that could not return it; the next synchronize() does

  Module *find(ModuleHandle handle) {
    for (auto &module : modules)
      if (module.get() == handle)
        return module.get();
    return nullptr;
  }
  Function *findFunction(FunctionHandle handle) {
    for (auto &function : functions)
      if (function.get() == handle)
        return function.get();
    return nullptr;
  }
};

HostDriver::HostDriver(HostOptions options) : state(std::make_unique<State>()) { state->options = std::move(options); }
HostDriver::~HostDriver() = default;
HostOptions &HostDriver::options() { return state->options; }
const std::vector<LaunchRecord> &HostDriver::launches() const { return state->records; }
void HostDriver::clearRecords() { state->records.clear(); }

DeviceInfo HostDriver::device() const {
  const HostOptions &options = state->options;
  DeviceInfo info;
  info.name = "host";
  info.major = options.claimMajor;
  info.minor = options.claimMinor;
  info.sharedBytesPerBlock = sharedLimit(options.claimMajor, options.claimMinor);
  info.totalMemory = options.totalMemory;
  info.dlpackType = 12; // kDLExtDev: host code must not dereference it
  return info;
}

std::string HostDriver::compilerId() const {
  const HostOptions &options = state->options;
  bool instrumented = options.sanitize || options.countBytes;
  Expected<std::string> compiler = chooseCompiler(options, instrumented);
  if (!compiler)
    return ""; // compile() will say why
  return "host " + (instrumented ? "checked" : "O" + std::to_string(options.optimization)) + " " + fingerprint(*compiler);
}

Expected<Binary> HostDriver::compile(const std::string &source, const std::string &name, const std::string &arch) {
  bool instrumented = state->options.sanitize || state->options.countBytes;
  Expected<std::string> compiler = chooseCompiler(state->options, instrumented);
  if (!compiler)
    return compiler.error();
  Recipe recipe{source, name, arch, *compiler, instrumented, state->options.optimization};
  auto image = compileImage(recipe);
  if (!image)
    return image.error();
  return Binary{packBinary(recipe, **image), (*image)->log};
}

Expected<ModuleHandle> HostDriver::load(const Binary &binary) {
  std::lock_guard<std::mutex> lock(state->mutex);
  Recipe recipe;
  std::shared_ptr<const Image> image;
  if (Error error = unpackBinary(binary.bytes, recipe, image))
    return error;
  Expected<Arch> arch = parseArch(recipe.arch);
  if (!arch)
    return arch.error();
  const HostOptions &options = state->options;
  bool fits = arch->specific ? arch->major == options.claimMajor && arch->minor == options.claimMinor
                             : arch->major == options.claimMajor && arch->minor <= options.claimMinor;
  if (!fits)
    return Error(ErrorKind::Device, "no kernel image for this device: expected code for compute capability " +
                                        std::to_string(options.claimMajor) + "." + std::to_string(options.claimMinor) + ", but got " +
                                        recipe.arch);
  if (image)
    rememberImage(recipe, image);
  state->modules.push_back(std::make_unique<Module>(recipe, *arch));
  if (image)
    state->modules.back()->adopt(image);
  return static_cast<ModuleHandle>(state->modules.back().get());
}

void HostDriver::unload(ModuleHandle handle) {
  std::lock_guard<std::mutex> lock(state->mutex);
  auto &functions = state->functions;
  functions.erase(std::remove_if(functions.begin(), functions.end(), [&](auto &f) { return f->module == handle; }), functions.end());
  auto &modules = state->modules;
  auto gone = std::remove_if(modules.begin(), modules.end(), [&](auto &m) { return m.get() == handle; });
  if (gone == modules.end() && !state->misuse)
    state->misuse = Error(ErrorKind::Device, "unload of a module that is not loaded");
  modules.erase(gone, modules.end());
}

Expected<FunctionHandle> HostDriver::function(ModuleHandle handle, const std::string &name, size_t sharedBytes) {
  std::lock_guard<std::mutex> lock(state->mutex);
  Module *module = state->find(handle);
  if (!module)
    return Error(ErrorKind::Device, "expected a loaded module for kernel '" + name + "', but got an unknown handle");
  bool instrumented = state->options.sanitize || state->options.countBytes;
  auto image = module->image(instrumented, state->options);
  if (!image)
    return image.error();
  const auto &kernels = (*image)->kernels;
  if (std::find(kernels.begin(), kernels.end(), name) == kernels.end()) {
    std::string known;
    for (const std::string &kernel : kernels)
      known += (known.empty() ? "" : ", ") + kernel;
    return Error(ErrorKind::Device, "no kernel '" + name + "' in the module; it has " + (known.empty() ? "none" : known));
  }
  auto copy = module->copy(instrumented, 0, state->options);
  if (!copy)
    return copy.error();
  if (Error error = validateShared(device(), name, staticShared(**copy, name), sharedBytes))
    return error;
  state->functions.push_back(std::make_unique<Function>(Function{module, name, sharedBytes}));
  return static_cast<FunctionHandle>(state->functions.back().get());
}

namespace {
/// The launch's own copy of its arguments, with device addresses turned into host addresses.
struct Arguments {
  std::vector<std::vector<char>> values;
  std::vector<void *> pointers;
  std::vector<char *> deviceAddresses;
};

Error copyArguments(const hc_param *parameters, void **args, const Function &function, const Memory &memory, Arguments &out) {
  for (size_t i = 0; parameters[i].bytes; ++i) {
    if (!args || !args[i])
      return Error(ErrorKind::InvalidArgument,
                   "expected a value for argument " + std::to_string(i) + " of " + function.name + ", but got none");
    auto *bytes = static_cast<const char *>(args[i]);
    out.values.emplace_back(bytes, bytes + parameters[i].bytes);
    if (!parameters[i].pointer)
      continue;
    DevicePointer pointer;
    memcpy(&pointer, bytes, sizeof pointer);
    if (!pointer)
      continue; // a kernel may be given no buffer; reading it faults
    auto *address = reinterpret_cast<char *>(pointer - kDeviceTag);
    // One past the end is what an empty tail of a buffer looks like: checked when it is used.
    if (!memory.find(address) && !memory.find(address - 1))
      return Error(ErrorKind::Device, "argument " + std::to_string(i) + " of " + function.name +
                                          ": expected a device address, but got one " + memory.locate(address));
    memcpy(out.values.back().data(), &address, sizeof address);
    out.deviceAddresses.push_back(address);
  }
  for (auto &value : out.values)
    out.pointers.push_back(value.data());
  out.pointers.push_back(nullptr);
  return {};
}

/// Which blocks run, and in what order.
void chooseBlocks(Launch &launch, const BlockSelection &selection) {
  uint64_t count = uint64_t(launch.grid.x) * launch.grid.y * launch.grid.z;
  std::mt19937_64 random(launch.seed);
  if (!selection.all()) {
    std::vector<uint64_t> chosen;
    for (uint64_t index : selection.indices)
      if (index < count)
        chosen.push_back(index);
    if (selection.first)
      chosen.push_back(0);
    if (selection.last)
      chosen.push_back(count - 1);
    auto unite = [&] {
      std::sort(chosen.begin(), chosen.end());
      chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    };
    unite();
    uint64_t wanted = std::min<uint64_t>(count, chosen.size() + selection.random);
    while (chosen.size() < wanted) {
      chosen.push_back(std::uniform_int_distribution<uint64_t>(0, count - 1)(random));
      unite();
    }
    launch.chosen = std::move(chosen);
    count = launch.chosen.size();
  }
  launch.total = count;
  if (count > 1) {
    launch.offset = random() % count;
    do
      launch.step = 1 + random() % (count - 1);
    while (std::gcd(launch.step, count) != 1);
  }
}
} // namespace

Error HostDriver::launch(FunctionHandle handle, Extent3 grid, Extent3 block, size_t sharedBytes, Stream, void **args) {
  std::lock_guard<std::mutex> lock(state->mutex);
  const HostOptions &options = state->options;
  Function *function = state->findFunction(handle);
  if (!function)
    return Error(ErrorKind::Device, "expected a kernel of a loaded module, but got an unknown handle");
  bool instrumented = options.sanitize || options.countBytes;
  auto copy = function->module->copy(instrumented, 0, options);
  if (!copy)
    return copy.error();
  auto bounds = reinterpret_cast<unsigned (*)()>((*copy)->symbol("hc_bounds__" + function->name));
  auto parameters = reinterpret_cast<const hc_param *(*)()>((*copy)->symbol("hc_params__" + function->name));
  if (!bounds || !parameters)
    return Error(ErrorKind::InvalidProgram, "the binary has no entry for kernel '" + function->name + "'");
  if (Error error = validateLaunch(device(), function->name, grid, block, bounds(), staticShared(**copy, function->name), sharedBytes,
                                   function->dynamicShared))
    return error;
  Arguments arguments;
  if (Error error = copyArguments(parameters(), args, *function, state->memory, arguments))
    return error;

  Launch launch;
  launch.kernel = function->name;
  launch.grid = grid;
  launch.block = block;
  launch.dynamicShared = sharedBytes;
  launch.args = arguments.pointers.data();
  launch.schedule = options.schedule;
  launch.seed = options.seed;
  launch.memory = &state->memory;
  auto image = function->module->image(instrumented, options);
  launch.collectives = instrumented || (*image)->collectives;
  chooseBlocks(launch, options.selectBlocks ? options.selectBlocks(function->name, grid) : options.blocks);

  std::unique_ptr<Checker> checker;
  if (instrumented) {
    checker =
        std::make_unique<Checker>(launch, **copy, **image, state->memory.buffersFor(function->name, arguments.deviceAddresses), options);
    launch.checker = checker.get();
  }
  unsigned workers = options.workers > 0 ? options.workers : std::max(1u, std::thread::hardware_concurrency());
  workers = instrumented ? 1 : static_cast<unsigned>(std::min<uint64_t>(workers, launch.total));
  std::vector<Worker *> running;
  for (unsigned i = 0; i < workers; ++i) {
    auto own = function->module->copy(instrumented, i, options);
    if (!own)
      return own.error();
    (*own)->poisonShared(sharedBytes);
    Worker &worker = state->pool.worker(i);
    worker.launch = &launch;
    worker.copy = *own;
    worker.currentSlot = (*own)->currentSlot;
    running.push_back(&worker);
    worker.entry = reinterpret_cast<KernelEntry>((*own)->symbol("hc_run__" + function->name));
  }

  auto begin = std::chrono::steady_clock::now();
  {
    FaultGuard guard;
    Watchdog watchdog(launch, running, options.timeoutSeconds);
    state->pool.run(workers);
  }
  LaunchRecord record;
  record.kernel = function->name;
  record.grid = grid;
  record.block = block;
  record.sharedBytes = sharedBytes;
  record.blocksRun = launch.total;
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  record.findings = std::move(launch.findings);
  if (checker)
    record.buffers = checker->traffic();
  for (const std::string &guard : state->memory.overwrittenGuards())
    if (!checker || !checker->foundOutOfBounds()) // which says it better
      record.findings.push_back({FindingKind::GuardOverwritten, "a write past " + guard + "; run with sanitize to see the line"});
  if (!instrumented)
    state->memory.markAllWritten();
  Error error;
  if (!record.findings.empty()) {
    const Finding &first = record.findings.front();
    error =
        Error(ErrorKind::Device, "kernel " + function->name + ": " + runtime::name(first.kind) + ": " + first.text +
                                     (record.findings.size() > 1 ? " (and " + std::to_string(record.findings.size() - 1) + " more)" : ""));
  }
  if (options.keepRecords)
    state->records.push_back(std::move(record));
  return error;
}

Expected<DevicePointer> HostDriver::allocate(size_t bytes, const std::string &name) {
  std::lock_guard<std::mutex> lock(state->mutex);
  return state->memory.allocate(bytes, name, state->options.totalMemory);
}

void HostDriver::release(DevicePointer pointer) {
  std::lock_guard<std::mutex> lock(state->mutex);
  Error error = state->memory.release(pointer);
  if (error && !state->misuse)
    state->misuse = error;
}

Error HostDriver::copyToDevice(DevicePointer to, const void *from, size_t bytes) {
  std::lock_guard<std::mutex> lock(state->mutex);
  if (!bytes)
    return {};
  Expected<char *> address = state->memory.access(to, bytes, "copyToDevice");
  if (!address)
    return address.error();
  memcpy(*address, from, bytes);
  state->memory.markWritten(*address, bytes);
  return {};
}

Error HostDriver::copyToHost(void *to, DevicePointer from, size_t bytes) {
  std::lock_guard<std::mutex> lock(state->mutex);
  if (!bytes)
    return {};
  Expected<char *> address = state->memory.access(from, bytes, "copyToHost");
  if (!address)
    return address.error();
  memcpy(to, *address, bytes);
  return {};
}

Error HostDriver::fill(DevicePointer to, unsigned char value, size_t bytes, Stream) {
  std::lock_guard<std::mutex> lock(state->mutex);
  if (!bytes)
    return {};
  Expected<char *> address = state->memory.access(to, bytes, "fill");
  if (!address)
    return address.error();
  memset(*address, value, bytes);
  state->memory.markWritten(*address, bytes);
  return {};
}

Error HostDriver::synchronize() {
  std::lock_guard<std::mutex> lock(state->mutex);
  return std::exchange(state->misuse, Error());
}

Expected<float> HostDriver::elapsed(Stream, const std::function<Error()> &body) {
  auto begin = std::chrono::steady_clock::now();
  if (Error error = body())
    return error;
  return std::chrono::duration<float, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

Error HostDriver::nameRange(DevicePointer pointer, size_t bytes, const std::string &name, const std::string &kernel) {
  std::lock_guard<std::mutex> lock(state->mutex);
  return state->memory.nameRange(pointer, bytes, name, kernel);
}

} // namespace fusion::runtime
