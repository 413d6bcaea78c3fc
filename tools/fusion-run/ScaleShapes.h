// The same chain at a smaller shape.
#pragma once
#include "mlir/IR/BuiltinOps.h"

namespace fusion::tools {

/// Scales batch and spatial extents by `factor` in (0, 1]; in models without a convolution also feature counts, whole norm groups at a
/// time. Kernels, strides, padding and the channels of convolutions stay. Extents stay at least 1 and outputs non-empty.
mlir::LogicalResult scaleShapes(mlir::ModuleOp model, double factor);

} // namespace fusion::tools
