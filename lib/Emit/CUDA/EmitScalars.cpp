// Prints the scalar statements of a map: in `torch` precision with the prelude's functions (math.cuh) where those are as good as CUDA's.
#include "KernelText.h"
#include "fusion/Schedule/Scalars.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;

static StringRef comparison(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::OLT:
    return " < ";
  case arith::CmpFPredicate::OLE:
    return " <= ";
  case arith::CmpFPredicate::OGT:
    return " > ";
  case arith::CmpFPredicate::OGE:
    return " >= ";
  case arith::CmpFPredicate::OEQ:
    return " == ";
  default:
    return " != "; // UNE; formulas build no other
  }
}

/// Whether rounding has made `v` uncertain already: the result of arithmetic of this kernel, not an element of memory.
static bool isRounded(Value v) {
  while (auto negation = v.getDefiningOp<arith::NegFOp>())
    v = negation.getOperand();
  if (auto argument = dyn_cast<BlockArgument>(v)) {
    auto map = dyn_cast<MapOp>(argument.getOwner()->getParentOp());
    return map && argument.getArgNumber() < map.getInputs().size() && isRounded(map.getInputs()[argument.getArgNumber()]);
  }
  if (auto map = v.getDefiningOp<MapOp>())
    return isRounded(cast<YieldOp>(map.getBody().front().getTerminator()).getValue());
  return isa_and_nonnull<ContractOp, arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp>(v.getDefiningOp());
}

/// Text of a / divisor: in `torch` precision a product where that is as good.
std::string KernelText::quotientText(Value a, const std::string &text, Value divisor, const std::string &divisorText) {
  if (options.exact || !hasCheapReciprocal(divisor))
    return text + " / " + divisorText;
  FloatAttr constant;
  if (matchPattern(divisor, m_Constant(&constant)))
    return text + " * " + literal(float(1 / constant.getValueAsDouble()));
  prelude.insert("math.cuh");
  return matchPattern(a, m_OneFloat()) ? "reciprocal(" + divisorText + ")" : "quotient(" + text + ", " + divisorText + ")";
}

void KernelText::scalarBody(Writer &w, MapOp map, ArrayRef<std::string> operands, const std::string &result) {
  llvm::DenseMap<Value, std::string> value;
  Block &block = map.getBody().front();
  for (auto [argument, text] : llvm::zip(block.getArguments(), operands))
    value[argument] = text;
  Value yielded = cast<YieldOp>(block.getTerminator()).getValue();
  unsigned count = 0;
  const bool fast = !options.exact;
  for (Operation &op : block.without_terminator()) {
    if (fast && (feedsTanhOfSoftplus(&op) || feedsOnePlusErf(&op)))
      continue;
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      value[constant.getResult()] = literal(cast<FloatAttr>(constant.getValue()).getValue().convertToFloat());
      continue;
    }
    auto in = [&](unsigned i) { return value[op.getOperand(i)]; };
    std::string name = op.getResult(0) == yielded ? result : fresh(result + "_" + std::to_string(count++));
    auto binary = [&](StringRef symbol) { return in(0) + " " + symbol.str() + " " + in(1); };
    auto call = [&](StringRef function) { return function.str() + "(" + in(0) + ")"; };
    std::string text;
    StringRef type = "float";
    if (fast && isOnePlusErf(&op))
      text = "onePlusErf(" + value[op.getOperand(1).getDefiningOp()->getOperand(0)] + ")", prelude.insert("math.cuh");
    else if (isa<arith::AddFOp>(op))
      text = binary("+");
    else if (isa<arith::SubFOp>(op))
      text = binary("-");
    else if (isa<arith::MulFOp>(op))
      text = binary("*");
    else if (isa<arith::DivFOp>(op))
      text = quotientText(op.getOperand(0), in(0), op.getOperand(1), in(1));
    else if (isa<arith::NegFOp>(op))
      text = "-" + in(0);
    else if (auto cmp = dyn_cast<arith::CmpFOp>(op))
      text = in(0) + comparison(cmp.getPredicate()).str() + in(1), type = "bool";
    else if (isa<arith::SelectOp>(op))
      text = in(0) + " ? " + in(1) + " : " + in(2);
    else if (isa<math::ExpOp>(op) && fast && isRounded(op.getOperand(0)))
      text = call("roundedExp"), prelude.insert("math.cuh");
    else if (fast && isTanhOfSoftplus(&op))
      text = "tanhLog1p(" + value[op.getOperand(0).getDefiningOp()->getOperand(0)] + ")", prelude.insert("math.cuh");
    else if (fast && isa<math::TanhOp>(op))
      text = call("fastTanh"), prelude.insert("math.cuh");
    else if (isa<math::ExpOp>(op))
      text = call("expf");
    else if (isa<math::ExpM1Op>(op))
      text = call("expm1f");
    else if (isa<math::LogOp>(op))
      text = call("logf");
    else if (isa<math::Log1pOp>(op))
      text = call("log1pf");
    else if (isa<math::TanhOp>(op))
      text = call("tanhf");
    else if (isa<math::ErfOp>(op))
      text = call("erff");
    else if (isa<math::SqrtOp>(op))
      text = call("sqrtf");
    else if (isa<math::RsqrtOp>(op))
      text = call("rsqrtf");
    else if (auto random = dyn_cast<UniformOp>(op)) {
      prelude.insert("random.cuh");
      text = llvm::formatv("uniform({0}, {1}ull, {2}ull)", current, uint64_t(random.getSeed()), uint64_t(random.getOffset()));
    } else if (auto round = dyn_cast<RoundOp>(op)) {
      prelude.insert("narrow.cuh");
      text = call(round.getTo().isF16() ? "roundedTo<f16>" : "roundedTo<bf16>");
    } else if (isa<math::AbsFOp>(op))
      text = call("fabsf");
    else if (isa<math::PowFOp>(op))
      text = "powf(" + in(0) + ", " + in(1) + ")";
    w.line("const " + type + " " + name + " = " + text + ";");
    value[op.getResult(0)] = name;
  }
  if (value[yielded] != result) // a map that hands an operand or a constant on
    w.line("const float " + result + " = " + value[yielded] + ";");
}
