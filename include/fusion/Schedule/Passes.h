// Passes that choose tiles.
#pragma once
#include "fusion/Schedule/DeviceSpec.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace fusion {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "fusion/Schedule/Passes.h.inc"

/// Chooses the tiles of every kernel of one function; the pass is a wrapper around this.
mlir::LogicalResult scheduleFunction(mlir::func::FuncOp func, const DeviceSpec &spec, int64_t batch);
} // namespace fusion
