// Extremes before increasing maps: max(f(x)) = f(max(x)) for f that never decreases, so f runs once per result; and max pools in a row.
//
// NaN passes through both sides. Where f is flat or rounds two elements to one value, the first extreme of f(x) may be another element than
// that of x: the gradient may go elsewhere, so the rules wait until differentiation is done.
#include "Rule.h"
#include "fusion/Dialect/Builders.h"
#include "fusion/Dialect/Matchers.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace fusion {

namespace {
enum class Direction { None, Up, Down };

/// How an op changes with its operand `x`, and whether rounding keeps the order.
struct Monotone {
  Direction direction = Direction::None;
  Value x;
  Change change = Change::Exact;
};
} // namespace

/// What the op that makes `v` is as a function of one operand of its own shape, elements along `dims` compared.
static Monotone monotone(Value v, ArrayRef<int64_t> dims) {
  Operation *op = v.getDefiningOp();
  int64_t rank = cast<RankedTensorType>(v.getType()).getRank();
  if (isa_and_nonnull<ReluOp, Relu6Op>(op))
    return {Direction::Up, op->getOperand(0), Change::Exact};
  if (isa_and_nonnull<SigmoidOp, TanhOp, ExpOp>(op)) // approximations may err by a bit in either direction
    return {Direction::Up, op->getOperand(0), Change::Reassociating};
  if (isa_and_nonnull<NegOp>(op))
    return {Direction::Down, op->getOperand(0), Change::Exact};
  if (auto clamp = dyn_cast_if_present<ClampOp>(op))
    return {clamp.getMin() <= clamp.getMax() ? Direction::Up : Direction::None, clamp.getX(), Change::Exact};
  if (auto leaky = dyn_cast_if_present<LeakyReluOp>(op))
    return {leaky.getSlope().convertToDouble() >= 0 ? Direction::Up : Direction::None, leaky.getX(), Change::Exact};
  if (auto add = dyn_cast_if_present<AddOp>(op))
    for (auto [x, c] : {std::pair(add.getLhs(), add.getRhs()), std::pair(add.getRhs(), add.getLhs())})
      if (x.getType() == v.getType() && constantAlong(c, rank, dims))
        return {Direction::Up, x, Change::Exact};
  if (auto sub = dyn_cast_if_present<SubOp>(op); sub && sub.getLhs().getType() == v.getType() && constantAlong(sub.getRhs(), rank, dims))
    return {Direction::Up, sub.getLhs(), Change::Exact};
  auto mul = dyn_cast_if_present<MulOp>(op);
  if (!mul)
    return {};
  for (auto [x, c] : {std::pair(mul.getLhs(), mul.getRhs()), std::pair(mul.getRhs(), mul.getLhs())})
    if (auto scalar = matchScalar(c); scalar && *scalar != 0 && x.getType() == v.getType())
      return {*scalar > 0 ? Direction::Up : Direction::Down, x, Change::Exact};
  return {};
}

/// The op `from` again, on `x` in the place of the operand `old`. It makes what `replaced` made, and is called so.
static Value again(PatternRewriter &rewriter, Operation *replaced, Operation *from, Value old, Value x) {
  if (from->getNumOperands() == 1) {
    IRMapping map;
    map.map(old, x);
    Operation *copy = rewriter.clone(*from, map);
    copy->removeAttr(kIdAttr);
    copy->setLoc(replaced->getLoc());
    copy->getResult(0).setType(cast<RankedTensorType>(x.getType()));
    return copy->getResult(0);
  }
  NamedBuilder b(rewriter, replaced->getLoc());
  Value lhs = from->getOperand(0) == old ? x : from->getOperand(0), rhs = from->getOperand(0) == old ? from->getOperand(1) : x;
  return isa<AddOp>(from) ? b.add(lhs, rhs) : isa<SubOp>(from) ? b.sub(lhs, rhs) : b.mul(lhs, rhs);
}

namespace {

/// A reduction, `Other` being its counterpart for maps that decrease.
template <typename Op, typename Other> class ExtremeFirst : public SimplifyRule<Op> {
public:
  using SimplifyRule<Op>::SimplifyRule;
  std::optional<Justification> match(Op op) const override {
    Monotone m = monotone(op.getX(), op.getDims());
    if (m.direction == Direction::None || !op.getX().hasOneUse())
      return std::nullopt;
    return Justification{m.change, Change::Different, m.direction == Direction::Up ? "the map never decreases" : "the map never increases"};
  }
  Value build(Op op, PatternRewriter &rewriter) const override {
    Monotone m = monotone(op.getX(), op.getDims());
    NamedBuilder b(rewriter, op.getLoc());
    Value extreme = m.direction == Direction::Up ? b.reduce<Op>(m.x, op.getDims(), true) : b.reduce<Other>(m.x, op.getDims(), true);
    return b.reshape(again(rewriter, op, op.getX().getDefiningOp(), m.x, extreme), op.getY().getType().getShape());
  }
};

class PoolFirst : public SimplifyRule<MaxPoolOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(MaxPoolOp op) const override {
    Monotone m = monotone(op.getX(), spatial(op));
    // There are no pools of smallest elements.
    if (m.direction != Direction::Up || !op.getX().hasOneUse())
      return std::nullopt;
    return Justification{m.change, Change::Different, "the map never decreases"};
  }
  Value build(MaxPoolOp op, PatternRewriter &rewriter) const override {
    Monotone m = monotone(op.getX(), spatial(op));
    IRMapping map;
    map.map(op.getX(), m.x);
    Operation *pool = rewriter.clone(*op, map);
    pool->removeAttr(kIdAttr);
    return again(rewriter, op, op.getX().getDefiningOp(), m.x, pool->getResult(0));
  }

private:
  static SmallVector<int64_t> spatial(MaxPoolOp op) { return llvm::to_vector(llvm::seq<int64_t>(2, op.getX().getType().getRank())); }
};

/// Max pools in a row whose windows touch without overlapping.
class MergeMaxPools : public SimplifyRule<MaxPoolOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(MaxPoolOp op) const override {
    auto inner = op.getX().getDefiningOp<MaxPoolOp>();
    if (!inner || !inner->hasOneUse() || !tiles(op) || !tiles(inner))
      return std::nullopt;
    return Justification{Change::Exact, Change::Different, "windows touch without overlapping"};
  }
  Value build(MaxPoolOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<MaxPoolOp>();
    SmallVector<int64_t> kernel;
    for (auto [a, b] : llvm::zip(op.getKernel(), inner.getKernel()))
      kernel.push_back(a * b);
    return MaxPoolOp::create(rewriter, op.getLoc(), op.getY().getType(), inner.getX(), kernel, DenseI64ArrayAttr(), DenseI64ArrayAttr(),
                             false, DenseI64ArrayAttr());
  }

private:
  static bool tiles(MaxPoolOp op) {
    PoolWindow w = op.getWindow();
    auto all = [](ArrayRef<int64_t> list, int64_t value) { return llvm::all_of(list, [&](int64_t v) { return v == value; }); };
    return w.kernel == w.stride && all(w.padding, 0) && all(w.dilation, 1) && !w.ceilMode;
  }
};

} // namespace

void addExtremes(RewritePatternSet &patterns, SimplifyContext &context) {
  if (StringRef name = "extreme-before-map"; context.enabled(name))
    patterns.add<ExtremeFirst<MaxOp, MinOp>, ExtremeFirst<MinOp, MaxOp>, PoolFirst>(patterns.getContext(), context, name);
  addRule<MergeMaxPools>(patterns, context, "merge-max-pools");
}

} // namespace fusion
