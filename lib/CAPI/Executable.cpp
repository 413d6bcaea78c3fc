// Executables: loading, the lists of tensors that launches take, sizes.
#include "Handles.h"
#include <algorithm>

using namespace fusion;
using namespace fusion::capi;
using namespace fusion::runtime;

namespace {

/// More tensors than any chain has, few enough for their addresses to fit a thread's stack.
constexpr size_t maxTensors = 4096;

Arguments argumentsOf(const Executable &executable, PhaseKind kind) {
  const std::vector<Tensor> &tensors = executable.program().data().tensors;
  const Variant &variant = executable.variant();
  const Phase &phase = kind == PhaseKind::Forward ? variant.forward : *variant.backward;
  Arguments result;
  auto add = [&](fusion_group group, unsigned tensor) { result.groups[group].push_back({tensor, &tensors[tensor]}); };
  for (unsigned tensor : phase.inputs)
    if (tensors[tensor].role != TensorRole::Saved)
      add(FUSION_INPUTS, tensor);
  for (unsigned tensor : phase.outputs)
    add(FUSION_OUTPUTS, tensor);
  for (unsigned tensor : variant.forward.saved)
    add(FUSION_SAVEDS, tensor);
  const std::vector<Argument> &inputs = result.groups[FUSION_INPUTS];
  for (unsigned i = 0; i < inputs.size() && !result.batchKnown; ++i) {
    const std::vector<int64_t> &shape = inputs[i].described->shape;
    auto batch = std::find(shape.begin(), shape.end(), kBatchExtent);
    if (batch != shape.end())
      result.batchKnown = true, result.batchArgument = i, result.batchDimension = unsigned(batch - shape.begin());
  }
  return result;
}

const Phase *phaseIn(const fusion_executable *executable, fusion_phase phase) {
  if (!executable || (phase != FUSION_FORWARD && phase != FUSION_BACKWARD) || !executable->executable.has(phaseOf(phase)))
    return nullptr;
  const Variant &variant = executable->executable.variant();
  return phase == FUSION_FORWARD ? &variant.forward : &*variant.backward;
}

/// Calls `visit` for each use of a workspace buffer until it returns true.
template <class Visit> void forEachBuffer(const Phase &phase, Visit visit) {
  for (const KernelLaunch &kernel : phase.kernels)
    for (const KernelArg &arg : kernel.args)
      if (arg.kind == KernelArg::Kind::Workspace && visit(kernel, arg))
        return;
}

} // namespace

fusion_executable::fusion_executable(Executable loaded, const Context &context)
    : context(context), executable(std::move(loaded)), device(context.driver().device()) {
  for (PhaseKind kind : {PhaseKind::Forward, PhaseKind::Backward})
    if (executable.has(kind))
      phases[kind == PhaseKind::Forward ? FUSION_FORWARD : FUSION_BACKWARD] = argumentsOf(executable, kind);
}

