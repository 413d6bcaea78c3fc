// How stages see a tensor: linear offsets as affine maps of the coordinates (n, c, p).
#pragma once
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"

namespace fusion {

/// Extents of the coordinates. `batch` is ShapedType::kDynamic when it is a kernel argument.
struct Domain {
  int64_t batch = 1, channels = 1, positions = 1;

  static Domain of(mlir::RankedTensorType type);
  static Domain from(llvm::ArrayRef<int64_t> attr) { return {attr[0], attr[1], attr[2]}; }
  llvm::SmallVector<int64_t, 3> attr() const { return {batch, channels, positions}; }
  bool operator==(const Domain &o) const { return batch == o.batch && channels == o.channels && positions == o.positions; }
  /// Elements at a given batch size.
  int64_t elements(int64_t n) const { return (mlir::ShapedType::isDynamic(batch) ? n : batch) * channels * positions; }
};

/// Offset in a dense row-major tensor of `operand` type that right-aligned broadcasting to `iteration` gives coordinate (n, c, p).
mlir::AffineMap broadcastAccess(mlir::RankedTensorType operand, mlir::RankedTensorType iteration);
/// (n, c, p) -> (n * C + c) * P + p: every element of the domain once, in memory order.
mlir::AffineMap fullAccess(mlir::MLIRContext *context, const Domain &domain);
/// (n, c, p) -> n * G + c floordiv (C / G): one value per (image, group).
mlir::AffineMap groupAccess(mlir::MLIRContext *context, const Domain &domain, int64_t groups);
/// (n, c, p) -> c.
mlir::AffineMap channelAccess(mlir::MLIRContext *context);

bool usesImage(mlir::AffineMap access);
bool usesChannel(mlir::AffineMap access);
bool usesPosition(mlir::AffineMap access);

} // namespace fusion
