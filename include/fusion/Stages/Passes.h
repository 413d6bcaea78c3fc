// Passes that turn named ops into stages.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace fusion {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "fusion/Stages/Passes.h.inc"
/// The pass as a function.
mlir::LogicalResult lowerToStages(mlir::func::FuncOp func);
} // namespace fusion
