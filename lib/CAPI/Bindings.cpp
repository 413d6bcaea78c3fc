// Bindings: memory for all tensors of a program at one batch, and launches in it.
#include "Handles.h"
#include <algorithm>

using namespace fusion;
using namespace fusion::capi;
using namespace fusion::runtime;

struct fusion_bindings {
  fusion_bindings(const fusion_executable &loaded, int64_t batch) : loaded(loaded), batch(batch) {
    shapes.resize(tensors().size());
    strides.resize(tensors().size());
    views.resize(tensors().size());
  }
  ~fusion_bindings() {
    for (const fusion_tensor &view : views)
      if (view.data)
        driver().release(reinterpret_cast<DevicePointer>(view.data));
    if (workspace)
      driver().release(workspace);
  }
  fusion_bindings(const fusion_bindings &) = delete;
  fusion_bindings &operator=(const fusion_bindings &) = delete;

  Driver &driver() const { return loaded.context.driver(); }
  const std::vector<Tensor> &tensors() const { return loaded.executable.program().data().tensors; }
  Error allocate();

  const fusion_executable loaded; ///< a copy: the caller may destroy its own
  int64_t batch;
  std::vector<std::vector<int64_t>> shapes, strides; ///< strides only of what is not row-major
  std::vector<fusion_tensor> views;                  ///< by the program's tensor
  std::vector<const fusion_tensor *> lists[2][3];
  DevicePointer workspace = 0;
  int64_t workspaceBytes = 0;
};

Error fusion_bindings::allocate() {
  const Executable &executable = loaded.executable;
  for (unsigned i = 0; i < views.size(); ++i) {
    Expected<int64_t> bytes = executable.program().tensorBytes(i, batch);
    if (!bytes)
      return bytes.error();
    Expected<DevicePointer> memory = driver().allocate(size_t(std::max<int64_t>(*bytes, 16)), tensors()[i].name);
    if (!memory)
      return memory.error();
    for (int64_t extent : tensors()[i].shape)
      shapes[i].push_back(extent == kBatchExtent ? batch : extent);
    fusion_tensor &view = views[i];
    view.data = reinterpret_cast<void *>(*memory);
    view.device = {loaded.device.dlpackType, loaded.device.dlpackId};
    view.ndim = int32_t(shapes[i].size());
    view.dtype = {dlType(tensors()[i].type).code, dlType(tensors()[i].type).bits, 1};
    view.shape = shapes[i].data();
    if (tensors()[i].layout != Layout::RowMajor) {
      strides[i].resize(shapes[i].size());
      stridesOf(tensors()[i].layout, shapes[i].data(), shapes[i].size(), strides[i].data());
      view.strides = strides[i].data();
    }
  }
  for (fusion_phase phase : {FUSION_FORWARD, FUSION_BACKWARD}) {
    if (!executable.has(phaseOf(phase)))
      continue;
    Expected<int64_t> bytes = executable.workspaceBytes(phaseOf(phase), batch);
    if (!bytes)
      return bytes.error();
    workspaceBytes = std::max(workspaceBytes, *bytes);
    for (int group = 0; group < 3; ++group)
      for (const Argument &argument : loaded.phases[phase].groups[group])
        lists[phase][group].push_back(&views[argument.tensor]);
  }
  if (!workspaceBytes)
    return {};
  Expected<DevicePointer> memory = driver().allocate(size_t(workspaceBytes), "workspace");
  if (!memory)
    return memory.error();
  workspace = *memory;
  return {};
}

/// The bytes of a tensor, which the caller must have said too.
static Expected<DevicePointer> whole(const fusion_bindings *bindings, uint32_t index, uint64_t bytes) {
  if (!bindings)
    return null("bindings");
  Expected<int64_t> size = bindings->loaded.executable.program().tensorBytes(index, bindings->batch);
  if (!size)
    return size.error();
  if (uint64_t(*size) != bytes)
    return invalid("bytes: expected the " + std::to_string(*size) + " bytes of \"" + bindings->tensors()[index].name + "\", but got " +
                   std::to_string(bytes));
  return reinterpret_cast<DevicePointer>(bindings->views[index].data);
}

extern "C" {

fusion_status fusion_bindings_create(const fusion_executable *executable, int64_t batch, fusion_bindings **out) {
  return guarded([&]() -> Error {
    if (!executable || !out)
      return null(executable ? "a place for the bindings" : "an executable");
    if (Error error = executable->executable.program().checkBatch(batch))
      return error;
    auto bindings = std::make_unique<fusion_bindings>(*executable, batch);
    if (Error error = bindings->allocate())
      return error;
    *out = bindings.release();
    return {};
  });
}

void fusion_bindings_destroy(fusion_bindings *bindings) { delete bindings; }

const fusion_tensor *fusion_bindings_tensor(const fusion_bindings *bindings, uint32_t index) {
  return bindings && index < bindings->views.size() ? &bindings->views[index] : nullptr;
}

fusion_status fusion_bindings_write(const fusion_bindings *bindings, uint32_t index, const void *from, uint64_t bytes) {
  return guarded([&]() -> Error {
    Expected<DevicePointer> to = whole(bindings, index, bytes);
    if (!to)
      return to.error();
    if (bytes && !from)
      return null("an address to copy from");
    return bindings->driver().copyToDevice(*to, from, bytes);
  });
}

fusion_status fusion_bindings_read(const fusion_bindings *bindings, uint32_t index, void *to, uint64_t bytes) {
  return guarded([&]() -> Error {
    Expected<DevicePointer> from = whole(bindings, index, bytes);
    if (!from)
      return from.error();
    if (bytes && !to)
      return null("an address to copy to");
    if (Error error = bindings->driver().synchronize())
      return error;
    return bindings->driver().copyToHost(to, *from, bytes);
  });
}

fusion_status fusion_bindings_launch(const fusion_bindings *bindings, fusion_phase phase, void *stream) {
  if (!bindings)
    return fail(null("bindings"));
  fusion_launch_args args{};
  args.struct_size = sizeof(args);
  args.phase = phase;
  args.batch = bindings->batch;
  if (phase == FUSION_FORWARD || phase == FUSION_BACKWARD) {
    const auto &lists = bindings->lists[phase];
    args.inputs = lists[FUSION_INPUTS].data(), args.input_count = uint32_t(lists[FUSION_INPUTS].size());
    args.outputs = lists[FUSION_OUTPUTS].data(), args.output_count = uint32_t(lists[FUSION_OUTPUTS].size());
    args.saved = lists[FUSION_SAVEDS].data(), args.saved_count = uint32_t(lists[FUSION_SAVEDS].size());
  }
  args.workspace = reinterpret_cast<void *>(bindings->workspace);
  args.workspace_bytes = uint64_t(bindings->workspaceBytes);
  args.stream = stream;
  return fusion_launch(&bindings->loaded, &args);
}
}
