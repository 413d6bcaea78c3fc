// Constraints of the named layer.
#include "fusion/Dialect/FusionDialect.h"

using namespace mlir;
using namespace fusion;

static Window windowOf(Operation *op, RankedTensorType weight) {
  Window w;
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
