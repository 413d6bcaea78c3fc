// Shape inference of the named layer, for verifiers and for whoever builds named ops.
#pragma once
#include "fusion/Dialect/Window.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace fusion {

/// The shape two shapes broadcast to, aligned from the right, or nothing. An unknown extent (the batch) meets itself and 1.
std::optional<llvm::SmallVector<int64_t>> broadcastShapes(llvm::ArrayRef<int64_t> lhs, llvm::ArrayRef<int64_t> rhs);

/// The dims of `from` that are summed when a value of shape `from` is reduced to shape `to`, which broadcasts to it.
llvm::SmallVector<int64_t> broadcastDims(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

/// The shape that is left of `shape` when `dims` are reduced: without them, or with 1 in their place.
llvm::SmallVector<int64_t> reducedShape(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> dims, bool keepdim);

/// The number of elements of `shape` that a reduction over `dims` merges into one; nothing where it is unknown.
std::optional<int64_t> reducedCount(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> dims);

/// The types of a convolution, however its op calls them; `bias` may be null.
struct ConvTypes {
  mlir::RankedTensorType x, weight, bias, y;
  const char *xName = "x", *weightName = "weight", *yName = "the result";
};

/// conv_c1 to conv_c11 (dialects/Fusion/NamedOps.td).
mlir::LogicalResult verifyConvolution(mlir::Operation *op, const ConvTypes &types, const Window &window);

} // namespace fusion
