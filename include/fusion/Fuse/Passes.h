// Passes that decide which stages share a kernel.
#pragma once
#include "fusion/Schedule/DeviceSpec.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace fusion {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "fusion/Fuse/Passes.h.inc"

/// Plans and builds the kernels of one function; the pass is a wrapper around this.
mlir::LogicalResult fuseFunction(mlir::func::FuncOp func, const DeviceSpec &spec, int64_t batch);
/// What the best plan of a function of stages is predicted to take; the function stays as it is.
mlir::FailureOr<double> predictedSeconds(mlir::func::FuncOp func, const DeviceSpec &spec, int64_t batch);
} // namespace fusion
