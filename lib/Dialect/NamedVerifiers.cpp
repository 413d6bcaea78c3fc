// Constraints of the named layer.
#include "fusion/Dialect/FusionDialect.h"

using namespace mlir;
using namespace fusion;

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
LogicalResult ConvOp::verify() { return success(); }
LogicalResult ConvGradInputOp::verify() { return success(); }
LogicalResult ConvGradWeightOp::verify() { return success(); }
LogicalResult LinearOp::verify() { return success(); }
LogicalResult MatmulOp::verify() { return success(); }
LogicalResult ConstantOp::verify() { return success(); }
LogicalResult AddOp::verify() { return success(); }
LogicalResult SubOp::verify() { return success(); }
LogicalResult MulOp::verify() { return success(); }
LogicalResult DivOp::verify() { return success(); }
LogicalResult ActivationGradOp::verify() { return success(); }
LogicalResult SumToOp::verify() { return success(); }
LogicalResult GroupNormOp::verify() { return success(); }
LogicalResult GroupStatsOp::verify() { return success(); }
LogicalResult NormalizeOp::verify() { return success(); }
LogicalResult NormalizeGradOp::verify() { return success(); }

SmallVector<int64_t> SumToOp::getSummedDims() {
  if (auto dims = getDims())
    return SmallVector<int64_t>(*dims);
  SmallVector<int64_t> summed;
  auto from = getX().getType().getShape(), to = getY().getType().getShape();
  int64_t missing = int64_t(from.size()) - int64_t(to.size());
  for (int64_t d = 0; d < int64_t(from.size()); ++d)
    if (d < missing || (to[d - missing] == 1 && from[d] != 1))
      summed.push_back(d);
  return summed;
}
