// Judges the contents of a program: indices, names, sizes, roles. A program that passes can be launched without reading or
// writing outside the tensors and the workspace it declares, as far as the host side decides that.
#include "Forms.h"
#include "ProgramFile.h"
#include <algorithm>
#include <cctype>
#include <set>
#include <tuple>

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

namespace {

constexpr size_t maxTensors = 65536, maxRank = 16, maxKernels = 65536, maxNameBytes = 1024;

std::string indexed(const std::string &base, size_t index) { return base + "[" + std::to_string(index) + "]"; }

Error bad(const std::string &path, const std::string &message) { return Error(ErrorKind::InvalidProgram, path + ": " + message); }

/// The program file is UTF-8, and the JSON writer throws on anything else.
bool isUtf8(const std::string &text) {
  for (size_t i = 0; i < text.size();) {
    unsigned char c = text[i];
    size_t length = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (!length || i + length > text.size())
      return false;
    for (size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80)
        return false;
    unsigned char second = length > 1 ? text[i + 1] : 0;
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f))
      return false; // overlong, surrogate, or past U+10FFFF
    i += length;
  }
  return true;
}

bool isIdentifier(const std::string &name) {
  if (name.empty() || name.size() > maxNameBytes || (name[0] >= '0' && name[0] <= '9'))
    return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

Error checkText(const std::string &text, const std::string &path, size_t limit) {
  if (text.size() > limit)
    return bad(path, "expected at most " + std::to_string(limit) + " bytes, but got " + std::to_string(text.size()));
  if (text.find('\0') != std::string::npos)
    return bad(path, "expected text without NUL bytes, but byte " + std::to_string(text.find('\0')) + " is one");
  return isUtf8(text) ? Error() : bad(path, "expected UTF-8, but got other bytes");
}

bool isGradient(TensorRole role) {
  return role == TensorRole::GradOutput || role == TensorRole::GradInput || role == TensorRole::GradParameter;
}

/// The role of the tensor that a gradient belongs to.
TensorRole primalRole(TensorRole gradient) {
  return gradient == TensorRole::GradOutput  ? TensorRole::Output
         : gradient == TensorRole::GradInput ? TensorRole::Input
                                             : TensorRole::Parameter;
}

class Checker {
public:
  explicit Checker(const ProgramData &data) : data(data) {
    // Expressions are judged at the ends of the range and beside them; launches check again at the batch they get.
    samples = data.batch.dynamic ? std::vector<int64_t>{0, 1, data.batch.size} : std::vector<int64_t>{data.batch.size};
  }
  Error run() const;

private:
  Error checkTensor(size_t index) const;
  Error checkTensorList(const std::vector<unsigned> &list, const std::string &path, std::vector<bool> &listed,
                        const std::vector<TensorRole> &roles, const char *what) const;
  Error checkPhase(const Phase &phase, PhaseKind kind, const std::string &path) const;
  Error checkKernel(const KernelLaunch &kernel, const Phase &phase, const std::vector<bool> &listed, const std::string &path) const;
  Error checkArg(const KernelArg &arg, const Phase &phase, const std::vector<bool> &listed, const std::string &path) const;
  /// `low` <= value <= `high` at every sampled batch size.
  Error checkRange(const Expr &expr, const std::string &path, int64_t low, int64_t high) const;

  const ProgramData &data;
  std::vector<int64_t> samples;
};

Error Checker::checkRange(const Expr &expr, const std::string &path, int64_t low, int64_t high) const {
  for (int64_t batch : samples) {
    Expected<int64_t> value = expr.evaluate(batch);
    if (!value)
      return bad(path, value.error().message());
    if (*value < low || *value > high)
      return bad(path, "expected a value between " + std::to_string(low) + " and " + std::to_string(high) + ", but got " +
                           std::to_string(*value) + " at batch size " + std::to_string(batch));
  }
  return {};
}

Error Checker::checkTensor(size_t index) const {
  const Tensor &tensor = data.tensors[index];
  std::string path = indexed("tensors", index);
  if (Error error = checkText(tensor.name, path + ".name", maxNameBytes))
    return error;
  if (tensor.name.empty())
    return bad(path + ".name", "expected a name, but it is empty");
  if (tensor.shape.size() > maxRank)
    return bad(path + ".shape", "expected at most 16 extents, but got " + std::to_string(tensor.shape.size()));
  if (tensor.layout == Layout::ChannelsLast && (tensor.shape.size() < 3 || tensor.shape.size() > 5))
    return bad(path + ".layout", "expected 3, 4 or 5 extents of a channels_last tensor, but got " + std::to_string(tensor.shape.size()));
  Expr bytes(elementBytes(tensor.type));
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    int64_t extent = tensor.shape[i];
    if (extent < 1 && extent != kBatchExtent)
      return bad(indexed(path + ".shape", i), "expected a positive extent or \"N\", but got " + std::to_string(extent));
    bytes = Expr::make(Expr::Op::Mul, bytes, extent == kBatchExtent ? Expr::batch() : Expr(extent));
  }
  if (Error error = checkRange(bytes, path + ".shape", 0, INT64_MAX))
    return error;

  if (!isGradient(tensor.role))
    return tensor.of ? bad(path + ".of", std::string("expected no \"of\" on a tensor of role ") + roleName(tensor.role) + ", but got " +
                                             std::to_string(*tensor.of))
                     : Error();
  if (!tensor.of)
    return bad(path + ".of", "expected the index of the tensor that this gradient belongs to, but it is missing");
  if (*tensor.of >= data.tensors.size())
    return bad(path + ".of",
               "expected a tensor index below " + std::to_string(data.tensors.size()) + ", but got " + std::to_string(*tensor.of));
  const Tensor &primal = data.tensors[*tensor.of];
  if (primal.role != primalRole(tensor.role))
    return bad(path + ".of", std::string("expected a tensor of role ") + roleName(primalRole(tensor.role)) + ", but \"" + primal.name +
                                 "\" has role " + roleName(primal.role));
  if (primal.shape != tensor.shape)
    return bad(path + ".shape", "expected the shape of \"" + primal.name + "\", but it differs");
  if (primal.type != tensor.type)
    return bad(path + ".type", std::string("expected ") + typeName(primal.type) + ", the type of \"" + primal.name + "\", but got " +
                                   typeName(tensor.type));
  if (primal.layout != tensor.layout)
    return bad(path + ".layout", std::string("expected ") + layoutName(primal.layout) + ", the layout of \"" + primal.name +
                                     "\", but got " + layoutName(tensor.layout));
  return {};
}

