// The trait every op of the named layer carries: it marks the layer and holds its tensors to the constraints they share.
#pragma once
#include "mlir/IR/OpDefinition.h"

namespace fusion {
namespace detail {
/// tensor_c1 to tensor_c3 (dialects/Fusion/FusionBase.td) for every operand and result.
mlir::LogicalResult verifyNamedTensors(mlir::Operation *op);
/// tensor_c3.
mlir::LogicalResult verifyElementTypes(mlir::Operation *op);
} // namespace detail

template <typename ConcreteOp> class NamedOp : public mlir::OpTrait::TraitBase<ConcreteOp, NamedOp> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) { return detail::verifyNamedTensors(op); }
};

} // namespace fusion
