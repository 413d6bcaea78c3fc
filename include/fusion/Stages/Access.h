// How stages see a tensor: linear offsets as affine maps of the coordinates (n, c, p).
#pragma once
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>

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
/// Where the element that `access` gives over `domain`, as an offset in a dense row-major tensor of this type, lies when the tensor's
/// channels are last: ((n * C + c) * P + p goes to (n * P + p) * C + c.
mlir::AffineMap inChannelsLast(mlir::AffineMap access, const Domain &domain, mlir::RankedTensorType tensor);
/// (n, c, p) -> n * G + c floordiv (C / G): one value per (image, group).
mlir::AffineMap groupAccess(mlir::MLIRContext *context, const Domain &domain, int64_t groups);
/// (n, c, p) -> c.
mlir::AffineMap channelAccess(mlir::MLIRContext *context);

/// A reduction over a run of neighbouring dims: the domain's elements in memory order, seen as [outer, reduced, inner].
struct Run {
  int64_t outer = 1, reduced = 1, inner = 1; ///< with `perImage` outer is per image; else reduced is, and outer is 1
  bool perImage = true;
  bool operator==(const Run &o) const { return outer == o.outer && reduced == o.reduced && inner == o.inner && perImage == o.perImage; }
};
/// The result access of a reduction over `run`: (o * R + r) * I + i goes to o * I + i.
mlir::AffineMap runAccess(mlir::MLIRContext *context, const Domain &domain, const Run &run);
/// The same offsets, written without coordinates that are always 0: accesses over one domain compare by this.
mlir::AffineMap withoutUnitDims(mlir::AffineMap access, const Domain &domain);
/// The run that a reduction with this result access merges; empty when what it merges is no run.
std::optional<Run> runOf(mlir::AffineMap resultAccess, const Domain &domain);

bool usesImage(mlir::AffineMap access);
bool usesChannel(mlir::AffineMap access);
bool usesPosition(mlir::AffineMap access);

} // namespace fusion
