// Program: the checked handle, its files on disk, and the sizes it knows.
#include "fusion/Runtime/Program.h"
#include "File.h"
#include "ProgramFile.h"

using namespace fusion::runtime;

const char *fusion::runtime::phaseName(PhaseKind phase) { return phase == PhaseKind::Forward ? "forward" : "backward"; }

const char *fusion::runtime::roleName(TensorRole role) {
  switch (role) {
  case TensorRole::Input:
    return "input";
  case TensorRole::Parameter:
    return "parameter";
  case TensorRole::Output:
    return "output";
  case TensorRole::Saved:
    return "saved";
  case TensorRole::GradOutput:
    return "grad_output";
  case TensorRole::GradInput:
    return "grad_input";
  case TensorRole::GradParameter:
    break;
  }
  return "grad_parameter";
}

const char *fusion::runtime::typeName(ElementType type) {
  return type == ElementType::F32 ? "f32" : type == ElementType::F16 ? "f16" : "bf16";
}

const char *fusion::runtime::layoutName(Layout layout) { return layout == Layout::RowMajor ? "row_major" : "channels_last"; }

KernelArg KernelArg::ofTensor(unsigned index) {
  KernelArg arg;
  arg.tensor = index;
  return arg;
}

KernelArg KernelArg::ofWorkspace(Expr offset, Expr bytes, std::string name) {
  KernelArg arg;
  arg.kind = Kind::Workspace;
  arg.offset = std::move(offset);
  arg.bytes = std::move(bytes);
  arg.name = std::move(name);
  return arg;
}

KernelArg KernelArg::batch32() {
  KernelArg arg;
  arg.kind = Kind::Batch32;
  return arg;
}

KernelArg KernelArg::batch64() {
  KernelArg arg;
  arg.kind = Kind::Batch64;
  return arg;
}

Expected<Program> Program::create(ProgramData data) {
  if (Error error = detail::checkProgram(data))
    return error;
  return Program(std::make_shared<const ProgramData>(std::move(data)));
}

int64_t Program::largestBatch(ProgramData data, int64_t limit) {
  data.batch.dynamic = true;
  int64_t good = 0;
  for (int64_t bad = limit; good < bad;) { // everything above `bad` is known to fail, `good` to pass (or to be 0)
    data.batch.size = good + (bad - good) / 2 + (bad - good) % 2;
    if (Error error = detail::checkProgram(data))
      bad = data.batch.size - 1;
    else
      good = data.batch.size;
  }
  return good;
}

Expected<Program> Program::parse(std::string_view text) {
  Expected<ProgramData> data = detail::readProgram(text);
  if (!data)
    return data.error();
  return create(std::move(*data));
}

Expected<Program> Program::load(const std::string &path) {
  Expected<std::string> text = detail::readFile(path, maxFileBytes);
  if (!text)
    return text.error();
  Expected<Program> program = parse(*text);
  if (!program)
    return Error(program.error().kind(), path + ": " + program.error().message());
  return program;
}

std::string Program::serialize() const { return detail::writeProgram(*data_); }

Error Program::save(const std::string &path) const { return detail::replaceFile(path, serialize()); }

Expected<unsigned> Program::tensorIndex(const std::string &name) const {
  std::string known;
  for (size_t i = 0; i < data_->tensors.size(); ++i) {
    if (data_->tensors[i].name == name)
      return unsigned(i);
    known += (known.empty() ? "" : ", ") + data_->tensors[i].name;
  }
  return Error(ErrorKind::InvalidArgument, "expected one of the tensors " + known + ", but got \"" + name + "\"");
}

Error Program::checkBatch(int64_t batch) const {
  const BatchRange &range = data_->batch;
  if (range.dynamic ? batch >= 0 && batch <= range.size : batch == range.size)
    return {};
  return Error(ErrorKind::InvalidArgument,
               range.dynamic ? "expected a batch size between 0 and " + std::to_string(range.size) + ", but got " + std::to_string(batch)
                             : "expected the fixed batch size " + std::to_string(range.size) + ", but got " + std::to_string(batch) +
                                   "; compile with a batch of \"?\" for any size");
}

Expected<int64_t> Program::tensorBytes(unsigned tensor, int64_t batch) const {
  if (tensor >= data_->tensors.size())
    return Error(ErrorKind::InvalidArgument,
                 "expected a tensor index below " + std::to_string(data_->tensors.size()) + ", but got " + std::to_string(tensor));
  if (Error error = checkBatch(batch))
    return error;
  int64_t bytes = elementBytes(data_->tensors[tensor].type); // cannot overflow: checked at the largest batch size when the program was made
  for (int64_t extent : data_->tensors[tensor].shape)
    bytes *= extent == kBatchExtent ? batch : extent;
  return bytes;
}
