// The tiles of a kernel that are predicted to take least, for those who can measure which of them does.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Schedule/DeviceSpec.h"

namespace fusion {

struct TileCandidate {
  mlir::DictionaryAttr schedule;
  double seconds = 0; ///< predicted; 0 where the tile has no prediction of its own
};

/// At most `count` distinct tiles: first the one the kernel has, then others from the least predicted time. One alone for kernels whose
/// tile is not chosen among several.
llvm::SmallVector<TileCandidate> shortlist(KernelOp kernel, const DeviceSpec &spec, int64_t batch, unsigned count);

} // namespace fusion
