// Constraints of the named layer, numbered in dialects/Fusion/NamedOps.td; those of convolutions are in Shape.cpp, of norms in
// NormVerifiers.cpp.
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Shape.h"
#include "mlir/IR/Diagnostics.h"
#include <cmath>

using namespace mlir;
using namespace fusion;

// ---------------------------------------------------------------- convolutions

/// Reads the window attributes off any of the convolution ops; what is left out gets its default.
template <typename ConvLike> static Window windowOf(ConvLike op, RankedTensorType weight) {
  Window w;
  w.taps.assign(weight.getShape().begin() + std::min<int64_t>(2, weight.getRank()), weight.getShape().end());
  auto fill = [&](llvm::SmallVector<int64_t, 3> &to, std::optional<ArrayRef<int64_t>> given, int64_t otherwise) {
    if (given)
      to.assign(given->begin(), given->end());
    else
      to.assign(w.taps.size(), otherwise);
  };
  fill(w.stride, op.getStride(), 1);
  fill(w.padding, op.getPadding(), 0);
  fill(w.outputPadding, op.getOutputPadding(), 0);
  fill(w.dilation, op.getDilation(), 1);
  w.groups = op.getGroups();
  w.transposed = op.getTransposed();
  return w;
}

Window ConvOp::getWindow() { return windowOf(*this, getWeight().getType()); }
Window ConvGradInputOp::getWindow() { return windowOf(*this, getWeight().getType()); }
Window ConvGradWeightOp::getWindow() { return windowOf(*this, getDweight().getType()); }

LogicalResult ConvOp::verify() {
  ConvTypes types{getX().getType(), getWeight().getType(), getBias() ? getBias().getType() : RankedTensorType(), getY().getType()};
  return verifyConvolution(*this, types, getWindow());
}
// (conv_grad_input_c1)
LogicalResult ConvGradInputOp::verify() {
  return verifyConvolution(*this, {getDx().getType(), getWeight().getType(), {}, getDy().getType(), "the result", "weight", "dy"},
                           getWindow());
}
// (conv_grad_weight_c1)
LogicalResult ConvGradWeightOp::verify() {
  return verifyConvolution(*this, {getX().getType(), getDweight().getType(), {}, getDy().getType(), "x", "the result", "dy"}, getWindow());
}

// ---------------------------------------------------------------- matrix products

static bool isParameterShape(RankedTensorType type) { return type.hasStaticShape() && !llvm::is_contained(type.getShape(), 0); }

LogicalResult LinearOp::verify() {
  RankedTensorType x = getX().getType(), weight = getWeight().getType(), y = getY().getType();
  if (x.getRank() != 2 || weight.getRank() != 2 || !isParameterShape(weight))
    return emitOpError("expected x [N, K] and a static weight [F, K], but got ")
           << x << " and " << weight << "; flatten x first (linear_c1)";
  if (x.getDimSize(1) != weight.getDimSize(1))
    return emitOpError("expected weight to have ")
           << x.getDimSize(1) << " input features as x has, but got " << weight << "; a weight is [F, K] (linear_c2)";
  int64_t features = weight.getDimSize(0);
  if (getBias() && getBias().getType().getShape() != ArrayRef<int64_t>{features})
    return emitOpError("expected bias to have shape [")
           << features << "], one entry per output feature, but got " << getBias().getType() << " (linear_c3)";
  auto expected = RankedTensorType::get({x.getDimSize(0), features}, y.getElementType());
  if (y != expected)
    return emitOpError("expected a result of type ") << expected << ", but got " << y << "; the result is [N, F] (linear_c4)";
  return success();
}

LogicalResult MatmulOp::verify() {
  RankedTensorType a = getA().getType(), b = getB().getType(), y = getY().getType();
  if (a.getRank() != 2 || b.getRank() != 2)
    return emitOpError("expected two operands of rank 2, but got ") << a << " and " << b << "; flatten them first (matmul_c1)";
  unsigned summedA = getTransposeA() ? 0 : 1, summedB = getTransposeB() ? 1 : 0;
  if (a.getDimSize(summedA) != b.getDimSize(summedB))
    return emitOpError("expected equal extents in dim ") << summedA << " of a and dim " << summedB << " of b, but got " << a << " and " << b
                                                         << "; see transpose_a and transpose_b (matmul_c2)";
  auto expected = RankedTensorType::get({a.getDimSize(1 - summedA), b.getDimSize(1 - summedB)}, y.getElementType());
  if (y != expected)
    return emitOpError("expected a result of type ") << expected << ", but got " << y << " (matmul_c3)";
  return success();
}

