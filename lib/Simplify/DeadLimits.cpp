// Limits that their operand's range keeps already are dead; exact for values, since NaN passes through a limit and past it.
//
// A limit also cuts the gradient at its bounds. Before differentiation it may go only if the operand's own gradient vanishes wherever the
// operand reaches a bound.
#include "Rule.h"
#include "fusion/Simplify/Range.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace mlir;

namespace fusion {

/// How far the op that makes `value` has a gradient of zero wherever `value` equals `bound`: by selecting it (exact), by multiplying with
/// it (finite: not for an infinite dy), or not at all.
static Change vanishesAt(Value value, double bound) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return Change::Different;
  auto exactAt = [&](std::initializer_list<double> bounds) {
    return llvm::is_contained(bounds, bound) ? Change::Exact : Change::Different;
  };
  auto finiteAt = [&](std::initializer_list<double> bounds) {
    return llvm::is_contained(bounds, bound) ? Change::Finite : Change::Different;
  };
  auto f32 = [](APFloat v) { return double(float(v.convertToDouble())); };
  return llvm::TypeSwitch<Operation *, Change>(op)
      .Case([&](ReluOp) { return exactAt({0}); })
      .Case([&](Relu6Op) { return exactAt({0, 6}); })
      .Case([&](ClampOp c) { return exactAt({f32(c.getMin()), f32(c.getMax())}); })
      // Not at 1: x + 3 rounds to 6 for the float before 3 too, where the gradient is not zero.
      .Case([&](HardsigmoidOp) { return exactAt({0}); })
      .Case([&](SigmoidOp) { return finiteAt({0, 1}); })
      .Case([&](TanhOp) { return finiteAt({-1, 1}); })
      .Case([&](SoftplusOp) { return finiteAt({0}); })
      .Default([](Operation *) { return Change::Different; });
}

/// The gradient's class when a limit to [min, max] that cuts dy at its bounds goes.
static Change gradientWithout(Value x, Range range, double min, double max) {
  Change change = Change::Exact;
  for (double bound : {min, max}) {
    if (std::isinf(bound)) // reached by infinities only
      change =
          change | (range.within(-std::numeric_limits<float>::max(), std::numeric_limits<float>::max()) ? Change::Exact : Change::Finite);
    else if (range.lo <= bound && bound <= range.hi)
      change = change | vanishesAt(x, bound);
  }
  return change;
}

static std::string describe(Range range) {
  std::string text;
  llvm::raw_string_ostream(text) << "operand is in [" << llvm::format("%g, %g", range.lo, range.hi) << "]";
  return text;
}

namespace {

/// A limit whose operand takes its place.
template <typename Op> class DeadLimit : public SimplifyRule<Op> {
public:
  using SimplifyRule<Op>::SimplifyRule;
  Value build(Op op, PatternRewriter &) const override { return op.getX(); }
};

class DeadRelu : public DeadLimit<ReluOp> {
public:
  using DeadLimit::DeadLimit;
  std::optional<Justification> match(ReluOp op) const override {
    Range range = rangeOf(op.getX());
    if (!(range.lo >= 0))
      return std::nullopt;
    // relu passes dy at +inf and NaN, so only 0 matters.
    Change gradient = range.lo > 0 ? Change::Exact : vanishesAt(op.getX(), 0);
    return Justification{Change::Exact, gradient, describe(range)};
  }
};

class DeadRelu6 : public DeadLimit<Relu6Op> {
public:
  using DeadLimit::DeadLimit;
  std::optional<Justification> match(Relu6Op op) const override {
    Range range = rangeOf(op.getX());
    if (!range.within(0, 6))
      return std::nullopt;
    return Justification{Change::Exact, gradientWithout(op.getX(), range, 0, 6), describe(range)};
  }
};

class DeadClamp : public DeadLimit<ClampOp> {
public:
  using DeadLimit::DeadLimit;
  std::optional<Justification> match(ClampOp op) const override {
    double min = float(op.getMin().convertToDouble()), max = float(op.getMax().convertToDouble());
    Range range = rangeOf(op.getX());
    if (!range.within(min, max))
      return std::nullopt;
    // clamp has no gradient at NaN.
    return Justification{Change::Exact, Change::Finite | gradientWithout(op.getX(), range, min, max), describe(range)};
  }
};

class DeadLeakyRelu : public DeadLimit<LeakyReluOp> {
public:
  using DeadLimit::DeadLimit;
  std::optional<Justification> match(LeakyReluOp op) const override {
    Range range = rangeOf(op.getX());
    if (!(range.lo >= 0))
      return std::nullopt;
    // At NaN the gradient is dy * slope.
    Change gradient = Change::Finite | (range.lo > 0 ? Change::Exact : vanishesAt(op.getX(), 0));
    return Justification{Change::Exact, gradient, describe(range)};
  }
};

} // namespace

void addDeadLimits(RewritePatternSet &patterns, SimplifyContext &context) {
  addRule<DeadRelu>(patterns, context, "dead-relu");
  addRule<DeadRelu6>(patterns, context, "dead-relu6");
  addRule<DeadClamp>(patterns, context, "dead-clamp");
  addRule<DeadLeakyRelu>(patterns, context, "dead-leaky-relu");
}

} // namespace fusion
