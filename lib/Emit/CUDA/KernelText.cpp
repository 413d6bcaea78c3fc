// Names, offsets and scalar statements: everything the printers of the strategies have in common.
#include "KernelText.h"
#include "fusion/Dialect/ElementTypes.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;

std::string cuda::literal(float value) {
  if (std::isfinite(value)) {
    char text[40];
    std::snprintf(text, sizeof text, "%af", static_cast<double>(value));
    return text;
  }
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return llvm::formatv("__int_as_float({0:x})", bits).str();
}

/// Names that the prelude declares: what stands in front of '(' or '<', and behind `struct`.
static const llvm::SmallVector<std::string> &preludeWords() {
  static const llvm::SmallVector<std::string> words = [] {
    llvm::StringSet<> found;
    std::string text =
        preludeText({"window.cuh", "weight.cuh", "matmul.cuh", "tensor-together.cuh", "window-together.cuh", "weight-together.cuh",
                     "rows.cuh", "vector.cuh", "math.cuh", "pooled.cuh", "sweep.cuh", "lanes.cuh", "random.cuh", "narrow-vector.cuh"});
    std::string word, before;
    for (char c : text) {
      if (llvm::isAlnum(c) || c == '_') {
        word += c;
        continue;
      }
      if (!word.empty() && (c == '(' || c == '<' || before == "struct"))
        found.insert(word);
      if (!word.empty())
        before = word;
      word.clear();
    }
    llvm::SmallVector<std::string> all;
    for (auto &entry : found)
      all.push_back(entry.getKey().str());
    return all;
  }();
  return words;
}

std::string cuda::vec3(const Extents &e) { return llvm::formatv("{{{0}, {1}, {2}}", e[0], e[1], e[2]).str(); }

runtime::Expr cuda::ceilDivExpr(runtime::Expr a, int64_t b) { return runtime::ceilDiv(a, runtime::Expr(b)); }

/// A tensor named like one of the structs that kernels are made of (`Load`, `Tile_1`) would hide it.
static std::string besideStructs(StringRef name) {
  StringRef word = name.rtrim("0123456789").rtrim("_");
  return (word == "Problem" || word == "Tile" || word == "Load" || word == "Operand" || word == "Pool" ? "tensor_" : "") + name.str();
}

KernelText::KernelText(KernelOp kernel, const EmitOptions &options, PhaseNames &names)
    : kernel(kernel), options(options), names(names), facts(KernelFacts::of(kernel)),
      partialTiles(kernel.getNumResults(), runtime::Expr::batch()) {
  // Words that printers and prelude use: a tensor of that name is called something else.
  for (StringRef word :
       {"images",      "shared",   "tile",    "pipe",    "at",    "warp",  "lane",    "channel",  "channels", "row",   "p",
        "m",           "c",        "v",       "n",       "r",     "j",     "e",       "k",        "live",     "image", "first",
        "feature",     "chunk",    "columns", "all",     "tiles", "begin", "scratch", "count",    "load",     "outer", "firstRow",
        "firstColumn", "operator", "quad",    "index_t", "sum",   "from",  "u",       "start",    "mine",     "last",  "inner",
        "part",        "kept",     "base",    "own",     "spot",  "cell",  "pooled",  "pooledAt", "split"})
    locals.reserve(word);
  for (StringRef word : preludeWords())
    locals.reserve(word);
  for (auto [outer, inner] : llvm::zip(kernel.getInputs(), kernel.getBody().getArguments())) {
    pointers[inner] = locals.get(besideStructs(names.tensors[outer]));
    parameters.push_back({inner, pointers[inner]});
  }
  for (Value result : kernel.getResults())
    resultPointers.push_back(locals.get(besideStructs(names.tensors[result])));
  narrow = llvm::any_of(kernel->getOperandTypes(), holdsNarrow) || llvm::any_of(kernel->getResultTypes(), holdsNarrow);
  if (narrow)
    prelude.insert("narrow.cuh");
}

StringRef KernelText::elementType(Type tensor) {
  Type element = elementOf(tensor);
  return element.isF16() ? "f16" : element.isBF16() ? "bf16" : "float";
}

