// relu(hardswish(x)) = hardswish(relu(x)); finite, and its gradient is the same everywhere, so it may go before differentiation.
//
// Values. x > 0: both are hardswish(x), which is positive (the smallest denormal included: 3 * x * (1 / 6) rounds up). x <= 0: hardswish(x)
// <= 0, so both are a zero. NaN passes through all three. They differ at x = -inf alone: hardswish(-inf) is NaN (-inf * 0),
// hardswish(relu(-inf)) is 0. Gradients, with h' the derivative of hardswish:
//   x > 0 or NaN: relu passes dy on both sides, and hardswish sees x on both sides: dy * h'(x).
//   x <= 0:       on the left hardswish(x) <= 0, so relu cuts dy to 0, which h' multiplies (or, at x <= -3, replaces by 0);
//                 on the right relu's own x <= 0 gives 0 whatever comes in.
//   x = -inf:     on the left hardswish(x) is NaN, relu passes dy, h' is 0 for x <= -3; on the right 0.
#include "Rule.h"

using namespace mlir;

namespace fusion {
namespace {

class ReluOfHardswish : public SimplifyRule<ReluOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(ReluOp op) const override {
    auto hardswish = op.getX().getDefiningOp<HardswishOp>();
    // With another use the hardswish would have to be computed twice.
    if (!hardswish || !hardswish->hasOneUse())
      return std::nullopt;
    return Justification{Change::Finite, Change::Exact, "differs at x = -inf only"};
  }
  Value build(ReluOp op, PatternRewriter &rewriter) const override {
    auto hardswish = op.getX().getDefiningOp<HardswishOp>();
    // The value that stays the same keeps its name.
    Value relu = ReluOp::create(rewriter, hardswish.getLoc(), op.getType(), hardswish.getX());
    return HardswishOp::create(rewriter, op.getLoc(), op.getType(), relu);
  }
};

} // namespace

void addReluOfHardswish(RewritePatternSet &patterns, SimplifyContext &context) {
  addRule<ReluOfHardswish>(patterns, context, "relu-of-hardswish");
}

} // namespace fusion
