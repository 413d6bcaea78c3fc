// Launches a loaded phase: checks addresses, evaluates sizes that depend on the batch, and hands the arguments to the driver.
#include "LaunchPlan.h"
#include "ProgramFile.h"
#include <algorithm>
#include <cstdio>

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

// Messages are made out of line, so that a launch that succeeds touches no text.
#define COLD __attribute__((noinline, cold))

namespace {

Error invalid(const std::string &message) { return Error(ErrorKind::InvalidArgument, message); }

std::string hexAddress(DevicePointer pointer) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(pointer));
  return text;
}

COLD Error addressError(const Tensor &tensor, unsigned index, DevicePointer pointer, DevicePointer alignment) {
  std::string what = "the " + std::string(roleName(tensor.role)) + " \"" + tensor.name + "\" (tensor " + std::to_string(index) + ")";
  if (!pointer)
    return invalid("expected an address for " + what + ", but got null");
  return invalid("expected an address aligned to " + std::to_string(alignment) + " bytes for " + what + ", but got " + hexAddress(pointer) +
                 "; copy it to aligned memory");
}

COLD Error workspaceError(int64_t bytes, DevicePointer workspace) {
  return invalid("expected a workspace of " + std::to_string(bytes) + " bytes aligned to 256, but got " +
                 (workspace ? hexAddress(workspace) : "null"));
}

/// Why a size has no value.
COLD Error sizeError(const PlannedSize &size, int64_t batch) {
  Expected<int64_t> value = size.source().evaluate(batch);
  return value ? Error(ErrorKind::InvalidProgram, "expected a size, but it has none") : value.error();
}

COLD Error gridError(int dimension, int64_t extent, int64_t batch) {
  return invalid("expected a grid extent between 0 and " + std::to_string(maxGrid[dimension]) + ", but got " + std::to_string(extent) +
                 " at batch size " + std::to_string(batch) + "; use a smaller batch");
}

COLD Error bufferError(const KernelArg &arg, int64_t offset, int64_t bytes, int64_t workspaceBytes) {
  return Error(ErrorKind::InvalidProgram, "expected the buffer \"" + arg.name + "\" inside the workspace of " +
                                              std::to_string(workspaceBytes) + " bytes, but got " + std::to_string(bytes) +
                                              " bytes at offset " + std::to_string(offset));
}

} // namespace

COLD Error detail::inKernel(const KernelLaunch &kernel, const Error &error) {
  return Error(error.kind(), "kernel " + kernel.name + ": " + error.message());
}

LaunchPlan::LaunchPlan(const ProgramData &program, const Phase &phase, std::vector<FunctionHandle> functions, bool aligned)
    : program(program), workspaceSize(phase.workspace, program.batch) {
  for (const std::vector<unsigned> *list : {&phase.inputs, &phase.outputs, &phase.saved})
    for (unsigned index : *list) {
      const Tensor &tensor = program.tensors[index];
      bool mayBeEmpty = std::find(tensor.shape.begin(), tensor.shape.end(), kBatchExtent) != tensor.shape.end();
      buffers.push_back({index, mayBeEmpty, aligned ? tensorAlignment : DevicePointer(elementBytes(tensor.type))});
    }
  for (size_t i = 0; i < phase.kernels.size(); ++i) {
    const KernelLaunch &kernel = phase.kernels[i];
    Kernel planned{&kernel, functions[i], {}, {}};
    for (int k = 0; k < 3; ++k)
      planned.grid[k] = PlannedSize(kernel.grid[k], program.batch);
    for (const KernelArg &arg : kernel.args)
      planned.arguments.push_back({arg.kind, arg.tensor, PlannedSize(arg.offset, program.batch), PlannedSize(arg.bytes, program.batch)});
    kernels.push_back(std::move(planned));
  }
}

Error LaunchPlan::checkTensor(const Buffer &buffer, int64_t batch, const DevicePointer *tensors) const {
  DevicePointer pointer = tensors[buffer.tensor];
  if (__builtin_expect((pointer == 0 && !(batch == 0 && buffer.mayBeEmpty)) || pointer % buffer.alignment, 0))
    return addressError(program.tensors[buffer.tensor], buffer.tensor, pointer, buffer.alignment);
  return {};
}

Error LaunchPlan::launchKernel(const Kernel &kernel, Driver &driver, int64_t batch, const DevicePointer *tensors, DevicePointer workspace,
                               int64_t workspaceBytes, Stream stream) const {
  const KernelLaunch &described = *kernel.described;
  int64_t grid[3];
  for (int i = 0; i < 3; ++i) {
    if (!kernel.grid[i].evaluate(batch, grid[i]))
      return inKernel(described, sizeError(kernel.grid[i], batch));
    if (grid[i] < 0 || grid[i] > maxGrid[i])
      return inKernel(described, gridError(i, grid[i], batch));
  }
  if (!grid[0] || !grid[1] || !grid[2])
    return {};

  // On the stack: a launch allocates nothing.
  union Value {
    DevicePointer pointer;
    int32_t batch32;
    int64_t batch64;
  } values[maxKernelArgs];
  void *args[maxKernelArgs];
  for (size_t i = 0; i < kernel.arguments.size(); ++i) {
    const Argument &arg = kernel.arguments[i];
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
      int64_t offset, bytes;
      if (!arg.offset.evaluate(batch, offset))
        return inKernel(described, sizeError(arg.offset, batch));
      if (!arg.bytes.evaluate(batch, bytes))
        return inKernel(described, sizeError(arg.bytes, batch));
      if (offset < 0 || bytes < 0 || offset % workspaceAlignment || bytes > workspaceBytes || offset > workspaceBytes - bytes)
        return inKernel(described, bufferError(described.args[i], offset, bytes, workspaceBytes));
      values[i].pointer = workspace + DevicePointer(offset);
      break;
    }
    }
  }
  Extent3 extent{unsigned(grid[0]), unsigned(grid[1]), unsigned(grid[2])};
  if (Error error = driver.launch(kernel.function, extent, Extent3{described.block, 1, 1}, described.sharedBytes, stream, args))
    return inKernel(described, error);
  return {};
}

Error LaunchPlan::launch(Driver &driver, int64_t batch, const DevicePointer *tensors, DevicePointer workspace, Stream stream) const {
  int64_t workspaceBytes;
  if (!workspaceSize.evaluate(batch, workspaceBytes))
    return sizeError(workspaceSize, batch);
  for (const Buffer &buffer : buffers)
    if (Error error = checkTensor(buffer, batch, tensors))
      return error;
  if (workspaceBytes > 0 && (workspace == 0 || workspace % workspaceAlignment))
    return workspaceError(workspaceBytes, workspace);
  for (const Kernel &kernel : kernels)
    if (Error error = launchKernel(kernel, driver, batch, tensors, workspace, workspaceBytes, stream))
      return error;
  return {};
}