void KernelText::useVectors() {
  prelude.insert("vector.cuh");
  if (narrow)
    prelude.insert("narrow-vector.cuh");
}

std::string KernelText::globalStruct(StringRef prefix, const std::string &text, StringRef base) {
  std::string &name = names.structs[text + base.str()];
  if (name.empty()) {
    name = names.globals.get(prefix);
    globals.line("struct " + name + (base.empty() ? "" : " : " + base.str()) + " {");
    globals.directive(text + "};");
  }
  return name;
}

std::string KernelText::batchText(int64_t batch) {
  if (!ShapedType::isDynamic(batch))
    return std::to_string(batch);
  usesImages = true;
  return "images";
}

runtime::Expr KernelText::batchExpr(int64_t batch) const {
  return ShapedType::isDynamic(batch) ? runtime::Expr::batch() : runtime::Expr(batch);
}

std::string KernelText::tilesText(Value partial) {
  Value outer = kernel.getInputs()[cast<BlockArgument>(partial).getArgNumber()];
  SmallVector<std::string> stack;
  const runtime::Expr extent = names.extents.lookup(outer);
  for (const runtime::Expr::Node &node : extent.postfix()) {
    using Op = runtime::Expr::Op;
    if (node.op == Op::Constant) {
      stack.push_back(std::to_string(node.value));
    } else if (node.op == Op::Batch) {
      stack.push_back("(index_t)" + batchText(ShapedType::kDynamic));
    } else {
      std::string b = stack.pop_back_val(), a = stack.pop_back_val();
      stack.push_back(node.op == Op::Mul ? a + " * " + b : "(" + a + " + " + b + " - 1) / " + b); // products and ceilDiv are all there is
    }
  }
  return stack.back();
}

std::string KernelText::variable(Operation *op) {
  auto source = op->getAttrOfType<StringAttr>("source");
  return fresh(source ? identifier(source.getValue()) : "value");
}

std::string KernelText::comment(Operation *op) {
  auto source = op->getAttrOfType<StringAttr>("source");
  std::string text = "// " + (source ? escapeName(source.getValue()) : std::string("value"));
  for (char &c : text)
    c = c == '_' && source && source.getValue().contains(' ') ? ' ' : c;
  StringRef name = nameOf(op->getLoc());
  return name.empty() ? text : text + " (" + escapeName(name) + ")";
}

SmallVector<Operation *> KernelText::prologue(Value v) {
  SmallVector<Operation *> stages;
  llvm::SetVector<Operation *> seen;
  std::function<void(Value)> pull = [&](Value x) {
    Operation *op = x.getDefiningOp();
    if (!op || seen.contains(op))
      return;
    for (Value operand : op->getOperands())
      pull(operand);
    seen.insert(op);
  };
  pull(v);
  return seen.takeVector();
}

SmallVector<Operation *> KernelText::epilogue() {
  llvm::DenseSet<Operation *> before;
  Operation *anchor = facts.contract ? facts.contract.getOperation() : facts.pool ? facts.pool.getOperation() : nullptr;
  if (anchor)
    for (Value v : anchor->getOperands())
      for (Operation *op : prologue(v))
        before.insert(op);
  SmallVector<Operation *> stages;
  for (Operation &op : kernel.getBody().front().without_terminator())
    if (!isa<ContractOp, PoolOp, FinishOp>(op) && !before.contains(&op))
      stages.push_back(&op);
  // A value that both the contraction and the epilogue use is computed again behind it.
  llvm::SetVector<Operation *> all;
  for (Operation *op : stages)
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp(); producer && before.contains(producer))
        for (Operation *again : prologue(operand))
          all.insert(again);
  for (Operation *op : stages)
    all.insert(op);
  return all.takeVector();
}

SmallVector<unsigned> KernelText::storesOf(Value v) {
  SmallVector<unsigned> where;
  for (OpOperand &operand : kernel.getBody().front().getTerminator()->getOpOperands())
    if (operand.get() == v)
      where.push_back(operand.getOperandNumber());
  return where;
}

