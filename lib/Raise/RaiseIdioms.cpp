// -fusion-raise-idioms: spelled-out activations become named ops.
#include "fusion/Dialect/Matchers.h"
#include "fusion/Raise/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace fusion {

#define GEN_PASS_DEF_RAISEIDIOMS
#include "fusion/Raise/Passes.h.inc"

/// Whether idioms count whose gradient at NaN is not that of the op they become.
enum class Idioms { Exact, Finite };

/// x, when value is x + 3 limited to [0, 6]. Where x is NaN relu6 passes its gradient on, hardsigmoid has none.
template <Idioms idioms> static Value matchLimitedToSix(Value value) {
  if (auto relu6 = value.getDefiningOp<Relu6Op>(); relu6 && idioms == Idioms::Finite)
    return matchPlus(relu6.getX(), 3);
  if (Value limited = matchClamp(value, 0, 6))
    return matchPlus(limited, 3);
  return {};
}

/// x, when value is hardsigmoid(x) spelled out.
template <Idioms idioms> static Value matchHardsigmoid(Value value) {
  if (Value gate = matchClamp(value, 0, 1)) {
    if (Value shifted = matchDividedBy(gate, 6))
      return matchPlus(shifted, 3);
    if (Value scaled = matchPlus(gate, 0.5))
      return matchDividedBy(scaled, 6);
    return {};
  }
  if (Value limited = matchDividedBy(value, 6))
    return matchLimitedToSix<idioms>(limited);
  return {};
}

/// x, when value is x * f(x) in either order and `match` finds the x in f(x); null otherwise.
static Value matchTimesItself(Value value, function_ref<Value(Value)> match) {
  auto mul = value.getDefiningOp<MulOp>();
  if (!mul)
    return {};
  if (match(mul.getRhs()) == mul.getLhs())
    return mul.getLhs();
  if (match(mul.getLhs()) == mul.getRhs())
    return mul.getRhs();
  return {};
}

template <typename Op> static Value operandOf(Value value) {
  auto op = value.getDefiningOp<Op>();
  return op ? Value(op.getX()) : Value();
}

/// x, when value is swish(x) spelled out.
static Value matchSwish(Value value) { return matchTimesItself(value, operandOf<SigmoidOp>); }

/// x, when value is mish(x) spelled out. Beyond softplus's threshold of 20 tanh is 1 both ways.
static Value matchMish(Value value) {
  return matchTimesItself(value, [](Value v) {
    Value s = operandOf<TanhOp>(v);
    return s ? operandOf<SoftplusOp>(s) : Value();
  });
}

/// x, when value is hardswish(x) spelled out. Where x is NaN hardswish passes dy on, a product with NaN does not; and hardswish multiplies
/// by 6 first, so that it overflows earlier. Hence for finite values only.
static Value matchHardswish(Value value) {
  auto gate = [](Value v) {
    Value x = operandOf<HardsigmoidOp>(v);
    return x ? x : matchHardsigmoid<Idioms::Finite>(v);
  };
  if (Value x = matchTimesItself(value, gate))
    return x;
  if (Value product = matchDividedBy(value, 6))
    return matchTimesItself(product, matchLimitedToSix<Idioms::Finite>);
  return {};
}

namespace {

/// Replaces the value that `match` recognises by `Named` of the x it finds.
template <typename Named> class Raise : public RewritePattern {
public:
  Raise(MLIRContext *context, Value (*match)(Value), PatternBenefit benefit, int64_t &count)
      : RewritePattern(MatchAnyOpTypeTag(), benefit, context), match(match), count(count) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<MulOp, DivOp, ClampOp>(op))
      return rewriter.notifyMatchFailure(op, "not the last op of an idiom");
    Value x = match(op->getResult(0));
    if (!x)
      return rewriter.notifyMatchFailure(op, "not the idiom");
    remark::passed(op->getLoc(), remark::RemarkOpts::name(Named::getOperationName()).category("raise"))
        << remark::add("spelled-out idiom became {0}", Named::getOperationName().str());
    rewriter.replaceOpWithNewOp<Named>(op, op->getResultTypes(), x);
    ++count;
    return success();
  }

private:
  Value (*match)(Value);
  int64_t &count;
};

class RaiseIdiomsPass : public impl::RaiseIdiomsBase<RaiseIdiomsPass> {
public:
  using RaiseIdiomsBase::RaiseIdiomsBase;

private:
  void runOnOperation() override {
    int64_t count = 0;
    RewritePatternSet patterns(&getContext());
    patterns.add<Raise<SwishOp>>(&getContext(), matchSwish, 2, count);
    patterns.add<Raise<MishOp>>(&getContext(), matchMish, 2, count);
    if (assumeFinite) {
      // Ahead of hardsigmoid, which is a part of it.
      patterns.add<Raise<HardswishOp>>(&getContext(), matchHardswish, 2, count);
      patterns.add<Raise<HardsigmoidOp>>(&getContext(), matchHardsigmoid<Idioms::Finite>, 1, count);
    } else {
      patterns.add<Raise<HardsigmoidOp>>(&getContext(), matchHardsigmoid<Idioms::Exact>, 1, count);
    }
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
    numRaised += count;
  }
};

} // namespace
} // namespace fusion
