// The fusion dialect: named ops, stages and kernels.
#pragma once
#include "fusion/Dialect/NamedOpTrait.h"
#include "fusion/Dialect/Pool.h"
#include "fusion/Dialect/Window.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "fusion/Dialect/FusionDialect.h.inc"
#include "fusion/Dialect/FusionEnums.h.inc"
#include "fusion/Dialect/FusionInterfaces.h.inc"

#define GET_OP_CLASSES
#include "fusion/Dialect/FusionOps.h.inc"

namespace fusion {
/// Whether -fusion-decompose-norms rewrites the op into others; it has neither stages nor a derivative rule of its own.
inline bool isComposite(mlir::Operation *op) {
  return llvm::isa<GroupNormOp, InstanceNormOp, BatchNormOp, LayerNormOp, RmsNormOp, SoftmaxOp, LogSoftmaxOp, MeanOp, VarianceOp,
                   LogSumExpOp>(op);
}
} // namespace fusion
