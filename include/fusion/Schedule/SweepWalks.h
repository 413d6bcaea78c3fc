// The walks of a sweep over its runs: one per reduction that another waits for, and one for what stands behind them.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Stages/Access.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SetVector.h"

namespace fusion {

/// The walk in which (elements) or behind which (values per result, `isKept`) each result of the stages is known.
llvm::DenseMap<mlir::Value, int> walksOf(llvm::ArrayRef<mlir::Operation *> stages, llvm::function_ref<bool(mlir::Value)> isKept);

/// One walk over the elements of a tile: the stages it computes, in order, and the value that it puts back in the tile's place, if any.
struct TileWalk {
  llvm::SmallVector<mlir::Operation *> stages;
  mlir::Value putBack;
};
/// Elements of a run that a thread alone walks over in loops that compilers unroll: later walks then find what earlier ones computed.
constexpr int64_t kUnrolledRun = 32;

/// The walks of a sweep over the tile that holds `tile`, whose elements `stored` leave. A walk starts from what lies in the tile, and puts
/// back what all later ones go through in place of what they would read, where that spares them stages; of several values, the last one.
llvm::SmallVector<TileWalk> tileWalks(mlir::Value tile, llvm::ArrayRef<mlir::Operation *> stages, llvm::ArrayRef<mlir::Value> stored,
                                      llvm::function_ref<bool(mlir::Value)> isKept);

/// How the threads of a block share walks over the channels of a tile's positions: `lanes` positions at a time, in rounds, in which a
/// thread walks over `elements` channels, all rounds together.
struct TileLanes {
  int64_t lanes = 32, elements = 0;
};
TileLanes tileLanes(int64_t positions, int64_t channels, int64_t threads);

/// Elements that one walk loads or computes and a later one uses: what lanes keep that hold their run in registers.
llvm::SetVector<mlir::Value> usedAgain(KernelOp kernel, const Domain &domain);

} // namespace fusion
