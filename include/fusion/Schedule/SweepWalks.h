// The walks of a sweep over its runs: one per reduction that another waits for, and one for what stands behind them.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Stages/Access.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SetVector.h"

namespace fusion {

/// The walk in which (elements) or behind which (values per result, `isKept`) each result of the stages is known.
llvm::DenseMap<mlir::Value, int> walksOf(llvm::ArrayRef<mlir::Operation *> stages, llvm::function_ref<bool(mlir::Value)> isKept);

/// Elements that one walk loads or computes and a later one uses: what lanes keep that hold their run in registers.
llvm::SetVector<mlir::Value> usedAgain(KernelOp kernel, const Domain &domain);

} // namespace fusion
