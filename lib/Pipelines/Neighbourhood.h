// The surroundings of an op as a function of their own.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace fusion {

/// More ops than the forward and backward of a chain of ten ops have: such chains are judged whole.
constexpr unsigned kNeighbours = 48;

/// A copy of `func` when it has at most `kNeighbours` ops (`whole`), else of the ones nearest to `center`: values from elsewhere are
/// arguments, and values that are read elsewhere are results.
mlir::func::FuncOp neighbourhood(mlir::func::FuncOp func, mlir::Operation *center, bool &whole);

} // namespace fusion
