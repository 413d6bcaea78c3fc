// Executable: compiles and loads the phases of a program, and launches their kernels after checking what the caller passes.
#include "fusion/Runtime/Executable.h"
#include "Images.h"
#include "LaunchPlan.h"
#include "ProgramFile.h"
#include "Select.h"
#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

using namespace fusion::runtime;

namespace {

Error invalid(const std::string &message) { return Error(ErrorKind::InvalidArgument, message); }

} // namespace

struct Executable::State {
  /// A phase of the variant; it has a plan once `ready`.
  struct LoadedPhase {
    const Phase *phase = nullptr;
    std::mutex loading;
    std::atomic<bool> ready{false};
    ModuleHandle module = nullptr;
    std::optional<detail::LaunchPlan> plan;
  };

  State(Context context, Program program) : context(std::move(context)), program(std::move(program)) {}
  ~State() {
    for (LoadedPhase &loaded : phases)
      if (loaded.module)
        context.driver().unload(loaded.module);
  }

  LoadedPhase &phase(PhaseKind kind) { return phases[kind == PhaseKind::Forward ? 0 : 1]; }
  Error missing(PhaseKind kind) const {
    return invalid(std::string("expected a program with a ") + phaseName(kind) + " phase, but the variant " + variant->arch +
                   " has none; compile it with --grad=all or --grad=params");
  }
  Error load(PhaseKind kind, LoadedPhase &loaded);
  Expected<ModuleHandle> loadModule(PhaseKind kind, const Phase &phase, const std::string &name);
  Error loadAll();

  Context context;
  Program program;
  const Variant *variant = nullptr;
  std::string target;
  size_t sharedLimit = 0;
  LoadedPhase phases[2];
};

/// An image of the program's where one fits, else what the source compiles to.
Expected<ModuleHandle> Executable::State::loadModule(PhaseKind kind, const Phase &phase, const std::string &name) {
  Driver &driver = context.driver();
  for (const Image *image : detail::fittingImages(phase, driver.device(), driver.imageKind())) {
    Expected<ModuleHandle> module = driver.load(Binary{{image->bytes.begin(), image->bytes.end()}, {}});
    if (module)
      return module;
    if (module.error().kind() == ErrorKind::OutOfMemory)
      return module;
    context.report(name + ": the embedded " + image->kind + " for " + image->arch + " is not used: " + module.error().message());
  }
  if (phase.source.empty())
    return Error(ErrorKind::Unsupported, name + ": expected an embedded image for " + target + ", but the program has " +
                                             detail::describeImages(phase) + " and no source; embed one for this device with fusion-embed");
  if (Error error = context.progress(std::string("compile ") + phaseName(kind), kind == PhaseKind::Forward ? 0 : 1, 2))
    return error;
  Expected<Binary> binary = context.compile(phase.source, name, target);
  if (!binary)
    return binary.error();
  return driver.load(*binary);
}

Error Executable::State::load(PhaseKind kind, LoadedPhase &loaded) {
  std::lock_guard<std::mutex> lock(loaded.loading);
  if (loaded.ready.load(std::memory_order_relaxed))
    return {};
  const Phase &phase = *loaded.phase;
  Driver &driver = context.driver();
  std::vector<FunctionHandle> functions;
  if (!phase.kernels.empty()) {
    for (const KernelLaunch &kernel : phase.kernels)
      if (kernel.sharedBytes > sharedLimit)
        return detail::inKernel(kernel,
                                Error(ErrorKind::Unsupported, "expected at most " + std::to_string(sharedLimit) +
                                                                  " bytes of shared memory per block on this device, but it needs " +
                                                                  std::to_string(kernel.sharedBytes)));
    std::string name = (program.data().chain.empty() ? "program" : program.data().chain) + std::string("_") + phaseName(kind) + ".cu";
    functions.reserve(phase.kernels.size());
    Expected<ModuleHandle> module = loadModule(kind, phase, name);
    if (!module)
      return module.error();
    for (const KernelLaunch &kernel : phase.kernels) {
      // A function that is launched several times is opted in for the most shared memory any launch asks for.
      size_t shared = 0;
      for (const KernelLaunch &other : phase.kernels)
        if (other.name == kernel.name)
          shared = std::max<size_t>(shared, other.sharedBytes);
      Expected<FunctionHandle> function = driver.function(*module, kernel.name, shared);
      if (!function) {
        driver.unload(*module);
        return detail::inKernel(kernel, function.error());
      }
      functions.push_back(*function);
    }
    loaded.module = *module;
  }
  loaded.plan.emplace(program.data(), phase, std::move(functions));
  loaded.ready.store(true, std::memory_order_release);
  return {};
}

