// Reads the JSON text of a program file into ProgramData; every error names the place in the file. It must not judge contents.
#include "Base64.h"
#include "Forms.h"
#include "Hash.h"
#include "ProgramFile.h"
#include <new>
#include <nlohmann/json.hpp>

using namespace fusion::runtime;
using nlohmann::json;

namespace {

/// More values than any program needs and few enough to parse in bounded memory.
constexpr size_t maxValues = size_t(1) << 22;

/// Where the reader is; turned into text only for an error.
struct Place {
  const Place *parent = nullptr;
  const char *key = nullptr; ///< null for an array element
  size_t index = 0;

  std::string str() const {
    std::string prefix = parent ? parent->str() : "";
    if (key)
      return prefix.empty() ? key : prefix + "." + key;
    return parent ? prefix + "[" + std::to_string(index) + "]" : prefix;
  }
};

Error bad(const Place &at, const std::string &message) {
  std::string path = at.str();
  return Error(ErrorKind::InvalidProgram, (path.empty() ? "program" : path) + ": " + message);
}

std::string describe(const json &value) {
  if (value.is_number())
    return value.dump();
  if (value.is_boolean() || value.is_null())
    return value.dump();
  if (value.is_string() && value.get_ref<const std::string &>().size() <= 40)
    return json(value).dump(-1, ' ', true, json::error_handler_t::replace);
  return value.is_string() ? "a long string" : value.is_array() ? "an array" : "an object";
}

Error expected(const Place &at, const char *what, const json &got) {
  return bad(at, std::string("expected ") + what + ", but got " + describe(got));
}

Error read(const json &value, const Place &at, std::string &out) {
  if (!value.is_string())
    return expected(at, "a string", value);
  out = value.get_ref<const std::string &>();
  return {};
}

Error read(const json &value, const Place &at, bool &out) {
  if (!value.is_boolean())
    return expected(at, "true or false", value);
  out = value.get<bool>();
  return {};
}

Error read(const json &value, const Place &at, int64_t &out) {
  if (!value.is_number_integer())
    return expected(at, "an integer", value);
  if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(INT64_MAX))
    return expected(at, "an integer below 2^63", value);
  out = value.get<int64_t>();
  return {};
}

Error read(const json &value, const Place &at, unsigned &out) {
  int64_t wide = 0;
  if (Error error = read(value, at, wide))
    return error;
  if (wide < 0 || wide > int64_t(UINT32_MAX))
    return expected(at, "an integer between 0 and 4294967295", value);
  out = unsigned(wide);
  return {};
}

Error read(const json &value, const Place &at, uint64_t &out) {
  int64_t wide = 0;
  if (Error error = read(value, at, wide))
    return error;
  if (wide < 0)
    return expected(at, "an integer of at least 0", value);
  out = uint64_t(wide);
  return {};
}

Error readExpr(const json &value, const Place &at, unsigned depth, Expr &out) {
  static const std::pair<const char *, Expr::Op> ops[] = {{"+", Expr::Op::Add},   {"-", Expr::Op::Sub},           {"*", Expr::Op::Mul},
                                                          {"/", Expr::Op::Div},   {"ceildiv", Expr::Op::CeilDiv}, {"min", Expr::Op::Min},
                                                          {"max", Expr::Op::Max}, {"align", Expr::Op::Align}};
  if (depth > Expr::maxDepth)
    return bad(at, "expected an expression of at most " + std::to_string(Expr::maxDepth) + " levels, but it is deeper");
  if (value == "N") {
    out = Expr::batch();
    return {};
  }
  if (!value.is_array()) {
    if (!value.is_number())
      return expected(at, "an integer, \"N\" or [operator, a, b]", value);
    int64_t constant = 0;
    if (Error error = read(value, at, constant))
      return error;
    out = Expr(constant);
    return {};
  }
  if (value.size() != 3)
    return bad(at, "expected [operator, a, b], but got an array of " + std::to_string(value.size()));
  Place operatorAt{&at, nullptr, 0};
  for (auto &[name, op] : ops) {
    if (value[0] != name)
      continue;
    Expr a, b;
    if (Error error = readExpr(value[1], Place{&at, nullptr, 1}, depth + 1, a))
      return error;
    if (Error error = readExpr(value[2], Place{&at, nullptr, 2}, depth + 1, b))
      return error;
    out = Expr::make(op, a, b);
    if (!out.isValid())
      return bad(at, "expected an expression of at most " + std::to_string(Expr::maxNodes) + " terms, but it is larger");
    return {};
  }
  return expected(operatorAt, "one of + - * / ceildiv min max align", value[0]);
}

Error read(const json &value, const Place &at, Expr &out) { return readExpr(value, at, 1, out); }

/// Each element of an array by `read`.
template <class T> Error read(const json &value, const Place &at, std::vector<T> &out) {
  if (!value.is_array())
    return expected(at, "an array", value);
  out.resize(value.size());
  for (size_t i = 0; i < value.size(); ++i)
    if (Error error = read(value[i], Place{&at, nullptr, i}, out[i]))
      return error;
  return {};
}

