// Constraints of norms, numbered in dialects/Fusion/NamedOps.td and Norms.td.
#include "fusion/Dialect/FusionDialect.h"
#include "mlir/IR/Diagnostics.h"
#include <cmath>

using namespace mlir;
using namespace fusion;

/// A double that stays finite when it is rounded to the element type.
static bool isFiniteFloat(double value) { return std::isfinite(float(value)); }

/// (norm_c1) the rank, (norm_c2) the groups.
static LogicalResult verifyGroups(Operation *op, RankedTensorType x, int64_t groups) {
  if (x.getRank() < 2)
    return op->emitOpError("expected x to have rank 2 or more ([N, C, ...]), but got ") << x << " (norm_c1)";
  if (groups < 1 || x.getDimSize(1) % groups != 0)
    return op->emitOpError("expected groups that divide ")
           << x.getDimSize(1) << " channels, but got " << groups << "; 1 normalises over all channels together (norm_c2)";
  return success();
}

/// (norm_c3) eps.
static LogicalResult verifyEps(Operation *op, double eps, Attribute given) {
  if (isFiniteFloat(eps) && eps >= 0)
    return success();
  return op->emitOpError("expected eps to be finite and not negative, but got ") << given << "; PyTorch's default is 1e-5 (norm_c3)";
}

/// (norm_c4) one vector of the affine step.
static LogicalResult verifyPerChannel(Operation *op, Value vector, RankedTensorType x, const char *name) {
  if (!vector || cast<RankedTensorType>(vector.getType()).getShape() == ArrayRef<int64_t>{x.getDimSize(1)})
    return success();
  return op->emitOpError("expected ") << name << " to have shape [" << x.getDimSize(1) << "], one entry per channel, but got "
                                      << vector.getType() << "; it is per channel, not per group (norm_c4)";
}
static LogicalResult verifyAffine(Operation *op, Value gamma, Value beta, RankedTensorType x) {
  if (bool(gamma) != bool(beta))
    return op->emitOpError("expected gamma and beta together or neither, but got ") << (gamma ? "gamma" : "beta") << " alone (norm_c4)";
  return success(succeeded(verifyPerChannel(op, gamma, x, "gamma")) && succeeded(verifyPerChannel(op, beta, x, "beta")));
}

/// (norm_c5) a tensor like x.
static LogicalResult verifyLikeX(Operation *op, RankedTensorType type, RankedTensorType x, const char *name) {
  if (type == x)
    return success();
  return op->emitOpError("expected ") << name << " to have x's type " << x << ", but got " << type << " (norm_c5)";
}

/// (norm_c6) statistics.
static LogicalResult verifyStats(Operation *op, RankedTensorType mean, RankedTensorType rstd, RankedTensorType x, int64_t groups) {
  auto expected = RankedTensorType::get({x.getDimSize(0), groups}, Float32Type::get(op->getContext()));
  if (mean == expected && rstd == expected)
    return success();
  return op->emitOpError("expected mean and rstd of type ")
         << expected << ", but got " << mean << " and " << rstd << "; they are [N, groups] (norm_c6)";
}

LogicalResult GroupNormOp::verify() {
  RankedTensorType x = getX().getType();
  return success(succeeded(verifyGroups(*this, x, getGroups())) && succeeded(verifyEps(*this, getEps().convertToDouble(), getEpsAttr())) &&
                 succeeded(verifyAffine(*this, getGamma(), getBeta(), x)) &&
                 succeeded(verifyLikeX(*this, getY().getType(), x, "the result")));
}

LogicalResult GroupStatsOp::verify() {
  RankedTensorType x = getX().getType();
  return success(succeeded(verifyGroups(*this, x, getGroups())) && succeeded(verifyEps(*this, getEps().convertToDouble(), getEpsAttr())) &&
                 succeeded(verifyStats(*this, getMean().getType(), getRstd().getType(), x, getGroups())));
}

/// What the two ops that read statistics share; the number of groups is the statistics' second extent.
template <typename Op> static LogicalResult verifyNormalized(Op op) {
  RankedTensorType x = op.getX().getType(), mean = op.getMean().getType(), rstd = op.getRstd().getType();
  if (mean.getRank() != 2)
    return op.emitOpError("expected mean and rstd of shape [N, groups], but got ") << mean << " and " << rstd << " (norm_c6)";
  int64_t groups = mean.getDimSize(1);
  return success(succeeded(verifyGroups(op, x, groups)) && succeeded(verifyStats(op, mean, rstd, x, groups)));
}

LogicalResult NormalizeOp::verify() {
  RankedTensorType x = getX().getType();
  return success(succeeded(verifyNormalized(*this)) && succeeded(verifyAffine(*this, getGamma(), getBeta(), x)) &&
                 succeeded(verifyLikeX(*this, getY().getType(), x, "the result")));
}

LogicalResult NormalizeGradOp::verify() {
  RankedTensorType x = getX().getType();
  return success(succeeded(verifyNormalized(*this)) && succeeded(verifyPerChannel(*this, getGamma(), x, "gamma")) &&
                 succeeded(verifyLikeX(*this, getDy().getType(), x, "dy")) &&
                 succeeded(verifyLikeX(*this, getDx().getType(), x, "the result")));
}

// ---------------------------------------------------------------- norms over trailing dims