std::string KernelText::loadFunctor(Value v) {
  SmallVector<Operation *> stages = prologue(v);
  llvm::SetVector<Value> tensors;
  if (stages.empty())
    tensors.insert(v);
  for (Operation *op : stages)
    for (Value operand : op->getOperands())
      if (isTensor(operand))
        tensors.insert(operand);
  Domain domain = Domain::of(cast<RankedTensorType>(v.getType()));
  Writer w;
  std::string arguments;
  UniqueIdentifiers saved = locals;
  for (Value t : tensors) {
    w.line("  const " + elementType(t.getType()) + " *" + pointer(t) + ";");
    arguments += (arguments.empty() ? "" : ", ") + pointer(t);
  }
  if (llvm::any_of(stages, [](Operation *op) { return cast<MapOp>(op).getIndex() && cast<MapOp>(op).getIndex()->getNumSymbols() > 0; })) {
    w.line("  int images;");
    arguments += (arguments.empty() ? "" : ", ") + batchText(ShapedType::kDynamic);
  }
  // Staging copies what is plain without a detour through registers; matrix products and pools go by value.
  bool staged = facts.strategy != Strategy::Matmul && facts.strategy != Strategy::Pool,
       plain = staged && stages.empty() && !holdsNarrow(v.getType());
  if (staged)
    w.line(llvm::formatv("  static constexpr bool plain = {0};", plain ? "true" : "false"));
  if (staged && llvm::any_of(tensors, [&](Value t) { return channelsLast(t); }))
    w.line("  static constexpr bool channelsLast = true;");
  w.line(llvm::formatv("  DEV {0}(int image, int channel, int p) const {{", plain ? "const float *at" : "float operator()"));
  llvm::DenseMap<Value, std::string> value;
  llvm::DenseMap<std::pair<Value, Attribute>, std::string> loaded;
  auto load = [&](Value t, AffineMap access, const Domain &over) {
    std::string &name = loaded[{t, AffineMapAttr::get(access)}];
    if (name.empty()) {
      name = fresh(pointer(t) + "_value");
      w.line("    const float " + name + " = " + element(t, access, over, {"image", "channel", "p"}) + ";");
    }
    return name;
  };
  if (stages.empty()) {
    std::string at = offsetOf(v, fullAccess(kernel.getContext(), domain), domain, {"image", "channel", "p"});
    w.line("    return " + pointer(v) + (plain ? " + " + at : "[" + at + "]") + ";");
  } else {
    Writer inner;
    for (Operation *op : stages) {
      auto map = cast<MapOp>(op);
      SmallVector<std::string> operands;
      for (auto [operand, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
        operands.push_back(isTensor(operand) ? load(operand, access, Domain::from(map.getDomain())) : value[operand]);
      addIndex(map, {"image", "channel", "p"}, operands);
      value[map.getResult()] = variable(op);
      w.line("    " + comment(op));
      Writer statements;
      scalarBody(statements, map, operands, value[map.getResult()]);
      std::string text = statements.take();
      for (StringRef rest = text; !rest.empty();) {
        auto [head, tail] = rest.split('\n');
        w.line("    " + head);
        rest = tail;
      }
    }
    w.line("    return " + value[v] + ";");
  }
  w.line("  }");
  locals = saved; // the functor's names are its own
  std::string name = globalStruct("Load", w.take());
  return name + "{" + arguments + "}";
}

std::string KernelText::finish() {
  std::string parameterText;
  for (auto &[value, name] : parameters)
    parameterText += (parameterText.empty() ? "" : ", ") + ("const " + elementType(value.getType()) + " *__restrict__ ").str() + name;
  for (auto [result, name] : llvm::zip(kernel.getResults(), resultPointers))
    parameterText += (parameterText.empty() ? "" : ", ") + (elementType(result.getType()) + " *__restrict__ ").str() + name;
  if (usesImages)
    parameterText += ", int images";
  std::string text = globals.take();
  std::string bounds = std::to_string(launch.block) + (residentBlocks ? ", " + std::to_string(residentBlocks) : "");
  text += llvm::formatv("extern \"C\" __global__ void __launch_bounds__({0}) {1}({2}) {{\n", bounds, launch.name, parameterText).str();
  return text + body.take() + "}\n";
}