/// The member of an object, which must be there unless `optional`.
template <class T> Error member(const json &object, const Place &at, const char *key, T &out, bool optional = false) {
  Place place{&at, key};
  if (!object.is_object())
    return expected(at, "an object", object);
  auto found = object.find(key);
  if (found == object.end())
    return optional ? Error() : bad(place, "expected this key, but it is missing");
  return read(*found, place, out);
}

/// One extent of a shape.
Error readExtent(const json &value, const Place &at, int64_t &out) {
  if (value == "N") {
    out = kBatchExtent;
    return {};
  }
  if (!value.is_number_integer())
    return expected(at, "a positive integer or \"N\"", value);
  if (Error error = read(value, at, out))
    return error;
  return out >= 1 ? Error() : expected(at, "a positive extent", value); // -1 must not pass for the batch
}

Error read(const json &value, const Place &at, Tensor &out) {
  std::string role;
  if (Error error = member(value, at, "name", out.name))
    return error;
  if (Error error = member(value, at, "role", role))
    return error;
  bool known = false;
  for (int i = 0; i <= int(TensorRole::GradParameter) && !known; ++i)
    if ((known = role == roleName(TensorRole(i))))
      out.role = TensorRole(i);
  if (!known)
    return expected(Place{&at, "role"}, "input, parameter, output, saved, grad_output, grad_input or grad_parameter", value["role"]);
  if (value.contains("type")) {
    std::string type;
    if (Error error = member(value, at, "type", type))
      return error;
    known = false;
    for (ElementType each : {ElementType::F32, ElementType::F16, ElementType::BF16})
      if (type == typeName(each))
        out.type = each, known = true;
    if (!known)
      return expected(Place{&at, "type"}, "f32, f16 or bf16", value["type"]);
  }
  if (value.contains("layout")) {
    std::string layout;
    if (Error error = member(value, at, "layout", layout))
      return error;
    known = false;
    for (Layout each : {Layout::RowMajor, Layout::ChannelsLast})
      if (layout == layoutName(each))
        out.layout = each, known = true;
    if (!known)
      return expected(Place{&at, "layout"}, "row_major or channels_last", value["layout"]);
  }
  if (value.contains("of")) {
    out.of = 0;
    if (Error error = member(value, at, "of", *out.of))
      return error;
  }
  Place shapeAt{&at, "shape"};
  if (!value.contains("shape"))
    return bad(shapeAt, "expected this key, but it is missing");
  const json &shape = value["shape"];
  if (!shape.is_array())
    return expected(shapeAt, "an array", shape);
  out.shape.resize(shape.size());
  for (size_t i = 0; i < shape.size(); ++i)
    if (Error error = readExtent(shape[i], Place{&shapeAt, nullptr, i}, out.shape[i]))
      return error;
  return {};
}

Error read(const json &value, const Place &at, KernelArg &out) {
  if (!value.is_object())
    return expected(at, "an object", value);
  int kinds = value.contains("tensor") + value.contains("workspace") + value.contains("batch");
  if (kinds != 1)
    return bad(at, "expected exactly one of tensor, workspace and batch, but got " + std::to_string(kinds));
  if (value.contains("tensor")) {
    out.kind = KernelArg::Kind::Tensor;
    return member(value, at, "tensor", out.tensor);
  }
  if (value.contains("batch")) {
    const json &width = value["batch"];
    if (width != "i32" && width != "i64")
      return expected(Place{&at, "batch"}, "\"i32\" or \"i64\"", width);
    out.kind = width == "i32" ? KernelArg::Kind::Batch32 : KernelArg::Kind::Batch64;
    return {};
  }
  out.kind = KernelArg::Kind::Workspace;
  if (Error error = member(value, at, "workspace", out.offset))
    return error;
  if (Error error = member(value, at, "bytes", out.bytes))
    return error;
  return member(value, at, "name", out.name, /*optional=*/true);
}

Error read(const json &value, const Place &at, KernelLaunch &out) {
  std::vector<Expr> grid;
  if (Error error = member(value, at, "name", out.name))
    return error;
  if (Error error = member(value, at, "grid", grid))
    return error;
  if (grid.size() != 3)
    return bad(Place{&at, "grid"}, "expected 3 extents, but got " + std::to_string(grid.size()));
  std::move(grid.begin(), grid.end(), out.grid.begin());
  if (Error error = member(value, at, "block", out.block))
    return error;
  if (Error error = member(value, at, "shared", out.sharedBytes, /*optional=*/true))
    return error;
  if (Error error = member(value, at, "args", out.args))
    return error;
  return member(value, at, "report", out.report, /*optional=*/true);
}

Error read(const json &value, const Place &at, Image &out) {
  std::string data;
  if (Error error = member(value, at, "kind", out.kind))
    return error;
  if (Error error = member(value, at, "arch", out.arch))
    return error;
  if (Error error = member(value, at, "data", data))
    return error;
  if (!detail::decodeBase64(data, out.bytes))
    return bad(Place{&at, "data"}, "expected base64, but got other text");
  std::string form;
  if (Error error = member(value, at, "form", form, /*optional=*/true))
    return error;
  if (form.empty())
    return {};
  std::optional<Form> known = detail::parseForm(form);
  if (!known)
    return expected(Place{&at, "form"}, "\"narrow\" or \"unaligned\"", value["form"]);
  out.form = *known;
  return {};
}

