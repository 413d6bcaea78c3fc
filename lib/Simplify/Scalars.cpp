// Arithmetic with scalar constants: steps that do nothing go (exact, but for the sign of a zero), constants fold (exact), and steps in a
// row become one (reassociating). A step is never distributed over a sum: (x + a) * b as x * b + a * b loses every digit where x is near
// -a.
#include "Rule.h"
#include "fusion/Dialect/Matchers.h"
#include <cmath>

using namespace mlir;

namespace fusion {

static Value constant(PatternRewriter &rewriter, Location loc, double value) {
  return ConstantOp::create(rewriter, loc, RankedTensorType::get({}, rewriter.getF32Type()), rewriter.getF64FloatAttr(value));
}

/// A scalar that may be written into a constant op.
static bool representable(double value) { return std::isfinite(float(value)); }

namespace {
/// One step x <op> c. For c + x and c * x the operands are in the other order. `written` is c before it was rounded to f32: a scalar
/// made of it is rounded once.
struct Step {
  Value x;
  double c, written;
};
} // namespace

static double writtenScalar(Value constant) {
  auto op = constant.getDefiningOp<ConstantOp>();
  return holdsNarrow(constant.getType()) ? scalarOf(op) : op.getValue().convertToDouble(); // a 16-bit constant means what it rounds to
}

/// The scalar step an op of commutative type `Op` makes on a value of its own shape.
template <typename Op> static std::optional<Step> stepOf(Op op) {
  for (auto [x, c] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())})
    if (auto scalar = matchScalar(c); scalar && x.getType() == op.getType())
      return Step{x, *scalar, writtenScalar(c)};
  return std::nullopt;
}
/// The step x - c or x / c.
template <typename Op> static std::optional<Step> rightStepOf(Op op) {
  if (auto scalar = matchScalar(op.getRhs()); scalar && op.getLhs().getType() == op.getType())
    return Step{op.getLhs(), *scalar, writtenScalar(op.getRhs())};
  return std::nullopt;
}
static std::optional<Step> step(AddOp op) { return stepOf(op); }
static std::optional<Step> step(MulOp op) { return stepOf(op); }
static std::optional<Step> step(SubOp op) { return rightStepOf(op); }
static std::optional<Step> step(DivOp op) { return rightStepOf(op); }

static bool isNegativeZero(double v) { return v == 0 && std::signbit(v); }
static bool isPositiveZero(double v) { return v == 0 && !std::signbit(v); }

namespace {

/// A step that leaves x as it is.
template <typename Op> class Identity : public SimplifyRule<Op> {
public:
  using SimplifyRule<Op>::SimplifyRule;
  Value build(Op op, PatternRewriter &) const override { return step(op)->x; }
};

/// x + -0, x - 0
template <typename Op> class AddNegativeZero : public Identity<Op> {
public:
  using Identity<Op>::Identity;
  std::optional<Justification> match(Op op) const override {
    auto s = step(op);
    if (!s || !(std::is_same_v<Op, AddOp> ? isNegativeZero(s->c) : isPositiveZero(s->c)))
      return std::nullopt;
    return Justification{Change::Exact, Change::Exact, "keeps every value, -0 included"};
  }
};

/// x + 0, x - -0: turns -0 into 0, which only a division shows, by the sign of an infinity.
template <typename Op> class AddZero : public Identity<Op> {
public:
  using Identity<Op>::Identity;
  std::optional<Justification> match(Op op) const override {
    auto s = step(op);
    if (!s || !(std::is_same_v<Op, AddOp> ? isPositiveZero(s->c) : isNegativeZero(s->c)))
      return std::nullopt;
    return Justification{Change::Finite, Change::Exact, "changes the sign of a zero only"};
  }
};

/// x * 1, x / 1
template <typename Op> class MultiplyByOne : public Identity<Op> {
public:
  using Identity<Op>::Identity;
  std::optional<Justification> match(Op op) const override {
    auto s = step(op);
    if (!s || s->c != 1)
      return std::nullopt;
    return Justification{Change::Exact, Change::Exact, "one is neutral"};
  }
};

/// The value of `Op` on two constants, in f32.
template <typename Op> static std::optional<double> folded(Op op) {
  auto lhs = matchScalar(op.getLhs()), rhs = matchScalar(op.getRhs());
  if (!lhs || !rhs || holdsNarrow(op.getType()))
    return std::nullopt;
  float a = float(*lhs), b = float(*rhs);
  float value = std::is_same_v<Op, AddOp> ? a + b : std::is_same_v<Op, SubOp> ? a - b : std::is_same_v<Op, MulOp> ? a * b : a / b;
  return representable(value) ? std::optional<double>(value) : std::nullopt;
}

template <typename Op> class FoldScalars : public SimplifyRule<Op> {
public:
  using SimplifyRule<Op>::SimplifyRule;
  std::optional<Justification> match(Op op) const override {
    if (!folded(op))
      return std::nullopt;
    return Justification{Change::Exact, Change::Exact, "both operands are constants"};
  }
  Value build(Op op, PatternRewriter &rewriter) const override { return constant(rewriter, op.getLoc(), *folded(op)); }
};

/// x / c to x * (1 / c).
template <bool Exact> class DivideByScalar : public SimplifyRule<DivOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(DivOp op) const override {
    auto s = step(op);
    if (!s || s->c == 1 || s->c == 0 || !std::isnormal(float(1 / s->c)))
      return std::nullopt;
    int exponent;
    bool powerOfTwo = std::abs(std::frexp(s->c, &exponent)) == 0.5;
    if (powerOfTwo != Exact)
      return std::nullopt;
    Change change = Exact ? Change::Exact : Change::Reassociating;
    return Justification{change, change, Exact ? "the reciprocal is exact" : "the reciprocal is rounded"};
  }
  Value build(DivOp op, PatternRewriter &rewriter) const override {
    return MulOp::create(rewriter, op.getLoc(), op.getType(), step(op)->x, constant(rewriter, op.getLoc(), 1 / step(op)->written));
  }
};

