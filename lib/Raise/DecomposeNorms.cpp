// -fusion-decompose-norms: norms, softmaxes and composite reductions become statistics, reductions and arithmetic.
#include "fusion/Dialect/Builders.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Raise/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace fusion {

#define GEN_PASS_DEF_DECOMPOSENORMS
#include "fusion/Raise/Passes.h.inc"

/// The statistics are named after the norm.
static Location statsLoc(Operation *norm) {
  StringRef name = nameOf(norm->getLoc());
  return name.empty() ? norm->getLoc() : Location(NameLoc::get(StringAttr::get(norm->getContext(), name + "_stats"), norm->getLoc()));
}

namespace {

/// Rewrites one op at its own place and returns the values that replace its results.
class Decomposition {
public:
  explicit Decomposition(Operation *op) : op(op), builder(op), make(builder, op->getLoc()), stats(builder, statsLoc(op)) {}

  SmallVector<Value> run() {
    return llvm::TypeSwitch<Operation *, SmallVector<Value>>(op)
        .Case<GroupNormOp>([&](GroupNormOp o) { return grouped(o, o.getGroups()); })
        .Case<InstanceNormOp>([&](InstanceNormOp o) { return grouped(o, o.getX().getType().getDimSize(1)); })
        .Case<BatchNormOp, LayerNormOp, RmsNormOp, SoftmaxOp, LogSoftmaxOp, MeanOp, VarianceOp, LogSumExpOp>(
            [&](auto o) { return decomposed(o); });
  }

private:
  template <typename Norm> SmallVector<Value> grouped(Norm norm, int64_t groups) {
    RankedTensorType x = norm.getX().getType();
    auto type = RankedTensorType::get({x.getDimSize(0), groups}, builder.getF32Type());
    auto statistics =
        GroupStatsOp::create(builder, statsLoc(norm), type, type, norm.getX(), builder.getI64IntegerAttr(groups), norm.getEpsAttr());
    return {NormalizeOp::create(builder, norm.getLoc(), x, norm.getX(), statistics.getMean(), statistics.getRstd(), norm.getGamma(),
                                norm.getBeta())};
  }

  Value rstd(Value variance, APFloat eps) { return stats.unary<RsqrtOp>(stats.add(variance, stats.constant(eps.convertToDouble()))); }
  Value mean(NamedBuilder &b, Value x, ArrayRef<int64_t> dims, bool keepdim) {
    Value sum = b.reduce<SumOp>(x, dims, keepdim); // one statement per op: compilers evaluate arguments in their own order
    return b.div(sum, b.count(x, dims));
  }
  /// The variance of what moments gave, with another divisor: 0 at most where the correction leaves nothing.
  Value corrected(NamedBuilder &b, Value variance, Value x, ArrayRef<int64_t> dims, double correction) {
    if (correction == 0)
      return variance;
    auto count = reducedCount(cast<RankedTensorType>(x.getType()).getShape(), dims);
    if (count && double(*count) > correction)
      return b.mul(variance, b.constant(double(*count) / (double(*count) - correction)));
    Value n = b.count(x, dims), difference = b.sub(n, b.constant(correction));
    Value left = b.binary<MaximumOp>(difference, b.constant(0));
    return b.div(b.mul(variance, n), left);
  }
  static SmallVector<int64_t> trailing(Value x, int64_t count) {
    int64_t rank = cast<RankedTensorType>(x.getType()).getRank();
    return llvm::to_vector(llvm::seq(rank - count, rank));
  }

  SmallVector<Value> decomposed(MeanOp o) { return {mean(make, o.getX(), o.getDims(), o.getKeepdim())}; }
  SmallVector<Value> decomposed(VarianceOp o) {
    MomentsOp m = make.moments(o.getX(), o.getDims(), o.getKeepdim());
    return {corrected(make, m.getVariance(), o.getX(), o.getDims(), o.getCorrection().convertToDouble())};
  }

