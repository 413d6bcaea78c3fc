// Limits in a row become one: clamp and relu after clamp or relu (exact), leaky_relu after leaky_relu (reassociating).
//
// clamp(clamp(x, a, b), c, d) = clamp(x, clamp(a, c, d), clamp(b, c, d)) for a <= b and c <= d; relu is [0, inf]. NaN passes through both
// sides. The gradient is dy strictly inside both intervals on the left and strictly inside their intersection on the right, and 0 at NaN
// on both sides, since one of the two on the left is a clamp, which cuts it.
#include "Rule.h"
#include <cmath>

using namespace mlir;

namespace fusion {

namespace {
struct Interval {
  double min, max;
};
} // namespace

/// The bounds of a relu or a clamp; nothing for another op, or a clamp whose min is above its max.
static std::optional<Interval> intervalOf(Operation *op) {
  if (isa_and_nonnull<ReluOp>(op))
    return Interval{0, std::numeric_limits<double>::infinity()};
  auto clamp = dyn_cast_if_present<ClampOp>(op);
  if (!clamp)
    return std::nullopt;
  Interval bounds{float(clamp.getMin().convertToDouble()), float(clamp.getMax().convertToDouble())};
  return bounds.min <= bounds.max ? std::optional(bounds) : std::nullopt;
}

namespace {

template <typename Op> class MergeClamps : public SimplifyRule<Op> {
public:
  using SimplifyRule<Op>::SimplifyRule;
  std::optional<Justification> match(Op op) const override {
    Operation *inner = op.getX().getDefiningOp();
    // Two relus are dead-relu's.
    if (!intervalOf(op) || !intervalOf(inner) || (isa<ReluOp>(op.getOperation()) && isa<ReluOp>(inner)))
      return std::nullopt;
    return Justification{Change::Exact, Change::Exact, "two limits in a row"};
  }
  Value build(Op op, PatternRewriter &rewriter) const override {
    Operation *inner = op.getX().getDefiningOp();
    Interval a = *intervalOf(inner), c = *intervalOf(op);
    auto limit = [&](double bound) { return rewriter.getF64FloatAttr(std::min(std::max(bound, c.min), c.max)); };
    return ClampOp::create(rewriter, op.getLoc(), op.getType(), inner->getOperand(0), limit(a.min), limit(a.max));
  }
};

/// leaky_a(leaky_b(x)) = leaky_ab(x) for b >= 0, which keeps the sign of x.
class MergeLeakyRelus : public SimplifyRule<LeakyReluOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(LeakyReluOp op) const override {
    auto inner = op.getX().getDefiningOp<LeakyReluOp>();
    if (!inner || !(slope(inner) >= 0) || !std::isfinite(float(slope(op) * slope(inner))))
      return std::nullopt;
    return Justification{Change::Reassociating, Change::Reassociating, "the inner slope is not negative"};
  }
  Value build(LeakyReluOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<LeakyReluOp>();
    return LeakyReluOp::create(rewriter, op.getLoc(), op.getType(), inner.getX(), rewriter.getF64FloatAttr(slope(op) * slope(inner)));
  }

private:
  static double slope(LeakyReluOp op) { return float(op.getSlope().convertToDouble()); }
};

} // namespace

void addMergeLimits(RewritePatternSet &patterns, SimplifyContext &context) {
  if (context.enabled("merge-clamps"))
    patterns.add<MergeClamps<ReluOp>, MergeClamps<ClampOp>>(patterns.getContext(), context, "merge-clamps");
  addRule<MergeLeakyRelus>(patterns, context, "merge-leaky-relus");
}

} // namespace fusion