Error Checker::checkTensorList(const std::vector<unsigned> &list, const std::string &path, std::vector<bool> &listed,
                               const std::vector<TensorRole> &roles, const char *what) const {
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] >= data.tensors.size())
      return bad(indexed(path, i),
                 "expected a tensor index below " + std::to_string(data.tensors.size()) + ", but got " + std::to_string(list[i]));
    const Tensor &tensor = data.tensors[list[i]];
    if (std::find(roles.begin(), roles.end(), tensor.role) == roles.end())
      return bad(indexed(path, i), std::string("expected ") + what + ", but \"" + tensor.name + "\" has role " + roleName(tensor.role));
    if (listed[list[i]])
      return bad(indexed(path, i), "expected each tensor once, but \"" + tensor.name + "\" is listed twice");
    listed[list[i]] = true;
  }
  return {};
}

Error Checker::checkArg(const KernelArg &arg, const Phase &phase, const std::vector<bool> &listed, const std::string &path) const {
  switch (arg.kind) {
  case KernelArg::Kind::Tensor:
    if (arg.tensor >= data.tensors.size())
      return bad(path, "expected a tensor index below " + std::to_string(data.tensors.size()) + ", but got " + std::to_string(arg.tensor));
    if (!listed[arg.tensor])
      return bad(path, "expected a tensor listed in inputs, outputs or saved of this phase, but \"" + data.tensors[arg.tensor].name +
                           "\" is not");
    return {};
  case KernelArg::Kind::Batch32:
    if (data.batch.size > INT32_MAX)
      return bad(path, "expected a largest batch size below 2^31 for an i32 batch argument, but got " + std::to_string(data.batch.size));
    return {};
  case KernelArg::Kind::Batch64:
    return {};
  case KernelArg::Kind::Workspace:
    break;
  }
  if (Error error = checkText(arg.name, path + ".name", maxNameBytes))
    return error;
  if (Error error = checkRange(arg.bytes, path + ".bytes", 0, INT64_MAX))
    return error;
  if (Error error = checkRange(arg.offset, path + ".workspace", 0, INT64_MAX))
    return error;
  for (int64_t batch : samples) {
    int64_t offset = *arg.offset.evaluate(batch), bytes = *arg.bytes.evaluate(batch), size = *phase.workspace.evaluate(batch);
    if (offset % workspaceAlignment)
      return bad(path + ".workspace",
                 "expected a multiple of 256, but got " + std::to_string(offset) + " at batch size " + std::to_string(batch));
    if (bytes > size || offset > size - bytes)
      return bad(path, "expected a buffer inside the workspace of " + std::to_string(size) + " bytes, but got " + std::to_string(bytes) +
                           " bytes at offset " + std::to_string(offset) + " at batch size " + std::to_string(batch));
  }
  return {};
}