extern "C" {

fusion_status fusion_executable_create(const fusion_context *context, const fusion_program *program, uint32_t flags,
                                       fusion_executable **out) {
  return guarded([&]() -> Error {
    if (!context || !program || !out)
      return null(!context ? "a context" : !program ? "a program" : "a place for the executable");
    if (flags & ~uint32_t(FUSION_LOAD_LATER))
      return invalid("flags: expected FUSION_LOAD_LATER or 0, but got " + std::to_string(flags));
    if (size_t count = program->program.data().tensors.size(); count > maxTensors)
      return Error(ErrorKind::Unsupported,
                   "expected a program of at most " + std::to_string(maxTensors) + " tensors, but it has " + std::to_string(count));
    Expected<Executable> loaded = Executable::create(context->context, program->program,
                                                     flags & FUSION_LOAD_LATER ? Executable::Prepare::Later : Executable::Prepare::Now);
    if (!loaded)
      return loaded.error();
    *out = new fusion_executable(std::move(*loaded), context->context);
    return {};
  });
}

void fusion_executable_destroy(fusion_executable *executable) { delete executable; }

int fusion_executable_has(const fusion_executable *executable, fusion_phase phase) { return phaseIn(executable, phase) != nullptr; }

fusion_status fusion_executable_prepare(const fusion_executable *executable, fusion_phase phase) {
  return guarded([&]() -> Error {
    if (!executable)
      return null("an executable");
    if (Error error = checkPhase(phase))
      return error;
    return executable->executable.prepare(phaseOf(phase));
  });
}

fusion_status fusion_executable_prepare_for(const fusion_executable *executable, fusion_phase phase, int64_t batch, uint32_t alignment) {
  return guarded([&]() -> Error {
    if (!executable)
      return null("an executable");
    if (Error error = checkPhase(phase))
      return error;
    return executable->executable.prepare(phaseOf(phase), batch, alignment);
  });
}

const char *fusion_executable_target(const fusion_executable *executable) {
  return executable ? executable->executable.target().c_str() : "";
}

uint32_t fusion_executable_argument_count(const fusion_executable *executable, fusion_phase phase, fusion_group group) {
  if (!phaseIn(executable, phase) || group < FUSION_INPUTS || group > FUSION_SAVEDS)
    return 0;
  return uint32_t(executable->phases[phase].groups[group].size());
}

fusion_status fusion_executable_argument(const fusion_executable *executable, fusion_phase phase, fusion_group group, uint32_t place,
                                         uint32_t *tensor) {
  return guarded([&]() -> Error {
    if (!executable || !tensor)
      return null(executable ? "a place for the index" : "an executable");
    uint32_t count = fusion_executable_argument_count(executable, phase, group);
    if (place >= count)
      return invalid("place: expected one below " + std::to_string(count) + ", but got " + std::to_string(place));
    *tensor = executable->phases[phase].groups[group][place].tensor;
    return {};
  });
}

uint32_t fusion_executable_tensor_alignment(const fusion_executable *) { return 16; }
uint32_t fusion_executable_workspace_alignment(const fusion_executable *) { return 256; }

fusion_status fusion_executable_workspace_bytes(const fusion_executable *executable, fusion_phase phase, int64_t batch, int64_t *bytes) {
  return guarded([&]() -> Error {
    if (!executable || !bytes)
      return null(executable ? "a place for the size" : "an executable");
    if (Error error = checkPhase(phase))
      return error;
    Expected<int64_t> size = executable->executable.workspaceBytes(phaseOf(phase), batch);
    if (!size)
      return size.error();
    *bytes = *size;
    return {};
  });
}

fusion_status fusion_executable_saved_bytes(const fusion_executable *executable, int64_t batch, int64_t *bytes) {
  return guarded([&]() -> Error {
    if (!executable || !bytes)
      return null(executable ? "a place for the size" : "an executable");
    Expected<int64_t> size = executable->executable.savedBytes(batch);
    if (!size)
      return size.error();
    *bytes = *size;
    return {};
  });
}

uint32_t fusion_executable_buffer_count(const fusion_executable *executable, fusion_phase phase) {
  uint32_t count = 0;
  if (const Phase *found = phaseIn(executable, phase))
    forEachBuffer(*found, [&](const KernelLaunch &, const KernelArg &) { return ++count, false; });
  return count;
}

fusion_status fusion_executable_buffer(const fusion_executable *executable, fusion_phase phase, int64_t batch, uint32_t index,
                                       fusion_workspace_buffer *out) {
  return guarded([&]() -> Error {
    const Phase *found = phaseIn(executable, phase);
    uint32_t count = fusion_executable_buffer_count(executable, phase), at = 0;
    if (!found || index >= count)
      return invalid("index: expected a workspace buffer below " + std::to_string(count) + ", but got " + std::to_string(index));
    if (Error error = executable->executable.program().checkBatch(batch))
      return error;
    fusion_workspace_buffer buffer{};
    Error failed;
    forEachBuffer(*found, [&](const KernelLaunch &kernel, const KernelArg &arg) {
      if (at++ != index)
        return false;
      Expected<int64_t> offset = arg.offset.evaluate(batch), bytes = arg.bytes.evaluate(batch);
      if (!offset || !bytes)
        return failed = offset ? bytes.error() : offset.error(), true;
      buffer.kernel = kernel.name.c_str();
      buffer.name = arg.name.c_str();
      buffer.offset = *offset;
      buffer.bytes = *bytes;
      return true;
    });
    return failed ? failed : writeStruct(buffer, out, sizeof(buffer), "buffer");
  });
}
}
