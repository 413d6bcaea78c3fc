// Derivative rules of reductions, of what is standardised by them, of pools and of what only rearranges or masks.
#include "Rules.h"
#include "fusion/Dialect/Builders.h"
#include "fusion/Dialect/ElementTypes.h"

using namespace mlir;

namespace fusion {

/// Builds the gradient op of a pool or of dropout, which takes the op's own attributes.
static Value withAttributesOf(RuleContext &c, StringRef name, ValueRange operands, Type type) {
  OperationState state(c.loc, name, operands, type);
  for (StringAttr attribute : c.op->getRegisteredInfo()->getAttributeNames())
    if (Attribute value = c.op->getAttr(attribute))
      state.addAttribute(attribute, value);
  return c.builder.create(state)->getResult(0);
}

/// A gradient of fewer dims in the shape of `x`, in its own element type.
static Value broadcastTo(NamedBuilder &b, Value gradient, Value x) {
  return b.broadcast(gradient, withElement(cast<RankedTensorType>(x.getType()), elementOf(gradient.getType())));
}

/// d(x) = dy for every element of the sum
LogicalResult sumRule(RuleContext &c) {
  auto op = cast<SumOp>(c.op);
  NamedBuilder b(c.builder, c.loc);
  if (c.gradients.wants(op.getX()))
    c.gradients.contribute(op.getX(), broadcastTo(b, b.keepDims(c.dy(), op.getX(), op.getDims()), op.getX()));
  return success();
}

/// d(x) = dy at the first index of the extreme element
LogicalResult extremeRule(RuleContext &c) {
  Value x = c.op->getOperand(0);
  if (!c.gradients.wants(x))
    return success();
  auto dims = c.op->getAttrOfType<DenseI64ArrayAttr>("dims");
  bool keepdim = c.op->hasAttr("keepdim");
  c.gradients.contribute(x, ExtremeGradOp::create(c.builder, c.loc, x.getType(), c.dy(), x, c.op->getName().stripDialect(), dims, keepdim));
  return success();
}

/// d(x) = d(mean) / count + d(variance) * 2 (x - mean) / count
LogicalResult momentsRule(RuleContext &c) {
  auto op = cast<MomentsOp>(c.op);
  Value x = op.getX();
  if (!c.gradients.wants(x))
    return success();
  NamedBuilder b(c.builder, c.loc);
  auto perElement = [&](Value gradient) { return b.keepDims(b.div(gradient, b.count(x, op.getDims())), x, op.getDims()); };
  if (Value dMean = c.gradients.of(op.getMean()))
    c.gradients.contribute(x, broadcastTo(b, perElement(dMean), x));
  if (Value dVariance = c.gradients.of(op.getVariance())) {
    Value centred = b.sub(b.inF32(x), b.keepDims(op.getMean(), x, op.getDims()));
    Value share = perElement(dVariance);
    c.gradients.contribute(x, b.mul(centred, b.mul(share, b.constant(2))));
  }
  return success();
}

/// The moments of x that `op` standardises x by, or null.
static MomentsOp ownMoments(StandardizeOp op) {
  auto moments = op.getMean().getDefiningOp<MomentsOp>();
  auto root = op.getRstd().getDefiningOp<RsqrtOp>();
  auto sum = root ? root.getX().getDefiningOp<AddOp>() : AddOp();
  bool own = moments && sum && moments.getKeepdim() && moments.getX() == op.getX() && op.getMean() == moments.getMean() &&
             sum.getLhs() == moments.getVariance() && sum.getRhs().getDefiningOp<ConstantOp>();
  return own ? moments : MomentsOp();
}

/// With n the result: d(x) = rstd * (dy - mean(dy) - n * mean(dy * n)) where the statistics are x's own. Otherwise they are operands like
/// any.
LogicalResult standardizeRule(RuleContext &c) {
  auto op = cast<StandardizeOp>(c.op);
  NamedBuilder b(c.builder, c.loc);
  Value dy = b.inF32(c.dy()); // beside statistics, which are f32
  if (MomentsOp own = ownMoments(op)) {
    auto mean = [&](Value v) {
      Value sum = b.reduce<SumOp>(v, own.getDims(), true);
      return b.div(sum, b.count(op.getX(), own.getDims()));
    };
    Value y = b.inF32(op.getY()), centred = b.sub(dy, mean(dy)), slope = b.mul(y, mean(b.mul(dy, y)));
    if (c.gradients.wants(op.getX()))
      c.gradients.contribute(op.getX(), b.mul(b.sub(centred, slope), op.getRstd()));
    return success();
  }
  Value scaled = b.mul(dy, op.getRstd());
  if (c.gradients.wants(op.getX()))
    c.gradients.contribute(op.getX(), sumTo(c, scaled, op.getX()));
  if (c.gradients.wants(op.getMean()))
    c.gradients.contribute(op.getMean(), negate(c, sumTo(c, scaled, op.getMean())));
  if (c.gradients.wants(op.getRstd()))
    c.gradients.contribute(op.getRstd(), sumTo(c, b.mul(dy, b.sub(b.inF32(op.getX()), op.getMean())), op.getRstd()));
  return success();
}

LogicalResult reshapeRule(RuleContext &c) {
  auto op = cast<ReshapeOp>(c.op);
  if (c.gradients.wants(op.getX()))
    c.gradients.contribute(op.getX(), NamedBuilder(c.builder, c.loc).reshape(c.dy(), op.getX().getType().getShape()));
  return success();
}

LogicalResult broadcastRule(RuleContext &c) {
  auto op = cast<BroadcastOp>(c.op);
  if (c.gradients.wants(op.getX()))
    c.gradients.contribute(op.getX(), sumTo(c, c.dy(), op.getX()));
  return success();
}

/// The same mask and scale.
LogicalResult maskRule(RuleContext &c) {
  Value x = c.op->getOperand(0);
  if (c.gradients.wants(x))
    c.gradients.contribute(x, withAttributesOf(c, c.op->getName().getStringRef(), c.dy(), x.getType()));
  return success();
}

LogicalResult poolRule(RuleContext &c) {
  Value x = c.op->getOperand(0);
  if (!c.gradients.wants(x))
    return success();
  SmallVector<Value> operands{c.dy()};
  if (isa<MaxPoolOp>(c.op))
    operands.push_back(x);
  c.gradients.contribute(x, withAttributesOf(c, (c.op->getName().getStringRef() + "_grad").str(), operands, x.getType()));
  return success();
}

} // namespace fusion