Error Checker::checkKernel(const KernelLaunch &kernel, const Phase &phase, const std::vector<bool> &listed, const std::string &path) const {
  if (!isIdentifier(kernel.name))
    return bad(path + ".name", "expected a C identifier, but got other characters");
  for (size_t i = 0; i < 3; ++i)
    if (Error error = checkRange(kernel.grid[i], indexed(path + ".grid", i), 0, maxGrid[i]))
      return error;
  if (kernel.block < 1 || kernel.block > 1024)
    return bad(path + ".block", "expected between 1 and 1024 threads, but got " + std::to_string(kernel.block));
  if (kernel.sharedBytes > (1u << 20))
    return bad(path + ".shared", "expected at most 1 MiB of shared memory, but got " + std::to_string(kernel.sharedBytes) + " bytes");
  if (kernel.args.size() > maxKernelArgs)
    return bad(path + ".args",
               "expected at most " + std::to_string(maxKernelArgs) + " arguments, but got " + std::to_string(kernel.args.size()));
  for (size_t i = 0; i < kernel.args.size(); ++i)
    if (Error error = checkArg(kernel.args[i], phase, listed, indexed(path + ".args", i)))
      return error;
  return checkText(kernel.report, path + ".report", Program::maxFileBytes);
}

/// Headers would be read from the machine that compiles, and their text shown in the compiler's log.
Error checkNoInclude(const std::string &source, const std::string &path) {
  size_t line = 0;
  for (size_t begin = 0; begin < source.size(); ++line) {
    size_t end = std::min(source.find('\n', begin), source.size()), at = source.find_first_not_of(" \t\r\v\f", begin);
    if (at < end && source[at] == '#') {
      at = source.find_first_not_of(" \t\\\n", at + 1);
      if (at != std::string::npos && (source.compare(at, 7, "include") == 0 || source.compare(at, 5, "embed") == 0))
        return bad(path, "expected source without #include, but line " + std::to_string(line + 1) + " has one");
    }
    begin = end + 1;
  }
  return {};
}

/// Drivers read an image without being told its size.
Error checkImages(const Phase &phase, const std::string &path) {
  std::set<std::tuple<std::string, std::string, Form>> seen;
  for (size_t i = 0; i < phase.images.size(); ++i) {
    const Image &image = phase.images[i];
    std::string at = indexed(path, i);
    if (image.kind != "cubin" && image.kind != "ptx" && image.kind != "host")
      return bad(at + ".kind", "expected cubin, ptx or host, but got another word");
    if (!parseArchitecture(image.arch))
      return bad(at + ".arch", "expected an architecture such as sm_80 or sm_90a, but got another word");
    if (!seen.insert({image.kind, image.arch, image.form}).second)
      return bad(at, "expected each kind, architecture and form once, but got " + image.kind + " for " + image.arch + " twice");
    if (!hasForm(phase, image.form))
      return bad(at + ".form", std::string("expected a form of the phase, but it has no ") + formName(image.form) + " one");
    if (image.kind == "cubin" && !isWholeElf(image.bytes))
      return bad(at + ".data", "expected a whole cubin (a 64-bit ELF file), but got other bytes");
    if (image.kind == "ptx" && (image.bytes.empty() || image.bytes.find('\0') < image.bytes.size() - 1))
      return bad(at + ".data", "expected PTX text, but got other bytes");
  }
  return {};
}

/// The other forms of a source come from words in it.
Error checkForms(const Phase &phase, const BatchRange &batch, const std::string &path) {
  if (phase.narrowBatch < 0 || (phase.narrowBatch && (!batch.dynamic || phase.narrowBatch > batch.size)))
    return bad(path + ".narrow_batch",
               "expected a batch size of a dynamic batch within its range, but got " + std::to_string(phase.narrowBatch));
  if (phase.narrowBatch && !phase.source.empty() && !sourceIn(phase.source, Form::Narrow))
    return bad(path + ".source", "expected the line `typedef long long index_t;` that the narrow form replaces, but it is missing");
  return {};
}

