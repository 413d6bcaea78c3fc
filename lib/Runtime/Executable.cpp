// Executable: compiles and loads the phases of a program, and launches their kernels after checking what the caller passes.
#include "fusion/Runtime/Executable.h"
#include "ProgramFile.h"
#include "Select.h"
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>

using namespace fusion::runtime;

namespace {

constexpr DevicePointer tensorAlignment = 16; // what vectorised loads of the emitted kernels rely on

Error invalid(const std::string &message) { return Error(ErrorKind::InvalidArgument, message); }

Error inKernel(const KernelLaunch &kernel, const Error &error) {
  return Error(error.kind(), "kernel " + kernel.name + ": " + error.message());
}

std::string hexAddress(DevicePointer pointer) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(pointer));
  return text;
}

} // namespace

struct Executable::State {
  /// A phase of the variant; `functions` follows its kernels once `ready`.
  struct LoadedPhase {
    const Phase *phase = nullptr;
    std::mutex loading;
    std::atomic<bool> ready{false};
    ModuleHandle module = nullptr;
    std::vector<FunctionHandle> functions;
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
  Error checkTensors(const std::vector<unsigned> &list, int64_t batch, const DevicePointer *tensors) const;
  Error launchKernel(const KernelLaunch &kernel, FunctionHandle function, int64_t batch, const DevicePointer *tensors,
                     DevicePointer workspace, int64_t workspaceBytes, Stream stream) const;

  Context context;
  Program program;
  const Variant *variant = nullptr;
  std::string target;
  size_t sharedLimit = 0;
  LoadedPhase phases[2];
};

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
        return inKernel(kernel, Error(ErrorKind::Unsupported, "expected at most " + std::to_string(sharedLimit) +
                                                                  " bytes of shared memory per block on this device, but it needs " +
                                                                  std::to_string(kernel.sharedBytes)));
    std::string name = (program.data().chain.empty() ? "program" : program.data().chain) + std::string("_") + phaseName(kind) + ".cu";
    Expected<Binary> binary = context.compile(phase.source, name, target);
    if (!binary)
      return binary.error();
    Expected<ModuleHandle> module = driver.load(*binary);
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
        return inKernel(kernel, function.error());
      }
      functions.push_back(*function);
    }
    loaded.module = *module;
  }
  loaded.functions = std::move(functions);
  loaded.ready.store(true, std::memory_order_release);
  return {};
}

Error Executable::State::checkTensors(const std::vector<unsigned> &list, int64_t batch, const DevicePointer *tensors) const {
  for (unsigned index : list) {
    const Tensor &tensor = program.data().tensors[index];
    bool empty = batch == 0 && std::find(tensor.shape.begin(), tensor.shape.end(), kBatchExtent) != tensor.shape.end();
    if (tensors[index] == 0 && !empty)
      return invalid("expected an address for the " + std::string(roleName(tensor.role)) + " \"" + tensor.name + "\" (tensor " +
                     std::to_string(index) + "), but got null");
    if (tensors[index] % tensorAlignment)
      return invalid("expected an address aligned to 16 bytes for the " + std::string(roleName(tensor.role)) + " \"" + tensor.name +
                     "\" (tensor " + std::to_string(index) + "), but got " + hexAddress(tensors[index]) + "; copy it to aligned memory");
  }
  return {};
}

Error Executable::State::launchKernel(const KernelLaunch &kernel, FunctionHandle function, int64_t batch, const DevicePointer *tensors,
                                      DevicePointer workspace, int64_t workspaceBytes, Stream stream) const {
  int64_t grid[3];
  for (int i = 0; i < 3; ++i) {
    Expected<int64_t> extent = kernel.grid[i].evaluate(batch);
    if (!extent)
      return inKernel(kernel, extent.error());
    if (*extent < 0 || *extent > detail::maxGrid[i])
      return inKernel(kernel, invalid("expected a grid extent between 0 and " + std::to_string(detail::maxGrid[i]) + ", but got " +
                                      std::to_string(*extent) + " at batch size " + std::to_string(batch) + "; use a smaller batch"));
    grid[i] = *extent;
  }
  if (!grid[0] || !grid[1] || !grid[2])
    return {};

  // On the stack: a launch allocates nothing.
  union Value {
    DevicePointer pointer;
    int32_t batch32;
    int64_t batch64;
  } values[detail::maxKernelArgs];
  void *args[detail::maxKernelArgs];
  for (size_t i = 0; i < kernel.args.size(); ++i) {
    const KernelArg &arg = kernel.args[i];
    args[i] = &values[i];
    switch (arg.kind) {
    case KernelArg::Kind::Tensor:
      values[i].pointer = tensors[arg.tensor];
      break;
    case KernelArg::Kind::Batch32:
      values[i].batch32 = int32_t(batch); // Program::create() bounded the batch
      break;
    case KernelArg::Kind::Batch64:
      values[i].batch64 = batch;
      break;
    case KernelArg::Kind::Workspace: {
      Expected<int64_t> offset = arg.offset.evaluate(batch), bytes = arg.bytes.evaluate(batch);
      if (!offset || !bytes)
        return inKernel(kernel, offset ? bytes.error() : offset.error());
      if (*offset < 0 || *bytes < 0 || *offset % detail::workspaceAlignment || *bytes > workspaceBytes || *offset > workspaceBytes - *bytes)
        return inKernel(kernel, Error(ErrorKind::InvalidProgram,
                                      "expected the buffer \"" + arg.name + "\" inside the workspace of " + std::to_string(workspaceBytes) +
                                          " bytes, but got " + std::to_string(*bytes) + " bytes at offset " + std::to_string(*offset)));
      values[i].pointer = workspace + DevicePointer(*offset);
      break;
    }
    }
  }
  Extent3 extent{unsigned(grid[0]), unsigned(grid[1]), unsigned(grid[2])};
  if (Error error = context.driver().launch(function, extent, Extent3{kernel.block, 1, 1}, kernel.sharedBytes, stream, args))
    return inKernel(kernel, error);
  return {};
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
    for (PhaseKind kind : {PhaseKind::Forward, PhaseKind::Backward})
      if (executable.has(kind))
        if (Error error = executable.prepare(kind))
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
  if (Error error = prepare(phase))
    return error;
  Expected<int64_t> scratch = workspaceBytes(phase, batch); // checks the batch too
  if (!scratch)
    return scratch.error();
  if (count != state->program.data().tensors.size() || (count && !tensors))
    return invalid("expected the addresses of all " + std::to_string(state->program.data().tensors.size()) +
                   " tensors of the program, but got " + (count && !tensors ? "null" : std::to_string(count)));
  const State::LoadedPhase &loaded = state->phase(phase);
  for (const std::vector<unsigned> *list : {&loaded.phase->inputs, &loaded.phase->outputs, &loaded.phase->saved})
    if (Error error = state->checkTensors(*list, batch, tensors))
      return error;
  if (*scratch > 0 && (workspace == 0 || workspace % detail::workspaceAlignment))
    return invalid("expected a workspace of " + std::to_string(*scratch) + " bytes aligned to 256, but got " +
                   (workspace ? hexAddress(workspace) : "null"));
  for (size_t i = 0; i < loaded.functions.size(); ++i)
    if (Error error = state->launchKernel(loaded.phase->kernels[i], loaded.functions[i], batch, tensors, workspace, *scratch, stream))
      return error;
  return {};
}
