// Stages of group normalisation and of its gradient.
#include "Lowering.h"
#include "fusion/Dialect/ElementTypes.h"

using namespace mlir;
using namespace fusion;

/// normalised = (x - mean) * rstd, the piece that every norm stage starts from.
static Value normalised(OpBuilder &b, Location loc, ValueRange v) {
  Value centred = arith::SubFOp::create(b, loc, v[0], v[1]);
  return arith::MulFOp::create(b, loc, centred, v[2]);
}

LogicalResult Lowering::norm(Operation *op) {
  Location loc = op->getLoc();
  if (auto stats = dyn_cast<GroupStatsOp>(op)) {
    source = "statistics";
    RankedTensorType x = typeOf(stats.getX()), out = typeOf(stats.getMean());
    ResultRange moments = reduce(loc, ReduceKind::moments, stats.getX(), groupAccess(context(), Domain::of(x), stats.getGroups()), out);
    float eps = static_cast<float>(stats.getEps().convertToDouble());
    source = "rstd";
    Value rstd = map(loc, {full(moments[1], out)}, out, [&](OpBuilder &b, Location l, ValueRange v) -> Value {
      Value e = arith::ConstantOp::create(b, l, b.getF32FloatAttr(eps)), one = arith::ConstantOp::create(b, l, b.getF32FloatAttr(1));
      Value sum = arith::AddFOp::create(b, l, v[0], e);
      Value root = math::SqrtOp::create(b, l, sum);
      return arith::DivFOp::create(b, l, one, root);
    });
    stats.getMean().replaceAllUsesWith(moments[0]);
    stats.getRstd().replaceAllUsesWith(rstd);
    return success();
  }
  if (auto normalize = dyn_cast<NormalizeOp>(op)) {
    source = "normalise";
    RankedTensorType type = typeOf(normalize.getY());
    SmallVector<Input> in{full(normalize.getX(), type), group(normalize.getMean(), type), group(normalize.getRstd(), type)};
    if (normalize.getGamma())
      in.append({channel(normalize.getGamma()), channel(normalize.getBeta())});
    normalize.getY().replaceAllUsesWith(map(loc, in, type, [](OpBuilder &b, Location l, ValueRange v) -> Value {
      Value y = normalised(b, l, v);
      if (v.size() == 3)
        return y;
      Value scaled = arith::MulFOp::create(b, l, y, v[3]);
      return arith::AddFOp::create(b, l, scaled, v[4]);
    }));
    return success();
  }
  auto grad = cast<NormalizeGradOp>(op);
  RankedTensorType type = typeOf(grad.getDx()), stat = typeOf(grad.getMean());
  Domain domain = Domain::of(type);
  int64_t groups = stat.getDimSize(1);
  AffineMap perGroup = groupAccess(context(), domain, groups);
  source = "normalise";
  RankedTensorType wide = inF32(type); // what stands between is not rounded if it is stored
  Value n = map(loc, {full(grad.getX(), type), group(grad.getMean(), type), group(grad.getRstd(), type)}, wide, normalised);
  Value g = grad.getDy();
  auto product = [](OpBuilder &b, Location l, ValueRange v) -> Value { return arith::MulFOp::create(b, l, v[0], v[1]); };
  source = "gradient of the normalised value";
  if (grad.getGamma())
    g = map(loc, {full(g, type), channel(grad.getGamma())}, wide, product);
  Value gn = map(loc, {full(g, type), full(n, type)}, wide, product);
  source = "sums over the group";
  Value sumG = reduce(loc, ReduceKind::sum, g, perGroup, stat)[0];
  Value sumGn = reduce(loc, ReduceKind::sum, gn, perGroup, stat)[0];
  source = "norm gradient";
  float inverse = static_cast<float>(1.0 / (double(domain.channels / groups) * double(domain.positions)));
  grad.getDx().replaceAllUsesWith(
      map(loc, {full(g, type), full(n, type), group(sumG, type), group(sumGn, type), group(grad.getRstd(), type)}, type,
          [&](OpBuilder &b, Location l, ValueRange v) -> Value {
            Value scale = arith::ConstantOp::create(b, l, b.getF32FloatAttr(inverse));
            Value meanG = arith::MulFOp::create(b, l, v[2], scale), meanGn = arith::MulFOp::create(b, l, v[3], scale);
            Value centred = arith::SubFOp::create(b, l, v[0], meanG), slope = arith::MulFOp::create(b, l, v[1], meanGn);
            Value inner = arith::SubFOp::create(b, l, centred, slope);
            return arith::MulFOp::create(b, l, v[4], inner);
          }));
  return success();
}
