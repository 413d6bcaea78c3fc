// What the scalar ops of a map cost, and which of them `torch` precision computes in another way than it is written.
#pragma once
#include "fusion/Dialect/FusionDialect.h"

namespace fusion {

/// Whether `torch` precision divides by `divisor` with a product: a constant that has a reciprocal, a constant of at least 1 plus an
/// exponential, or a sum of exponentials of what lies below its maximum.
bool hasCheapReciprocal(mlir::Value divisor);
/// Whether `op` is tanh(log1p(exp(x))), which `torch` precision computes from the exponential.
bool isTanhOfSoftplus(mlir::Operation *op);
/// Whether only such tanh read `op`, a log1p, so that nobody computes it.
bool feedsTanhOfSoftplus(mlir::Operation *op);
/// Whether `op` is 1 + erf(x), which `torch` precision computes at once.
bool isOnePlusErf(mlir::Operation *op);
/// Whether only such sums read `op`, an erf, so that nobody computes it.
bool feedsOnePlusErf(mlir::Operation *op);

/// Instructions of a map for one element, as they are emitted in `torch` precision.
double instructionsPerElement(mlir::Operation *map);
/// Those of them that the unit for special functions executes.
double specialPerElement(mlir::Operation *map);

} // namespace fusion