Error Checker::checkPhase(const Phase &phase, PhaseKind kind, const std::string &path) const {
  using R = TensorRole;
  bool forward = kind == PhaseKind::Forward;
  if (Error error = checkText(phase.source, path + ".source", Program::maxFileBytes))
    return error;
  if (Error error = checkNoInclude(phase.source, path + ".source"))
    return error;
  std::vector<bool> listed(data.tensors.size());
  std::vector<R> inputs =
      forward ? std::vector<R>{R::Input, R::Parameter} : std::vector<R>{R::GradOutput, R::Input, R::Parameter, R::Output, R::Saved};
  std::vector<R> outputs = forward ? std::vector<R>{R::Output} : std::vector<R>{R::GradInput, R::GradParameter};
  if (Error error = checkTensorList(phase.inputs, path + ".inputs", listed, inputs,
                                    forward ? "an input or a parameter" : "a grad_output or a tensor of forward"))
    return error;
  if (Error error =
          checkTensorList(phase.outputs, path + ".outputs", listed, outputs, forward ? "an output" : "a grad_input or a grad_parameter"))
    return error;
  if (Error error = checkTensorList(phase.saved, path + ".saved", listed, forward ? std::vector<R>{R::Saved} : std::vector<R>{},
                                    forward ? "a saved tensor" : "none (backward lists saved tensors as inputs)"))
    return error;
  if (Error error = checkRange(phase.workspace, path + ".workspace", 0, INT64_MAX))
    return error;
  if (phase.kernels.size() > maxKernels)
    return bad(path + ".kernels", "expected at most 65536 kernels, but got " + std::to_string(phase.kernels.size()));
  if (!phase.kernels.empty() && phase.source.empty() && phase.images.empty())
    return bad(path + ".source", "expected the source of the kernels or images of them, but both are missing");
  if (Error error = checkForms(phase, data.batch, path))
    return error;
  if (Error error = checkImages(phase, path + ".images"))
    return error;
  for (size_t i = 0; i < phase.kernels.size(); ++i)
    if (Error error = checkKernel(phase.kernels[i], phase, listed, indexed(path + ".kernels", i)))
      return error;
  return {};
}

Error Checker::run() const {
  if (Error error = checkText(data.chain, "chain", maxNameBytes))
    return error;
  if (data.precision != "ieee" && data.precision != "torch" && data.precision != "tf32" && data.precision != "bf16" &&
      data.precision != "fp16")
    return bad("precision", "expected ieee, torch, tf32, bf16 or fp16, but got another word");
  if (data.batch.size < (data.batch.dynamic ? 1 : 0))
    return bad(data.batch.dynamic ? "batch.max" : "batch.fixed", "expected a batch size, but got " + std::to_string(data.batch.size));
  if (data.tensors.size() > maxTensors)
    return bad("tensors", "expected at most 65536 tensors, but got " + std::to_string(data.tensors.size()));
  std::set<std::string> names, archs;
  for (size_t i = 0; i < data.tensors.size(); ++i) {
    if (Error error = checkTensor(i))
      return error;
    if (!names.insert(data.tensors[i].name).second)
      return bad(indexed("tensors", i) + ".name", "expected a name of its own, but another tensor has it too");
  }
  if (data.variants.empty())
    return bad("variants", "expected at least one variant, but there is none");
  for (size_t i = 0; i < data.variants.size(); ++i) {
    const Variant &variant = data.variants[i];
    std::string path = indexed("variants", i);
    if (!parseArchitecture(variant.arch))
      return bad(path + ".arch", "expected an architecture such as sm_80 or sm_90a, but got another word");
    if (!archs.insert(variant.arch).second)
      return bad(path + ".arch", "expected an architecture of its own, but another variant has " + variant.arch + " too");
    if (Error error = checkPhase(variant.forward, PhaseKind::Forward, path + ".forward"))
      return error;
    if (variant.backward)
      if (Error error = checkPhase(*variant.backward, PhaseKind::Backward, path + ".backward"))
        return error;
  }
  return {};
}

} // namespace

Error detail::checkProgram(const ProgramData &data) { return Checker(data).run(); }

std::optional<Architecture> detail::parseArchitecture(const std::string &name) {
  if (name.compare(0, 3, "sm_") != 0)
    return std::nullopt;
  std::string digits = name.substr(3);
  Architecture result;
  if (!digits.empty() && (digits.back() == 'a' || digits.back() == 'f')) {
    result.suffix = digits.back();
    digits.pop_back();
  }
  if (digits.size() < 2 || digits.size() > 3 || !std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); }))
    return std::nullopt;
  result.minor = digits.back() - '0';
  digits.pop_back();
  result.major = std::stoi(digits);
  return result;
}
