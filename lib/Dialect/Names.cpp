// Turns names that users gave into text that is safe to emit.
#include "fusion/Dialect/Names.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace fusion {

static constexpr size_t kMaxEscaped = 64, kMaxIdentifier = 48;

std::string escapeName(StringRef name) {
  std::string text;
  for (char c : name.take_front(kMaxEscaped))
    text += llvm::isAlnum(c) || StringRef("_.:/-").contains(c) ? c : '_';
  return text;
}

/// Words an identifier must not be: C++ and CUDA keywords, what NVRTC predefines, and what the emitted text uses itself.
static const llvm::StringSet<> &reservedWords() {
  static const llvm::StringSet<> words = {
      "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "char8_t",
      "char16_t", "char32_t", "class", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
      "co_await", "co_return", "co_yield", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "explicit",
      "export", "extern", "false", "final", "float", "for", "friend", "goto", "half", "if", "import", "inline", "int", "long", "main",
      "module", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or", "or_eq", "override", "private",
      "protected", "public", "register", "reinterpret_cast", "requires", "restrict", "return", "short", "signed", "sizeof", "static",
      "static_assert", "static_cast", "std", "struct", "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef",
      "typeid", "typename", "typeof", "union", "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
      // CUDA
      "threadIdx", "blockIdx", "blockDim", "gridDim", "warpSize", "dim3", "float2", "float3", "float4", "int2", "int3", "int4", "uint2",
      "uint3", "uint4", "double2", "char4", "size_t", "linux", "unix", "signbit", "isnan", "isinf", "NULL",
      // functions that activations call
      "exp", "expf", "log", "logf", "log1p", "log1pf", "tanh", "tanhf", "erf", "erff", "sqrt", "sqrtf", "rsqrt", "rsqrtf", "abs", "fabs",
      "fabsf", "min", "max", "fma", "fmaf", "fminf", "fmaxf", "DEV", "Vec3", "index_t"};
  return words;
}

std::string identifier(StringRef name) {
  std::string text;
  for (char c : name) {
    if (text.size() >= kMaxIdentifier)
      break;
    char next = llvm::isAlnum(c) ? c : '_';
    // Two underscores in a row, and one in front, are reserved to the implementation.
    if (next == '_' && (text.empty() || text.back() == '_'))
      continue;
    text += next;
  }
  while (!text.empty() && text.back() == '_')
    text.pop_back();
  if (text.empty())
    return "v";
  if (llvm::isDigit(text.front()))
    text.insert(0, "v");
  if (reservedWords().contains(text))
    text += "_";
  return text;
}

std::string UniqueIdentifiers::get(StringRef name) {
  std::string base = identifier(name), text = base;
  for (unsigned i = 1; !used.insert(text).second; ++i)
    text = base + (base.back() == '_' ? "" : "_") + std::to_string(i);
  return text;
}

StringRef nameOf(Location loc) {
  if (auto named = dyn_cast<NameLoc>(loc))
    return named.getName();
  return {};
}

StringRef nameOf(Value value) {
  if (auto arg = dyn_cast<BlockArgument>(value))
    if (auto function = dyn_cast_or_null<FunctionOpInterface>(arg.getOwner()->getParentOp()))
      if (auto name = function.getArgAttrOfType<StringAttr>(arg.getArgNumber(), kNameAttr))
        return name.getValue();
  return nameOf(value.getLoc());
}

void nameTensors(FunctionOpInterface function) {
  auto nameAttr = [](DictionaryAttr attributes) { return attributes ? attributes.getAs<StringAttr>(kNameAttr) : StringAttr(); };
  auto argument = [&](unsigned i) { return nameAttr(function.getArgAttrDict(i)); };
  auto result = [&](unsigned i) { return nameAttr(function.getResultAttrDict(i)); };
  // Given names first, so that derived ones step aside.
  llvm::StringSet<> used;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (argument(i))
      used.insert(argument(i).getValue());
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (result(i))
      used.insert(result(i).getValue());
  auto derive = [&](StringRef name, std::string otherwise) {
    std::string base = name.empty() ? otherwise : name.str(), text = base;
    for (unsigned i = 1; !used.insert(text).second; ++i)
      text = base + "_" + std::to_string(i);
    return StringAttr::get(function.getContext(), text);
  };
  Operation *returned = function.getFunctionBody().front().getTerminator();
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (!argument(i))
      function.setArgAttr(i, kNameAttr, derive(nameOf(function.getArgument(i).getLoc()), "x" + std::to_string(i)));
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (!result(i))
      function.setResultAttr(
          i, kNameAttr, derive(nameOf(returned->getOperand(i).getLoc()), function.getNumResults() == 1 ? "y" : "y" + std::to_string(i)));
}

} // namespace fusion
