// Constraints of reductions and softmax (dialects/Fusion/Reductions.td), and of ops that rearrange, repeat or mask (ShapeOps.td).
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Shape.h"
#include "mlir/IR/Diagnostics.h"
#include <cmath>

using namespace mlir;
using namespace fusion;

// ---------------------------------------------------------------- reductions

/// (reduction_c1)
static LogicalResult verifyDims(Operation *op, RankedTensorType x, DenseI64ArrayAttr given) {
  ArrayRef<int64_t> dims = given;
  bool ascend = !dims.empty();
  for (auto [i, d] : llvm::enumerate(dims))
    ascend &= d >= 0 && d < x.getRank() && (i == 0 || dims[i - 1] < d);
  if (ascend)
    return success();
  return op->emitOpError("expected dims to ascend from 0 to ")
         << x.getRank() - 1 << ", but got " << given << "; list each reduced dim once, at least one (reduction_c1)";
}

/// (reduction_c1), (reduction_c2)
static LogicalResult verifyReduction(Operation *op, RankedTensorType x, DenseI64ArrayAttr dims, bool keepdim, RankedTensorType y) {
  if (failed(verifyDims(op, x, dims)))
    return failure();
  auto expected = RankedTensorType::get(reducedShape(x.getShape(), dims, keepdim), y.getElementType());
  if (y == expected)
    return success();
  return op->emitOpError("expected a result of type ")
         << expected << ", but got " << y << "; reduced dims are dropped, or become 1 with keepdim (reduction_c2)";
}

/// (reduction_c3)
static LogicalResult verifyNotEmpty(Operation *op, RankedTensorType x, ArrayRef<int64_t> dims) {
  for (int64_t d : dims)
    if (x.getDimSize(d) == 0)
      return op->emitOpError("expected an element to reduce, but got none in dim ") << d << " of " << x << " (reduction_c3)";
  return success();
}

template <typename Op> static LogicalResult verifyReduction(Op op) {
  return verifyReduction(op, op.getX().getType(), op.getDimsAttr(), op.getKeepdim(), op.getY().getType());
}
template <typename Op> static LogicalResult verifyNotEmptyReduction(Op op) {
  return success(succeeded(verifyReduction(op)) && succeeded(verifyNotEmpty(op, op.getX().getType(), op.getDims())));
}

LogicalResult SumOp::verify() { return verifyReduction(*this); }
LogicalResult MeanOp::verify() { return verifyReduction(*this); }
LogicalResult MaxOp::verify() { return verifyNotEmptyReduction(*this); }
LogicalResult MinOp::verify() { return verifyNotEmptyReduction(*this); }
LogicalResult LogSumExpOp::verify() { return verifyNotEmptyReduction(*this); }

LogicalResult VarianceOp::verify() {
  if (failed(verifyReduction(*this)))
    return failure();
  if (!std::isfinite(float(getCorrection().convertToDouble())))
    return emitOpError("expected a finite correction, but got ") << getCorrectionAttr() << "; PyTorch's default is 1.0 (variance_c1)";
  return success();
}

LogicalResult MomentsOp::verify() { return verifyReduction(*this, getX().getType(), getDimsAttr(), getKeepdim(), getMean().getType()); }

LogicalResult CountOp::verify() {
  if (failed(verifyDims(*this, getX().getType(), getDimsAttr())))
    return failure();
  if (getY().getType().getRank() != 0)
    return emitOpError("expected a result of type tensor<f32>, but got ") << getY().getType() << " (count_c1)";
  return success();
}

LogicalResult ExtremeGradOp::verify() {
  if (getOf() != "max" && getOf() != "min")
    return emitOpError("expected max or min, but got \"") << getOf() << "\" (extreme_grad_c1)";
  RankedTensorType x = getX().getType(), dy = getDy().getType();
  if (failed(verifyDims(*this, x, getDimsAttr())) || failed(verifyNotEmpty(*this, x, getDims())))
    return failure();
  auto expected = RankedTensorType::get(reducedShape(x.getShape(), getDims(), getKeepdim()), x.getElementType());
  if (dy != expected)
    return emitOpError("expected dy to have the reduction's type ") << expected << ", but got " << dy << " (extreme_grad_c2)";
  return success();
}

template <typename Op> static LogicalResult verifySoftmax(Op op) {
  RankedTensorType x = op.getX().getType();
  return success(succeeded(verifyDims(op, x, op.getDimsAttr())) && succeeded(verifyNotEmpty(op, x, op.getDims())));
}
LogicalResult SoftmaxOp::verify() { return verifySoftmax(*this); }
LogicalResult LogSoftmaxOp::verify() { return verifySoftmax(*this); }

// ---------------------------------------------------------------- shapes

LogicalResult ReshapeOp::verify() {
  RankedTensorType x = getX().getType(), y = getY().getType();
  if (x.hasStaticShape() != y.hasStaticShape())
    return emitOpError("expected an unknown batch in both shapes or in neither, but got ")
           << x << " and " << y << "; a batch cannot come from nowhere (reshape_c1)";
  bool dynamic = !x.hasStaticShape();
  auto count = [&](RankedTensorType type) {
    int64_t n = 1;
    for (int64_t extent : type.getShape().drop_front(dynamic))
      n *= extent;
    return n;
  };
  int64_t from = count(x), to = count(y);
  if (from == to || (dynamic && (from % to == 0 || to % from == 0)))
    return success();
  return emitOpError("expected as many elements as ")
         << x << " has, but got " << y << "; " << from << (dynamic ? " per image" : "") << " are not " << to << " (reshape_c2)";
}

LogicalResult BroadcastOp::verify() {
  RankedTensorType x = getX().getType(), y = getY().getType();
  auto shape = broadcastShapes(x.getShape(), y.getShape());
  if (shape && ArrayRef<int64_t>(*shape) == y.getShape())
    return success();
  return emitOpError("expected a result that ") << x << " broadcasts to from the right, but got " << y
                                                << "; reshape the operand to put extents of 1 where it repeats (broadcast_c1)";
}

LogicalResult DropoutOp::verify() {
  double p = getP().convertToDouble();
  if (p >= 0 && p <= 1)
    return success();
  return emitOpError("expected a probability from 0 to 1, but got ") << getPAttr() << " (dropout_c1)";
}

LogicalResult WithinOp::verify() {
  RankedTensorType x = getX().getType();
  int64_t dim = int64_t(getDim()), from = int64_t(getFrom()), to = int64_t(getTo());
  if (dim < 2 || dim >= x.getRank())
    return emitOpError("expected a spatial dim of ") << x << ", at least 2, but got " << dim << " (within_c1)";
  if (from >= 0 && from <= to && to <= x.getDimSize(dim))
    return success();
  return emitOpError("expected 0 <= from <= to <= ")
         << x.getDimSize(dim) << ", the extent of dim " << dim << ", but got " << from << " and " << to << " (within_c2)";
}