// ---------------------------------------------------------------- elementwise

LogicalResult ConstantOp::verify() {
  if (getY().getType().getRank() != 0)
    return emitOpError("expected a result of type ") << RankedTensorType::get({}, elementOf(getY().getType())) << ", but got "
                                                     << getY().getType() << "; scalars broadcast by themselves (constant_c1)";
  Type element = elementOf(getY().getType());
  if (!std::isfinite(roundedTo(getValue().convertToDouble(), element)))
    return emitOpError("expected a value that is finite in ")
           << element << ", but got " << getValueAttr() << "; use a representable one (constant_c2)";
  return success();
}

static LogicalResult verifyBinary(Operation *op) {
  auto lhs = cast<RankedTensorType>(op->getOperand(0).getType()), rhs = cast<RankedTensorType>(op->getOperand(1).getType());
  auto y = cast<RankedTensorType>(op->getResult(0).getType());
  auto shape = broadcastShapes(lhs.getShape(), rhs.getShape());
  if (!shape)
    return op->emitOpError("expected shapes that broadcast from the right, but got ")
           << lhs << " and " << rhs << "; give the smaller one extents of 1 where it repeats (binary_c1)";
  auto expected = RankedTensorType::get(*shape, y.getElementType());
  if (y != expected)
    return op->emitOpError("expected a result of type ") << expected << ", but got " << y << " (binary_c2)";
  return success();
}
LogicalResult AddOp::verify() { return verifyBinary(*this); }
LogicalResult SubOp::verify() { return verifyBinary(*this); }
LogicalResult MulOp::verify() { return verifyBinary(*this); }
LogicalResult DivOp::verify() { return verifyBinary(*this); }
LogicalResult MaximumOp::verify() { return verifyBinary(*this); }
LogicalResult MinimumOp::verify() { return verifyBinary(*this); }

static LogicalResult verifyTernary(Operation *op) {
  SmallVector<int64_t> shape;
  for (Value operand : op->getOperands()) {
    auto both = broadcastShapes(shape, cast<RankedTensorType>(operand.getType()).getShape());
    if (!both)
      return op->emitOpError("expected shapes that broadcast from the right, but got ")
             << op->getOperandTypes() << "; give the smaller ones extents of 1 where they repeat (ternary_c1)";
    shape = *both;
  }
  auto expected = RankedTensorType::get(shape, cast<RankedTensorType>(op->getResult(0).getType()).getElementType());
  if (op->getResult(0).getType() != expected)
    return op->emitOpError("expected a result of type ") << expected << ", but got " << op->getResult(0).getType() << " (ternary_c2)";
  return success();
}
LogicalResult WhereOp::verify() { return verifyTernary(*this); }
LogicalResult StandardizeOp::verify() { return verifyTernary(*this); }
LogicalResult MaximumGradOp::verify() { return verifyTernary(*this); }
LogicalResult MinimumGradOp::verify() { return verifyTernary(*this); }

SmallVector<int64_t> SumToOp::getSummedDims() {
  if (auto dims = getDims())
    return SmallVector<int64_t>(*dims);
  return broadcastDims(getX().getType().getShape(), getY().getType().getShape());
}

LogicalResult SumToOp::verify() {
  RankedTensorType x = getX().getType(), y = getY().getType();
  auto dims = getDims();
  if (!dims) {
    auto shape = broadcastShapes(x.getShape(), y.getShape());
    if (!shape || ArrayRef<int64_t>(*shape) != x.getShape())
      return emitOpError("expected a result that broadcasts to ")
             << x << ", but got " << y << "; or list the summed dims in `dims` (sum_to_c2)";
    return success();
  }
  for (auto [i, d] : llvm::enumerate(*dims))
    if (d < 0 || d >= x.getRank() || (i > 0 && (*dims)[i - 1] >= d))
      return emitOpError("expected dims to ascend from 0 to ")
             << x.getRank() - 1 << ", but got " << getDimsAttr() << "; list each summed dim once (sum_to_c1)";
  SmallVector<int64_t> left;
  for (int64_t d = 0; d < x.getRank(); ++d)
    if (!llvm::is_contained(*dims, d))
      left.push_back(x.getDimSize(d));
  auto expected = RankedTensorType::get(left, y.getElementType());
  if (y != expected)
    return emitOpError("expected a result of type ") << expected << ", but got " << y << "; summed dims are dropped (sum_to_c3)";
  return success();
}
