// fusion_launch: holds every tensor of the caller's to what the program says, then launches. What succeeds touches no text.
#include "Handles.h"

using namespace fusion;
using namespace fusion::capi;
using namespace fusion::runtime;

#define COLD __attribute__((noinline, cold))

namespace {

constexpr int32_t dlCuda = 2, dlCudaManaged = 13;

/// What a message calls an argument: inputs[1] "weight".
struct Place {
  const Arguments &arguments;
  fusion_group group;
  uint32_t index;
};

COLD std::string nameOf(const Place &at) {
  static const char *const groups[] = {"inputs", "outputs", "saved"};
  return std::string(groups[at.group]) + "[" + std::to_string(at.index) + "] (" +
         roleName(at.arguments.groups[at.group][at.index].described->role) + " \"" +
         at.arguments.groups[at.group][at.index].described->name + "\")";
}

COLD Error wrong(const Place &at, const std::string &expected, const std::string &got, const char *wayOut = "") {
  return invalid(nameOf(at) + ": expected " + expected + ", but got " + got + wayOut);
}

COLD std::string shapeText(const int64_t *shape, size_t rank) {
  std::string text = "[";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

COLD std::string wantedShape(const Tensor &tensor, int64_t batch) {
  std::vector<int64_t> shape = tensor.shape;
  for (int64_t &extent : shape)
    extent = extent == kBatchExtent ? batch : extent;
  return shapeText(shape.data(), shape.size());
}

COLD Error shapeError(const Place &at, const fusion_tensor &given, int64_t batch) {
  const Tensor &tensor = *at.arguments.groups[at.group][at.index].described;
  if (size_t(given.ndim) != tensor.shape.size() || !given.shape)
    return wrong(at, std::to_string(tensor.shape.size()) + " dimensions (" + wantedShape(tensor, batch) + ")",
                 given.shape || given.ndim == 0 ? std::to_string(given.ndim) : "no shape");
  return wrong(at, "shape " + wantedShape(tensor, batch), shapeText(given.shape, size_t(given.ndim)),
               given.shape[0] != tensor.shape[0] && tensor.shape[0] == kBatchExtent ? "; all batches must be the same" : "");
}

COLD Error stridesError(const Place &at, const fusion_tensor &given) {
  std::string shape = shapeText(given.shape, size_t(given.ndim)),
              got = given.strides ? shapeText(given.strides, size_t(given.ndim)) : "none, which means row-major";
  if (at.arguments.groups[at.group][at.index].described->layout == Layout::RowMajor)
    return wrong(at, "dense row-major strides for shape " + shape, got, "; copy it to a contiguous tensor");
  int64_t strides[5];
  stridesOf(Layout::ChannelsLast, given.shape, size_t(given.ndim), strides);
  return wrong(at, "channels-last strides " + shapeText(strides, size_t(given.ndim)) + " for shape " + shape, "strides " + got,
               "; convert it to channels-last, or compile the model without fusion.layout");
}

/// Whether the elements of a tensor that has some lie as its layout says; without strides it is row-major.
inline bool liesWell(const Tensor &tensor, const fusion_tensor &given) {
  size_t rank = tensor.shape.size();
  int64_t stride = 1;
  auto fits = [&](size_t i) {
    bool good = given.shape[i] == 1 || given.strides[i] == stride;
    stride *= given.shape[i];
    return good;
  };
  if (tensor.layout == Layout::RowMajor) {
    for (size_t i = rank; given.strides && i-- > 0;)
      if (!fits(i))
        return false;
    return true;
  }
  int64_t positions = 1;
  for (size_t i = 2; i < rank; ++i)
    positions *= given.shape[i];
  if (!given.strides)
    return given.shape[1] == 1 || positions == 1; // both layouts are one
  if (!fits(1))
    return false;
  for (size_t i = rank; i-- > 2;)
    if (!fits(i))
      return false;
  return fits(0);
}

COLD Error typeError(const Place &at, const fusion_tensor &given) {
  const DlType &wanted = dlType(at.arguments.groups[at.group][at.index].described->type);
  return wrong(at,
               std::string("elements of ") + wanted.name + " (code " + std::to_string(wanted.code) + ", " + std::to_string(wanted.bits) +
                   " bits, 1 lane)",
               "code " + std::to_string(given.dtype.code) + ", " + std::to_string(given.dtype.bits) + " bits, " +
                   std::to_string(given.dtype.lanes) + " lanes");
}

COLD Error deviceError(const Place &at, const fusion_tensor &given, const DeviceInfo &device) {
  auto text = [](int type, int id) { return "device " + std::to_string(type) + ":" + std::to_string(id); };
  return wrong(at, text(device.dlpackType, device.dlpackId) + " (" + device.name + ")",
               text(given.device.device_type, given.device.device_id), "; move the tensor to the device of the context");
}

/// Success leaves the tensor's address in `address`. What LaunchPlan checks of addresses is left to it.
inline Error checkTensor(const Place &at, const fusion_tensor *given, const DeviceInfo &device, int64_t batch, DevicePointer &address) {
  const Tensor &tensor = *at.arguments.groups[at.group][at.index].described;
  if (!given)
    return wrong(at, "a tensor", "null");
  const DlType &type = dlType(tensor.type);
  if (given->dtype.code != type.code || given->dtype.bits != type.bits || given->dtype.lanes != 1)
    return typeError(at, *given);
  bool sameType =
      given->device.device_type == device.dlpackType || (device.dlpackType == dlCuda && given->device.device_type == dlCudaManaged);
  if (!sameType || given->device.device_id != device.dlpackId)
    return deviceError(at, *given, device);
  size_t rank = tensor.shape.size();
  if (size_t(given->ndim) != rank || (rank && !given->shape))
    return shapeError(at, *given, batch);
  bool empty = false;
  for (size_t i = 0; i < rank; ++i) {
    int64_t wanted = tensor.shape[i] == kBatchExtent ? batch : tensor.shape[i];
    if (given->shape[i] != wanted)
      return shapeError(at, *given, batch);
    empty |= wanted == 0;
  }
  if (!empty && !liesWell(tensor, *given))
    return stridesError(at, *given);
  address = given->data ? reinterpret_cast<DevicePointer>(given->data) + given->byte_offset : 0;
  return {};
}

struct Lists {
  const fusion_tensor *const *tensors[3];
  uint32_t counts[3];
};

COLD Error countError(const Arguments &arguments, const Lists &lists, int group, const Executable &executable, fusion_phase phase) {
  static const char *const names[] = {"inputs", "outputs", "saved"};
  std::string wanted;
  for (const Argument &argument : arguments.groups[group])
    wanted += (wanted.empty() ? "" : ", ") + argument.described->name;
  return invalid(std::string(names[group]) + ": expected " + std::to_string(arguments.groups[group].size()) + " tensors for " +
                 phaseName(phaseOf(phase)) + " of \"" + executable.program().data().chain + "\"" +
                 (wanted.empty() ? "" : " (" + wanted + ")") + ", but got " +
                 (lists.tensors[group] ? std::to_string(lists.counts[group]) : "none"));
}

/// The batch that the inputs have, or the program's only one.
Error batchOf(const Arguments &arguments, const Lists &lists, const Program &program, int64_t &batch) {
  batch = program.data().batch.size;
  if (!arguments.batchKnown)
    return program.data().batch.dynamic ? invalid("batch: expected a batch size, since no input has one, but got FUSION_BATCH_OF_TENSORS")
                                        : Error();
  const fusion_tensor *given = lists.tensors[FUSION_INPUTS][arguments.batchArgument];
  Place at{arguments, FUSION_INPUTS, arguments.batchArgument};
  if (!given)
    return wrong(at, "a tensor", "null");
  if (size_t(given->ndim) != arguments.groups[FUSION_INPUTS][arguments.batchArgument].described->shape.size() || !given->shape)
    return shapeError(at, *given, batch);
  batch = given->shape[arguments.batchDimension];
  return {};
}

COLD Error workspaceTooSmall(int64_t needed, uint64_t given) {
  return invalid("workspace_bytes: expected at least " + std::to_string(needed) + ", but got " + std::to_string(given) +
                 "; fusion_executable_workspace_bytes() tells the size");
}

Error launch(const fusion_executable &loaded, const fusion_launch_args &args) {
  const Executable &executable = loaded.executable;
  if (Error error = checkPhase(args.phase))
    return error;
  PhaseKind kind = phaseOf(args.phase);
  if (!executable.has(kind))
    return executable.prepare(kind); // says that the program lacks it
  const Arguments &arguments = loaded.phases[args.phase];
  Lists lists{{args.inputs, args.outputs, args.saved}, {args.input_count, args.output_count, args.saved_count}};
  for (int group = 0; group < 3; ++group) {
    size_t wanted = arguments.groups[group].size();
    if (lists.counts[group] != wanted || (wanted && !lists.tensors[group]))
      return countError(arguments, lists, group, executable, args.phase);
  }
  const Program &program = executable.program();
  int64_t batch = args.batch;
  if (batch == FUSION_BATCH_OF_TENSORS)
    if (Error error = batchOf(arguments, lists, program, batch))
      return error;
  if (Error error = program.checkBatch(batch))
    return error;

  DevicePointer addresses[4096]; // fusion_executable_create() allows no more tensors; only listed ones are read
  for (int group = 0; group < 3; ++group)
    for (uint32_t i = 0; i < lists.counts[group]; ++i)
      if (Error error = checkTensor(Place{arguments, fusion_group(group), i}, lists.tensors[group][i], loaded.device, batch,
                                    addresses[arguments.groups[group][i].tensor]))
        return error;
  int64_t needed = 0;
  if (executable.needsWorkspace(kind, batch, needed) && uint64_t(needed) > args.workspace_bytes)
    return workspaceTooSmall(needed, args.workspace_bytes);
  return executable.launch(kind, batch, addresses, program.data().tensors.size(), reinterpret_cast<DevicePointer>(args.workspace),
                           args.stream);
}

} // namespace

extern "C" fusion_status fusion_launch(const fusion_executable *executable, const fusion_launch_args *args) {
  return guarded([&]() -> Error {
    if (!executable || !args)
      return null(executable ? "the arguments of the launch" : "an executable");
    if (args->struct_size == sizeof(fusion_launch_args))
      return launch(*executable, *args);
    fusion_launch_args known{};
    if (Error error = readStruct(args, sizeof(fusion_launch_args), "args", known))
      return error;
    return launch(*executable, known);
  });
}
