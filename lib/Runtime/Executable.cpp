// Executable: picks a program's variant for a device, and launches its kernels after checking what the caller passes.
#include "fusion/Runtime/Executable.h"
#include "LoadedPhase.h"
#include "Select.h"

using namespace fusion::runtime;

namespace {

Error invalid(const std::string &message) { return Error(ErrorKind::InvalidArgument, message); }

} // namespace

struct Executable::State : detail::Loader {
  using Loader::Loader;
  Error missing(PhaseKind kind) const {
    return invalid(std::string("expected a program with a ") + phaseName(kind) + " phase, but the variant " + variant.arch +
                   " has none; compile it with --grad=all or --grad=params");
  }
};

Expected<Executable> Executable::create(const Context &context, const Program &program, Prepare when) {
  Expected<detail::Selection> selection = detail::selectVariant(program.data(), context.driver().device());
  if (!selection)
    return selection.error();
  auto state = std::make_shared<State>(context, program, *selection->variant, selection->target);
  Executable executable(state);
  if (when == Prepare::Now)
    if (Error error = state->loadAll())
      return error;
  return executable;
}

const Program &Executable::program() const { return state->program; }
const Variant &Executable::variant() const { return state->variant; }
const std::string &Executable::target() const { return state->target; }
bool Executable::has(PhaseKind phase) const { return state->phase(phase).phase != nullptr; }

Error Executable::prepare(PhaseKind phase) const {
  const detail::LoadedPhase &loaded = state->phase(phase);
  return loaded.phase ? state->load(phase, loaded.first) : state->missing(phase);
}

Error Executable::prepare(PhaseKind phase, int64_t batch, size_t alignment) const {
  const detail::LoadedPhase &loaded = state->phase(phase);
  if (!loaded.phase)
    return state->missing(phase);
  if (Error error = state->program.checkBatch(batch))
    return error;
  size_t least = 2; // of the tensor with the largest elements
  for (unsigned tensor : loaded.tensors)
    least = std::max(least, size_t(elementBytes(state->program.data().tensors[tensor].type)));
  if (!alignment || alignment % least)
    return invalid("expected an alignment in multiples of " + std::to_string(least) + " bytes, but got " + std::to_string(alignment));
  bool misaligned = alignment % detail::tensorAlignment != 0;
  if (misaligned && !loaded.phase->unaligned)
    return invalid("expected tensors aligned to 16 bytes, which the program relies on, but got " + std::to_string(alignment) +
                   "; compile the model again");
  return state->load(phase, loaded.formFor(batch, misaligned));
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
  for (unsigned index : state->variant.forward.saved) {
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
  const detail::LoadedPhase &loaded = state->phase(phase);
  if (!loaded.phase)
    return state->missing(phase);
  if (Error error = state->program.checkBatch(batch))
    return error;
  if (count != state->program.data().tensors.size() || (count && !tensors))
    return invalid("expected the addresses of all " + std::to_string(state->program.data().tensors.size()) +
                   " tensors of the program, but got " + (count && !tensors ? "null" : std::to_string(count)));
  DevicePointer bits = 0;
  for (unsigned tensor : loaded.tensors)
    bits |= tensors[tensor];
  Form form = loaded.formFor(batch, bits % detail::tensorAlignment != 0);
  const detail::LoadedForm &ready = loaded.forms[unsigned(form)];
  if (__builtin_expect(!ready.ready.load(std::memory_order_acquire), 0))
    if (Error error = state->load(phase, form))
      return error;
  return ready.plan->launch(state->context.driver(), batch, tensors, workspace, stream);
}