/// Both phases at the same time: compilers spend most of their time in one thread.
Error Executable::State::loadAll() {
  Error errors[2];
  auto loadOne = [&](PhaseKind kind) {
    Error &error = errors[kind == PhaseKind::Forward ? 0 : 1];
    try {
      if (LoadedPhase &loaded = phase(kind); loaded.phase)
        error = load(kind, loaded);
    } catch (const std::bad_alloc &) { // must not leave the thread it happens in
      error = Error(ErrorKind::OutOfMemory, std::string("not enough memory to load ") + phaseName(kind));
    }
  };
  std::thread other;
  if (variant->backward && !variant->forward.kernels.empty()) {
    try {
      other = std::thread([&] { loadOne(PhaseKind::Backward); });
    } catch (const std::system_error &) { // no thread to be had: one after the other
    }
  }
  loadOne(PhaseKind::Forward);
  if (other.joinable())
    other.join();
  else
    loadOne(PhaseKind::Backward);
  return errors[0] ? errors[0] : errors[1];
}

Expected<Executable> Executable::create(const Context &context, const Program &program, Prepare when) {
  DeviceInfo device = context.driver().device();
  Expected<detail::Selection> selection = detail::selectVariant(program.data(), device);
  if (!selection)
    return selection.error();
  auto state = std::make_shared<State>(context, program);
  state->variant = selection->variant;
  state->target = selection->target;
  state->sharedLimit = device.sharedBytesPerBlock;
  state->phase(PhaseKind::Forward).phase = &state->variant->forward;
  state->phase(PhaseKind::Backward).phase = state->variant->backward ? &*state->variant->backward : nullptr;
  Executable executable(state);
  if (when == Prepare::Now)
    if (Error error = state->loadAll())
      return error;
  return executable;
}

const Program &Executable::program() const { return state->program; }
const Variant &Executable::variant() const { return *state->variant; }
const std::string &Executable::target() const { return state->target; }
bool Executable::has(PhaseKind phase) const { return state->phase(phase).phase != nullptr; }

Error Executable::prepare(PhaseKind phase) const {
  State::LoadedPhase &loaded = state->phase(phase);
  if (!loaded.phase)
    return state->missing(phase);
  if (loaded.ready.load(std::memory_order_acquire))
    return {};
  return state->load(phase, loaded);
}

Expected<int64_t> Executable::workspaceBytes(PhaseKind phase, int64_t batch) const {
  const Phase *found = state->phase(phase).phase;
  if (!found)
    return state->missing(phase);
  if (Error error = state->program.checkBatch(batch))
    return error;
  Expected<int64_t> bytes = found->workspace.evaluate(batch);
  if (bytes && *bytes < 0)
    return Error(ErrorKind::InvalidProgram, "expected a workspace of at least 0 bytes, but got " + std::to_string(*bytes));
  return bytes;
}

bool Executable::needsWorkspace(PhaseKind phase, int64_t batch, int64_t &bytes) const {
  return state->phase(phase).phase->workspace.tryEvaluate(batch, bytes);
}

Expected<int64_t> Executable::savedBytes(int64_t batch) const {
  int64_t total = 0;
  for (unsigned index : state->variant->forward.saved) {
    Expected<int64_t> bytes = state->program.tensorBytes(index, batch);
    if (!bytes)
      return bytes;
    if (__builtin_add_overflow(total, *bytes, &total))
      return invalid("expected saved tensors of less than 2^63 bytes together, but they are larger; use a smaller batch");
  }
  return total;
}

Error Executable::launch(PhaseKind phase, int64_t batch, const DevicePointer *tensors, size_t count, DevicePointer workspace,
                         Stream stream) const {
  const State::LoadedPhase &loaded = state->phase(phase);
  if (!loaded.ready.load(std::memory_order_acquire))
    if (Error error = prepare(phase))
      return error;
  if (Error error = state->program.checkBatch(batch))
    return error;
  if (count != state->program.data().tensors.size() || (count && !tensors))
    return invalid("expected the addresses of all " + std::to_string(state->program.data().tensors.size()) +
                   " tensors of the program, but got " + (count && !tensors ? "null" : std::to_string(count)));
  return loaded.plan->launch(state->context.driver(), batch, tensors, workspace, stream);
}