/// (x + a) + b and (x * a) * b with the outer step of type `Outer` and the inner one of type `Inner`; differences count as sums.
template <typename Outer, typename Inner> class MergeSteps : public SimplifyRule<Outer> {
public:
  using SimplifyRule<Outer>::SimplifyRule;
  std::optional<Justification> match(Outer op) const override {
    auto outer = step(op);
    auto inner = outer ? outer->x.template getDefiningOp<Inner>() : Inner();
    // A sum of two constants is fold-scalars', and an inner value with other uses is computed anyway.
    if (!inner || !step(inner) || matchScalar(step(inner)->x) || !inner->hasOneUse() || !representable(merged(op, inner)))
      return std::nullopt;
    return Justification{Change::Reassociating, Change::Reassociating, "two scalar steps in a row"};
  }
  Value build(Outer op, PatternRewriter &rewriter) const override {
    auto inner = step(op)->x.template getDefiningOp<Inner>();
    Value scalar = constant(rewriter, op.getLoc(), merged(op, inner));
    if constexpr (std::is_same_v<Outer, MulOp>)
      return MulOp::create(rewriter, op.getLoc(), op.getType(), step(inner)->x, scalar);
    else
      return AddOp::create(rewriter, op.getLoc(), op.getType(), step(inner)->x, scalar);
  }

private:
  static double merged(Outer op, Inner inner) {
    double a = step(inner)->written, b = step(op)->written;
    if constexpr (std::is_same_v<Outer, MulOp>)
      return a * b;
    else
      return (std::is_same_v<Inner, SubOp> ? -a : a) + (std::is_same_v<Outer, SubOp> ? -b : b);
  }
};

/// A sum over dims of extent 1 that keeps the shape.
class EmptySum : public SimplifyRule<SumToOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(SumToOp op) const override {
    if (op.getX().getType() != op.getType() || !op.getSummedDims().empty())
      return std::nullopt;
    return Justification{Change::Exact, Change::Exact, "nothing is summed"};
  }
  Value build(SumToOp op, PatternRewriter &) const override { return op.getX(); }
};

} // namespace

void addScalars(RewritePatternSet &patterns, SimplifyContext &context) {
  MLIRContext *c = patterns.getContext();
  if (StringRef name = "add-negative-zero"; context.enabled(name))
    patterns.add<AddNegativeZero<AddOp>, AddNegativeZero<SubOp>>(c, context, name);
  if (StringRef name = "add-zero"; context.enabled(name))
    patterns.add<AddZero<AddOp>, AddZero<SubOp>>(c, context, name);
  if (StringRef name = "multiply-by-one"; context.enabled(name))
    patterns.add<MultiplyByOne<MulOp>, MultiplyByOne<DivOp>>(c, context, name);
  if (StringRef name = "fold-scalars"; context.enabled(name))
    patterns.add<FoldScalars<AddOp>, FoldScalars<SubOp>, FoldScalars<MulOp>, FoldScalars<DivOp>>(c, context, name);
  addRule<DivideByScalar<true>>(patterns, context, "divide-by-power-of-two");
  addRule<DivideByScalar<false>>(patterns, context, "divide-by-scalar");
  if (StringRef name = "merge-scalar-adds"; context.enabled(name))
    patterns.add<MergeSteps<AddOp, AddOp>, MergeSteps<AddOp, SubOp>, MergeSteps<SubOp, AddOp>, MergeSteps<SubOp, SubOp>>(c, context, name);
  if (StringRef name = "merge-scalar-multiplies"; context.enabled(name))
    patterns.add<MergeSteps<MulOp, MulOp>>(c, context, name);
  addRule<EmptySum>(patterns, context, "empty-sum");
}

} // namespace fusion