/// (trailing_c1), (trailing_c2)
static LogicalResult verifyTrailing(Operation *op, RankedTensorType x, int64_t dims, Value gamma, Value beta) {
  bool fits = dims >= 1 && dims <= x.getRank();
  if (fits)
    for (int64_t extent : x.getShape().take_back(dims))
      fits &= !ShapedType::isDynamic(extent) && extent != 0;
  if (!fits)
    return op->emitOpError("expected normalised_dims from 1 to ")
           << x.getRank() << ", without the unknown batch, but got " << dims << " for " << x << " (trailing_c1)";
  for (auto [vector, name] : {std::pair(gamma, "gamma"), std::pair(beta, "beta")}) {
    auto given = vector ? cast<RankedTensorType>(vector.getType()) : RankedTensorType();
    auto expected = RankedTensorType::get(x.getShape().take_back(dims), given ? given.getElementType() : x.getElementType());
    if (given && given != expected)
      return op->emitOpError("expected ") << name << " to have the type " << expected << " of the normalised dims, but got "
                                          << vector.getType() << " (trailing_c2)";
  }
  return success();
}

LogicalResult LayerNormOp::verify() {
  if (bool(getGamma()) != bool(getBeta()))
    return emitOpError("expected gamma and beta together or neither, but got ")
           << (getGamma() ? "gamma" : "beta") << " alone (trailing_c2)";
  RankedTensorType x = getX().getType();
  return success(succeeded(verifyTrailing(*this, x, getNormalisedDims(), getGamma(), getBeta())) &&
                 succeeded(verifyEps(*this, getEps().convertToDouble(), getEpsAttr())) &&
                 succeeded(verifyLikeX(*this, getY().getType(), x, "the result")));
}

LogicalResult RmsNormOp::verify() {
  RankedTensorType x = getX().getType();
  return success(succeeded(verifyTrailing(*this, x, getNormalisedDims(), getGamma(), Value())) &&
                 succeeded(verifyEps(*this, getEps().convertToDouble(), getEpsAttr())) &&
                 succeeded(verifyLikeX(*this, getY().getType(), x, "the result")));
}

// ---------------------------------------------------------------- instance and batch norms

LogicalResult InstanceNormOp::verify() {
  RankedTensorType x = getX().getType();
  int64_t positions = 1;
  for (int64_t extent : x.getShape().drop_front(std::min<int64_t>(2, x.getRank())))
    positions *= extent;
  if (x.getRank() < 3 || positions < 2)
    return emitOpError("expected x [N, C, spatial...] with more than one position per channel, but got ")
           << x << "; its normalised values would all be 0 (instance_norm_c1)";
  return success(succeeded(verifyEps(*this, getEps().convertToDouble(), getEpsAttr())) &&
                 succeeded(verifyAffine(*this, getGamma(), getBeta(), x)) &&
                 succeeded(verifyLikeX(*this, getY().getType(), x, "the result")));
}

/// (batch_norm_c1), (batch_norm_c2), (batch_norm_c4)
static LogicalResult verifyRunning(BatchNormOp op, RankedTensorType x) {
  Value mean = op.getRunningMean(), variance = op.getRunningVariance();
  Type element = mean ? cast<RankedTensorType>(mean.getType()).getElementType() : x.getElementType();
  auto vector = RankedTensorType::get({x.getDimSize(1)}, element);
  bool fit = bool(mean) == bool(variance) && (!mean || (mean.getType() == vector && variance.getType() == vector));
  if (!fit || (op.getInference() && !mean)) {
    InFlightDiagnostic error = op.emitOpError("expected running statistics of type ") << vector << ", but got ";
    if (mean && variance)
      error << mean.getType() << " and " << variance.getType();
    else
      error << (mean || variance ? "one of them" : "none") << (op.getInference() ? "; inference normalises with them" : "");
    return error << " (batch_norm_c1)";
  }
  size_t expected = mean && !op.getInference() ? 2 : 0;
  if (op.getUpdated().size() != expected || llvm::any_of(op.getUpdated(), [&](Value v) { return v.getType() != vector; }))
    return op.emitOpError("expected ") << expected << " updated running statistics of type " << vector << " behind the result, but got ("
                                       << op.getUpdated().getTypes() << ") (batch_norm_c2)";
  int64_t perChannel = 1;
  for (auto [d, extent] : llvm::enumerate(x.getShape()))
    perChannel *= d == 1 ? 1 : ShapedType::isDynamic(extent) ? 2 : extent;
  if (!op.getInference() && perChannel == 1)
    return op.emitOpError("expected more than one value per channel, but got ") << x << "; use inference (batch_norm_c4)";
  return success();
}

LogicalResult BatchNormOp::verify() {
  RankedTensorType x = getX().getType();
  if (failed(verifyGroups(*this, x, 1)) || failed(verifyEps(*this, getEps().convertToDouble(), getEpsAttr())) ||
      failed(verifyAffine(*this, getGamma(), getBeta(), x)) || failed(verifyLikeX(*this, getY().getType(), x, "the result")) ||
      failed(verifyRunning(*this, x)))
    return failure();
  if (!isFiniteFloat(getMomentum().convertToDouble()))
    return emitOpError("expected a finite momentum, but got ") << getMomentumAttr() << "; PyTorch's default is 0.1 (batch_norm_c3)";
  return success();
}
