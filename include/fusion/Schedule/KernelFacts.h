// What schedule and emission both ask of a kernel: its strategy, contraction, domain and the group reduced inside its tile.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Stages/Access.h"

namespace fusion {

enum class Strategy { Gather, Scatter, Weight, Matmul, Pool, Channels, Rows, Sweep, FinishRows, FinishColumns, Pack };

struct KernelFacts {
  Strategy strategy = Strategy::Channels;
  ContractOp contract; ///< null when the kernel has none
  FinishOp merged;     ///< in a kernel of rows: the sum of a split matrix product's partials; else null
  PoolOp pool;         ///< null when the kernel has none; with a contraction, the pool made of its tile
  Domain domain;       ///< of the last elementwise stages: behind the contraction and pool, or what a sweep runs over
  Domain tile;         ///< of what the contraction leaves in its tile
  bool sweeps = false; ///< whether a gather or scatter reduces over the channels of its tile
  int64_t group = 0;   ///< features of a group reduced inside the tile; 0 when there is none
  /// Elementwise work and pools: lanes along channels, because most of what they read and write lies channels-last.
  bool alongChannels = false;

  Run run; ///< that a sweep merges, over memory or over a tile

  static KernelFacts of(KernelOp kernel);
};

/// The longest run of elements that one access moves: 16 bytes of the kernel's tensors of the domain's size.
int64_t widestRun(KernelOp kernel, const Domain &domain);

} // namespace fusion
