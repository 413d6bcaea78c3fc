// Derivative rules of ops with structure: convolutions, matrix products, norms. They build named ops of the same dialect.
#include "Rules.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;

namespace fusion {

/// Sums over every dim but the channel, dim 1.
static Value sumPerChannel(RuleContext &c, Value gradient, Value vector) {
  SmallVector<int64_t> dims;
  for (int64_t d = 0, rank = cast<RankedTensorType>(gradient.getType()).getRank(); d < rank; ++d)
    if (d != 1)
      dims.push_back(d);
  return SumToOp::create(c.builder, c.loc, vector.getType(), gradient, c.builder.getDenseI64ArrayAttr(dims));
}

/// The gradient ops take the convolution's own window attributes.
LogicalResult convRule(RuleContext &c) {
  auto op = cast<ConvOp>(c.op);
  auto gradient = [&](auto kind, Value operand, Value other) {
    using GradOp = typename decltype(kind)::type;
    c.gradients.contribute(operand,
                           GradOp::create(c.builder, c.loc, operand.getType(), c.dy(), other, op.getTransposedAttr(), op.getStrideAttr(),
                                          op.getPaddingAttr(), op.getOutputPaddingAttr(), op.getDilationAttr(), op.getGroupsAttr()));
  };
  if (c.gradients.wants(op.getX()))
    gradient(std::common_type<ConvGradInputOp>(), op.getX(), op.getWeight());
  if (c.gradients.wants(op.getWeight()))
    gradient(std::common_type<ConvGradWeightOp>(), op.getWeight(), op.getX());
  if (c.gradients.wants(op.getBias()))
    c.gradients.contribute(op.getBias(), sumPerChannel(c, c.dy(), op.getBias()));
  return success();
}

static Value matmul(RuleContext &c, Type type, Value a, Value b, bool transposeA, bool transposeB) {
  auto flag = [&](bool on) { return on ? c.builder.getUnitAttr() : UnitAttr(); };
  return MatmulOp::create(c.builder, c.loc, type, a, b, flag(transposeA), flag(transposeB));
}

/// y = x * weight^T + bias: d(x) = dy * weight, d(weight) = dy^T * x, d(bias) = sum over the batch of dy
LogicalResult linearRule(RuleContext &c) {
  auto op = cast<LinearOp>(c.op);
  if (c.gradients.wants(op.getX()))
    c.gradients.contribute(op.getX(), matmul(c, op.getX().getType(), c.dy(), op.getWeight(), false, false));
  if (c.gradients.wants(op.getWeight()))
    c.gradients.contribute(op.getWeight(), matmul(c, op.getWeight().getType(), c.dy(), op.getX(), true, false));
  if (c.gradients.wants(op.getBias()))
    c.gradients.contribute(op.getBias(), sumPerChannel(c, c.dy(), op.getBias()));
  return success();
}

/// y = A * B with A = a or a^T, B = b or b^T: d(A) = dy * B^T, d(B) = A^T * dy, transposed once more where the operand was
LogicalResult matmulRule(RuleContext &c) {
  auto op = cast<MatmulOp>(c.op);
  Value a = op.getA(), b = op.getB();
  bool ta = op.getTransposeA(), tb = op.getTransposeB();
  if (c.gradients.wants(a))
    c.gradients.contribute(a, ta ? matmul(c, a.getType(), b, c.dy(), tb, true) : matmul(c, a.getType(), c.dy(), b, false, !tb));
  if (c.gradients.wants(b))
    c.gradients.contribute(b, tb ? matmul(c, b.getType(), c.dy(), a, true, ta) : matmul(c, b.getType(), a, c.dy(), !ta, false));
  return success();
}

/// With n = (x - mean) * rstd: d(x) = normalize_grad, which goes through the statistics too, d(gamma) = sum of dy * n, d(beta) = sum of dy
LogicalResult normalizeRule(RuleContext &c) {
  auto op = cast<NormalizeOp>(c.op);
  auto stats = op.getMean().getDefiningOp<GroupStatsOp>();
  if (c.gradients.wants(op.getX()) || c.gradients.wants(op.getMean()) || c.gradients.wants(op.getRstd())) {
    if (!stats || stats.getX() != op.getX() || stats.getRstd() != op.getRstd() || stats.getMean() != op.getMean())
      return op.emitOpError(
          "expected statistics that are this operand's own group_stats, but got others; only then is there a derivative rule");
    c.gradients.contribute(op.getX(), NormalizeGradOp::create(c.builder, c.loc, op.getX().getType(), c.dy(), op.getX(), op.getMean(),
                                                              op.getRstd(), op.getGamma()));
  }
  if (c.gradients.wants(op.getGamma())) {
    Value n = NormalizeOp::create(c.builder, c.loc, op.getType(), op.getX(), op.getMean(), op.getRstd(), Value(), Value());
    c.gradients.contribute(op.getGamma(), sumPerChannel(c, MulOp::create(c.builder, c.loc, op.getType(), c.dy(), n), op.getGamma()));
  }
  if (c.gradients.wants(op.getBeta()))
    c.gradients.contribute(op.getBeta(), sumPerChannel(c, c.dy(), op.getBeta()));
  return success();
}

} // namespace fusion
