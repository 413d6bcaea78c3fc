// Allocates, copies, launches, reads back.
#include "Runner.h"

using namespace fusion;
using namespace fusion::runtime;
using tools::RunRequest;
using tools::RunResult;

namespace {

/// Device memory that is released with it.
struct Buffers {
  Driver &driver;
  std::vector<DevicePointer> pointers;
  DevicePointer workspace = 0;
  explicit Buffers(Driver &driver, size_t count) : driver(driver), pointers(count) {}
  ~Buffers() {
    for (DevicePointer p : pointers)
      if (p)
        driver.release(p);
    if (workspace)
      driver.release(workspace);
  }
};

bool isResult(TensorRole role) { return role == TensorRole::Output || role == TensorRole::GradInput || role == TensorRole::GradParameter; }

Error launchPhase(HostDriver *host, const Executable &executable, PhaseKind kind, const RunRequest &request, Buffers &buffers,
                  double &milliseconds) {
  auto bytes = executable.workspaceBytes(kind, request.batch);
  if (!bytes)
    return bytes.error();
  if (buffers.workspace)
    buffers.driver.release(buffers.workspace), buffers.workspace = 0;
  if (*bytes) {
    auto memory = buffers.driver.allocate(size_t(*bytes), "workspace");
    if (!memory)
      return memory.error();
    buffers.workspace = *memory;
  }
  const Phase &phase = kind == PhaseKind::Forward ? executable.variant().forward : *executable.variant().backward;
  if (host)
    for (const KernelLaunch &kernel : phase.kernels)
      for (const KernelArg &arg : kernel.args)
        if (arg.kind == KernelArg::Kind::Workspace) {
          auto offset = arg.offset.evaluate(request.batch), size = arg.bytes.evaluate(request.batch);
          if (!offset || !size)
            return offset ? size.error() : offset.error();
          if (*size)
            if (Error error = host->nameRange(buffers.workspace + *offset, size_t(*size), arg.name, kernel.name))
              return error;
        }
  auto launch = [&] { return executable.launch(kind, request.batch, buffers.pointers.data(), buffers.pointers.size(), buffers.workspace); };
  if (Error error = launch())
    return error;
  if (Error error = buffers.driver.synchronize())
    return error;
  if (!request.repeats)
    return Error::success();
  auto time = buffers.driver.elapsed(nullptr, [&]() -> Error {
    for (int i = 0; i < request.repeats; ++i)
      if (Error error = launch())
        return error;
    return Error::success();
  });
  if (!time)
    return time.error();
  milliseconds = *time / request.repeats;
  return Error::success();
}

} // namespace

Expected<RunResult> tools::runProgram(Context &context, HostDriver *host, const Program &program, const RunRequest &request) {
  auto executable = Executable::create(context, program, Executable::Prepare::Later);
  if (!executable)
    return executable.error();
  const auto &tensors = program.data().tensors;
  Buffers buffers(context.driver(), tensors.size());
  for (unsigned i = 0; i < tensors.size(); ++i) {
    auto bytes = program.tensorBytes(i, request.batch);
    if (!bytes)
      return bytes.error();
    auto memory = context.driver().allocate(size_t(std::max<int64_t>(*bytes, 16)), tensors[i].name);
    if (!memory)
      return memory.error();
    buffers.pointers[i] = *memory;
    auto given = request.given.find(tensors[i].name);
    if (given != request.given.end() && *bytes)
      if (Error error = context.driver().copyToDevice(*memory, given->second.data.data(), size_t(*bytes)))
        return error;
    // What a kernel forgets to write stays NaN. Saved tensors are left to the check of uninitialised reads.
    if (request.readBack && *bytes && isResult(tensors[i].role))
      if (Error error = context.driver().fill(*memory, 0xff, size_t(*bytes), nullptr))
        return error;
  }
  RunResult result;
  if (Error error = launchPhase(host, *executable, PhaseKind::Forward, request, buffers, result.forwardMs))
    return error;
  if (host)
    result.forwardLaunches = host->launches().size();
  if (request.backward)
    if (Error error = launchPhase(host, *executable, PhaseKind::Backward, request, buffers, result.backwardMs))
      return error;
  if (!request.readBack)
    return result;
  for (unsigned i = 0; i < tensors.size(); ++i) {
    TensorRole role = tensors[i].role;
    bool made = role == TensorRole::Output || role == TensorRole::Saved ||
                (request.backward && (role == TensorRole::GradInput || role == TensorRole::GradParameter));
    if (!made)
      continue;
    reference::Shape shape;
    for (int64_t extent : tensors[i].shape)
      shape.push_back(extent == kBatchExtent ? request.batch : extent);
    reference::Tensor<float> t(shape);
    if (!t.data.empty())
      if (Error error = context.driver().copyToHost(t.data.data(), buffers.pointers[i], t.data.size() * sizeof(float)))
        return error;
    result.tensors[tensors[i].name] = std::move(t);
  }
  return result;
}
