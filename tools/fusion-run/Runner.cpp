// Allocates, copies, launches, reads back, all through the interface that products use.
#include "Runner.h"
#include "fusion/Runtime/ProgramData.h"
#include <algorithm>
#include <functional>
#include <optional>

using namespace fusion;
using tools::RunRequest;
using tools::RunResult;

namespace {

bool isResult(fusion_role role) { return role == FUSION_OUTPUT || role == FUSION_GRAD_INPUT || role == FUSION_GRAD_PARAMETER; }

/// A tensor of the program with memory of its own.
struct Buffer {
  TensorInfo info;
  std::vector<int64_t> shape, strides;
  int64_t bytes = 0;
  Memory memory;
  fusion_tensor view{};

  Buffer(const Context &context, TensorInfo described, int64_t batch, int64_t bytes, uint64_t offset)
      : info(std::move(described)), bytes(bytes), memory(context, uint64_t(std::max<int64_t>(bytes, 16)) + offset, info.name) {
    offset -= offset % uint64_t(storage().bytes);
    fusion_device_info device = context.device();
    for (int64_t extent : info.shape)
      shape.push_back(extent == FUSION_BATCH ? batch : extent);
    view.data = memory.get(), view.byte_offset = offset;
    view.device = {device.dl_device_type, device.dl_device_id};
    view.ndim = int32_t(shape.size());
    strides.resize(shape.size());
    runtime::stridesOf(info.layout == FUSION_ROW_MAJOR ? runtime::Layout::RowMajor : runtime::Layout::ChannelsLast, shape.data(),
                       shape.size(), strides.data());
    view.dtype = {uint8_t(info.type == FUSION_BF16 ? 4 : 2), uint8_t(info.type == FUSION_F32 ? 32 : 16), 1};
  }
  /// Row-major data as the tensor's layout has it, or back.
  std::vector<float> rearranged(const std::vector<float> &data, bool toLayout) const {
    if (info.layout == FUSION_ROW_MAJOR)
      return data;
    std::vector<float> moved(data.size());
    std::vector<int64_t> index(shape.size());
    for (size_t i = 0; i < data.size(); ++i) {
      int64_t there = 0;
      for (size_t d = 0; d < shape.size(); ++d)
        there += index[d] * strides[d];
      moved[toLayout ? size_t(there) : i] = data[toLayout ? i : size_t(there)];
      for (size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];)
        index[d] = 0;
    }
    return moved;
  }
  reference::Storage storage() const { return reference::storageNamed(fusion_type_name(info.type)); }
  void *first() const { return static_cast<char *>(memory.get()) + view.byte_offset; }
};

class Run {
public:
  Run(const Context &context, const Host *host, const Program &program, const RunRequest &request)
      : context(context), host(host), request(request), executable(context, program, FUSION_LOAD_LATER) {
    for (uint32_t i = 0; i < program.tensorCount(); ++i)
      buffers.emplace_back(context, program.tensor(i), request.batch, program.bytes(i, request.batch), request.offset);
    for (Buffer &buffer : buffers) {
      buffer.view.shape = buffer.shape.data(), buffer.view.strides = buffer.strides.data(); // their places are final now
      fill(buffer);
    }
  }
  void phase(fusion_phase phase, double &milliseconds);
  void readBack(RunResult &result) const;

private:
  void fill(const Buffer &buffer) const;
  void nameBuffers(fusion_phase phase, const Memory &workspace) const;

  const Context &context;
  const Host *host;
  const RunRequest &request;
  Executable executable;
  std::vector<Buffer> buffers;
};

void Run::fill(const Buffer &buffer) const {
  if (!buffer.bytes)
    return;
  auto given = request.given.find(buffer.info.name);
  if (given != request.given.end()) {
    std::vector<unsigned char> bytes = reference::toBytes(buffer.rearranged(given->second.data, true), buffer.storage());
    check(fusion_copy_to_device(context.get(), buffer.first(), bytes.data(), uint64_t(buffer.bytes)));
  }
  // What a kernel forgets to write stays NaN. Saved tensors are left to the check of uninitialised reads.
  if (request.readBack && isResult(buffer.info.role))
    check(fusion_fill(context.get(), buffer.first(), 0xff, uint64_t(buffer.bytes), nullptr));
  if (host && request.offset) // what lies in front of a tensor is none of it
    host->nameRange(buffer.first(), uint64_t(buffer.bytes), buffer.info.name.c_str());
}