  /// The largest element as a constant of differentiation: it cancels in what it is subtracted for.
  Value shift(Value x, ArrayRef<int64_t> dims) { return stats.detach(stats.reduce<MaxOp>(x, dims, true)); }
  SmallVector<Value> decomposed(LogSumExpOp o) {
    Value m = shift(o.getX(), o.getDims());
    // m - m is 0 for every number; infinity would make inf - inf of the largest element itself.
    Value difference = stats.sub(m, m);
    Value finite = stats.ternary<WhereOp>(difference, stats.constant(0), m);
    Value sum = stats.reduce<SumOp>(make.unary<ExpOp>(make.sub(o.getX(), finite)), o.getDims(), true);
    Value y = make.add(make.unary<LogOp>(sum), finite);
    return {make.reshape(y, o.getY().getType().getShape())};
  }
  SmallVector<Value> decomposed(SoftmaxOp o) {
    Value e = make.unary<ExpOp>(make.sub(o.getX(), shift(o.getX(), o.getDims())));
    return {make.div(e, stats.reduce<SumOp>(e, o.getDims(), true))};
  }
  SmallVector<Value> decomposed(LogSoftmaxOp o) {
    Value z = make.sub(o.getX(), shift(o.getX(), o.getDims()));
    return {make.sub(z, stats.unary<LogOp>(stats.reduce<SumOp>(make.unary<ExpOp>(z), o.getDims(), true)))};
  }

  SmallVector<Value> decomposed(LayerNormOp o) {
    MomentsOp m = stats.moments(o.getX(), trailing(o.getX(), o.getNormalisedDims()), true);
    Value y = make.ternary<StandardizeOp>(o.getX(), m.getMean(), rstd(m.getVariance(), o.getEps()));
    return {o.getGamma() ? make.add(make.mul(y, o.getGamma()), o.getBeta()) : y};
  }
  SmallVector<Value> decomposed(RmsNormOp o) {
    Value square = mean(stats, stats.unary<SquareOp>(o.getX()), trailing(o.getX(), o.getNormalisedDims()), true);
    Value y = make.mul(o.getX(), rstd(square, o.getEps()));
    return {o.getGamma() ? make.mul(y, o.getGamma()) : y};
  }

  SmallVector<Value> decomposed(BatchNormOp o) {
    RankedTensorType x = o.getX().getType();
    SmallVector<int64_t> dims, channels(x.getRank() - 1, 1), vector{x.getDimSize(1)};
    for (int64_t d = 0; d < x.getRank(); ++d)
      if (d != 1)
        dims.push_back(d);
    channels[0] = x.getDimSize(1);
    Value mean, variance;
    SmallVector<Value> results(1);
    if (o.getInference()) {
      mean = make.reshape(o.getRunningMean(), channels), variance = make.reshape(o.getRunningVariance(), channels);
    } else {
      MomentsOp m = stats.moments(o.getX(), dims, true);
      mean = m.getMean(), variance = m.getVariance();
      double momentum = o.getMomentum().convertToDouble();
      auto updated = [&](Value running, Value batch) {
        Value detached = make.reshape(make.detach(batch), vector), part = make.mul(detached, make.constant(momentum));
        results.push_back(make.add(make.mul(running, make.constant(1 - momentum)), part));
      };
      if (!o.getUpdated().empty()) {
        updated(o.getRunningMean(), mean);
        updated(o.getRunningVariance(), corrected(make, variance, o.getX(), dims, 1));
      }
    }
    Value y = make.ternary<StandardizeOp>(o.getX(), mean, rstd(variance, o.getEps()));
    if (o.getGamma()) {
      Value scaled = make.mul(y, make.reshape(o.getGamma(), channels));
      y = make.add(scaled, make.reshape(o.getBeta(), channels));
    }
    results[0] = y;
    return results;
  }

  Operation *op;
  OpBuilder builder;
  NamedBuilder make, stats;
};

/// Norms, softmaxes and means of 16-bit tensors are made in f32, so that no step between is rounded if it is written to memory. Group norms
/// have steps of their own, whose statistics are f32.
void widen(Operation *op) {
  if (isa<GroupNormOp, InstanceNormOp>(op) || !holdsNarrow(op->getOperand(0).getType()))
    return;
  OpBuilder builder(op);
  for (OpOperand &operand : op->getOpOperands())
    operand.set(NamedBuilder(builder, op->getLoc()).inF32(operand.get()));
  builder.setInsertionPointAfter(op);
  for (Value result : op->getResults()) {
    auto type = cast<RankedTensorType>(result.getType());
    if (!holdsNarrow(type))
      continue;
    result.setType(inF32(type));
    auto narrow = CastOp::create(builder, op->getLoc(), type, result, true);
    result.replaceAllUsesExcept(narrow, narrow);
  }
}

class DecomposeNormsPass : public impl::DecomposeNormsBase<DecomposeNormsPass> {
  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      if (!isComposite(op))
        return;
      widen(op);
      op->replaceAllUsesWith(Decomposition(op).run());
      op->erase();
      ++numDecomposed;
    });
  }
};

} // namespace
} // namespace fusion