Error read(const json &value, const Place &at, Phase &out) {
  if (Error error = member(value, at, "source", out.source))
    return error;
  if (Error error = member(value, at, "inputs", out.inputs))
    return error;
  if (Error error = member(value, at, "outputs", out.outputs))
    return error;
  if (Error error = member(value, at, "saved", out.saved, /*optional=*/true))
    return error;
  if (Error error = member(value, at, "workspace", out.workspace))
    return error;
  if (Error error = member(value, at, "images", out.images, /*optional=*/true))
    return error;
  if (Error error = member(value, at, "narrow_batch", out.narrowBatch, /*optional=*/true))
    return error;
  if (Error error = member(value, at, "unaligned", out.unaligned, /*optional=*/true))
    return error;
  return member(value, at, "kernels", out.kernels);
}

Error read(const json &value, const Place &at, Variant &out) {
  if (Error error = member(value, at, "arch", out.arch))
    return error;
  if (Error error = member(value, at, "forward", out.forward))
    return error;
  if (!value.contains("backward"))
    return {};
  return member(value, at, "backward", out.backward.emplace());
}

Error read(const json &value, const Place &at, BatchRange &out) {
  if (!value.is_object())
    return expected(at, "an object", value);
  if (value.contains("fixed") == value.contains("dynamic"))
    return bad(at, "expected either fixed or dynamic, but got both or neither");
  if (value.contains("fixed"))
    return member(value, at, "fixed", out.size);
  if (value["dynamic"] != true)
    return expected(Place{&at, "dynamic"}, "true", value["dynamic"]);
  out.dynamic = true;
  return member(value, at, "max", out.size);
}

/// Refuses what would cost the parser a deep stack or unbounded memory, from the bytes alone.
Error scanStructure(std::string_view text) {
  size_t depth = 0, values = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      i += c == '\\';
      inString = c != '"';
      continue;
    }
    inString = c == '"';
    values += c == ',' || c == '[' || c == '{';
    if (c == '[' || c == '{')
      ++depth;
    else if ((c == ']' || c == '}') && depth)
      --depth;
    if (depth > Program::maxNesting)
      return bad({}, "expected brackets nested at most " + std::to_string(Program::maxNesting) + " deep, but byte " + std::to_string(i) +
                         " is deeper");
    if (values > maxValues)
      return bad({}, "expected at most " + std::to_string(maxValues) + " values, but there are more");
  }
  return {};
}

/// Compares the checksum and removes it from `root`.
Error takeChecksum(json &root, const Place &at) {
  std::string found;
  if (Error error = member(root, at, "checksum", found))
    return error;
  root.erase("checksum");
  std::string computed = "fnv1a64:" + detail::hex16(detail::fnv1a64(root.dump()));
  if (found != computed)
    return bad(Place{&at, "checksum"}, "expected \"" + computed + "\", but got " + describe(found) +
                                           "; the file is damaged or was edited: write it again with fusion-opt --emit=program");
  return {};
}

Expected<ProgramData> readJson(std::string_view text) {
  if (Error error = scanStructure(text))
    return error;
  json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded())
    return bad({}, "expected JSON, but the text is not; the file is truncated or no program file");
  Place top;
  std::string format;
  int64_t version = 0;
  if (Error error = member(root, top, "format", format))
    return error;
  if (format != "fusion-program")
    return expected(Place{&top, "format"}, "\"fusion-program\"", root["format"]);
  if (Error error = member(root, top, "version", version))
    return error;
  if (version != 1)
    return expected(Place{&top, "version"}, "1 (this build reads no other)", root["version"]);
  if (Error error = takeChecksum(root, top))
    return error;
  ProgramData data;
  if (Error error = member(root, top, "chain", data.chain))
    return error;
  if (Error error = member(root, top, "precision", data.precision))
    return error;
  if (Error error = member(root, top, "assume_finite", data.assumeFinite, /*optional=*/true))
    return error;
  if (Error error = member(root, top, "batch", data.batch))
    return error;
  if (Error error = member(root, top, "tensors", data.tensors))
    return error;
  if (Error error = member(root, top, "variants", data.variants))
    return error;
  return data;
}

} // namespace

Expected<ProgramData> detail::readProgram(std::string_view text) {
  if (text.size() > Program::maxFileBytes)
    return bad({}, "expected at most " + std::to_string(Program::maxFileBytes) + " bytes, but got " + std::to_string(text.size()));
  // The JSON library may throw for want of memory, or where a check above has a gap; no exception may leave the runtime.
  try {
    return readJson(text);
  } catch (const std::bad_alloc &) {
    return Error(ErrorKind::OutOfMemory, "program: not enough memory to read it");
  } catch (const std::exception &exception) {
    return bad({}, exception.what());
  }
}