/// The host driver knows each kernel's part of the workspace by its own name and bounds.
void Run::nameBuffers(fusion_phase phase, const Memory &workspace) const {
  for (uint32_t i = 0; i < fusion_executable_buffer_count(executable.get(), phase); ++i) {
    fusion_workspace_buffer buffer{};
    buffer.struct_size = sizeof(buffer);
    check(fusion_executable_buffer(executable.get(), phase, request.batch, i, &buffer));
    if (!buffer.bytes)
      continue;
    host->nameRange(static_cast<char *>(workspace.get()) + buffer.offset, uint64_t(buffer.bytes), buffer.name, buffer.kernel);
  }
}

void Run::phase(fusion_phase phase, double &milliseconds) {
  fusion_launch_args args{};
  args.struct_size = sizeof(args);
  args.phase = phase;
  args.batch = request.batch;
  std::vector<const fusion_tensor *> lists[3];
  for (fusion_group group : {FUSION_INPUTS, FUSION_OUTPUTS, FUSION_SAVEDS})
    for (uint32_t tensor : executable.arguments(phase, group))
      lists[group].push_back(&buffers[tensor].view);
  args.inputs = lists[FUSION_INPUTS].data(), args.input_count = uint32_t(lists[FUSION_INPUTS].size());
  args.outputs = lists[FUSION_OUTPUTS].data(), args.output_count = uint32_t(lists[FUSION_OUTPUTS].size());
  args.saved = lists[FUSION_SAVEDS].data(), args.saved_count = uint32_t(lists[FUSION_SAVEDS].size());
  std::optional<Memory> workspace;
  if (int64_t bytes = executable.workspaceBytes(phase, request.batch)) {
    workspace.emplace(context, uint64_t(bytes), "workspace");
    args.workspace = workspace->get(), args.workspace_bytes = uint64_t(bytes);
    if (host)
      nameBuffers(phase, *workspace);
  }
  executable.launch(args);
  context.synchronize();
  if (!request.repeats)
    return;
  struct Repeats {
    const Executable &executable;
    const fusion_launch_args &args;
    int count;
  } repeats{executable, args, request.repeats};
  float elapsed = 0;
  check(fusion_elapsed(
      context.get(), nullptr,
      [](void *state) {
        auto *all = static_cast<Repeats *>(state);
        fusion_status status = FUSION_OK;
        for (int i = 0; i < all->count && status == FUSION_OK; ++i)
          status = fusion_launch(all->executable.get(), &all->args);
        return status;
      },
      &repeats, &elapsed));
  milliseconds = elapsed / request.repeats;
}

void Run::readBack(RunResult &result) const {
  for (const Buffer &buffer : buffers) {
    fusion_role role = buffer.info.role;
    bool made =
        role == FUSION_OUTPUT || role == FUSION_SAVED || (request.backward && (role == FUSION_GRAD_INPUT || role == FUSION_GRAD_PARAMETER));
    if (!made)
      continue;
    reference::Tensor<float> tensor(reference::Shape(buffer.shape.begin(), buffer.shape.end()));
    std::vector<unsigned char> bytes(size_t(buffer.bytes));
    if (!bytes.empty())
      check(fusion_copy_to_host(context.get(), bytes.data(), buffer.first(), bytes.size()));
    tensor.data = buffer.rearranged(reference::fromBytes(bytes, buffer.storage()), false);
    result.tensors[buffer.info.name] = std::move(tensor);
  }
}

} // namespace

RunResult tools::runProgram(const Context &context, const Host *host, const Program &program, const RunRequest &request) {
  Run run(context, host, program, request);
  RunResult result;
  run.phase(FUSION_FORWARD, result.forwardMs);
  if (host)
    result.forwardLaunches = host->launchCount();
  if (request.backward)
    run.phase(FUSION_BACKWARD, result.backwardMs);
  if (request.readBack)
    run.readBack(result);
  return result;
}
