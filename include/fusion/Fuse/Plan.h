// The fusion plan of one function of stages: which kernel every stage runs in, and what is stored, recomputed or reduced in between.
//
// Depth orders the plan: a kernel may read what kernels of smaller depth stored. Contractions and reductions that do not fit a tile are
// what adds depth; everything elementwise joins the kernel of its operands.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Schedule/CostModel.h"
#include "fusion/Schedule/Tiles.h"
#include "fusion/Stages/Access.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace fusion {

/// What a reduction merges: per image or over all of them, over runs of `channels` channels.
struct ReduceShape {
  bool perImage = false;
  int64_t channels = 1;
};
/// Empty when the result keeps something else (a spatial position, for instance): no kernel here computes that.
std::optional<ReduceShape> shapeOf(mlir::AffineMap resultAccess, const Domain &domain);

/// What analysis knows about a stage before anything is decided.
struct StageInfo {
  int cluster = -1; ///< stages around one contraction, pool or sweep share its number; -1 for stages that follow none
  int depth = 0;
  bool inlinable = false;               ///< a map whose operands can all be read from memory: may be recomputed wherever it is used
  bool inTile = false;                  ///< a reduction (or a map of its result) that the kernel goes on behind
  bool sweep = false;                   ///< inTile by a block that sweeps over the run once per reduction, whatever its length
  bool behindTile = false;              ///< computed from what a reduction inside a tile made
  SplitChoice split;                    ///< of a matrix product
  bool onTensorCores = false;           ///< a contraction that is predicted by the rate of tensor cores
  mlir::Operation *reduction = nullptr; ///< for a map of reduction results alone: the reduction it finishes with
};

/// The free choices; everything else follows from them.
struct Choices {
  llvm::DenseSet<mlir::Value> inlined; ///< inlinable values that contractions, and pools whose windows overlap, recompute while they load
  llvm::DenseSet<int> splitClusters;   ///< clusters whose matrix product leaves one partial per split of k; the next kernel adds them up
  llvm::DenseSet<int> storedClusters;  ///< clusters whose contraction is stored for deeper stages instead of being run again
};

/// One CUDA kernel, before it is built.
struct KernelSketch {
  enum Kind { Stages, Weight, Product, Finish } kind = Stages;
  int cluster = -1, depth = 0;
  Domain domain;
  mlir::Operation *anchor = nullptr;            ///< contraction inside, if any
  mlir::Operation *merged = nullptr;            ///< a split matrix product, whose partials (of a Product kernel) the kernel adds up
  llvm::SetVector<mlir::Value> inputs, outputs; ///< tensors read and stored; reductions in `outputs` leave as partials
  llvm::SetVector<mlir::Operation *> stages;    ///< in program order
  llvm::SetVector<mlir::Operation *> partials;  ///< reductions whose partials this kernel makes (Finish: merges)
  Work work;
};

class Planner {
public:
  Planner(mlir::func::FuncOp func, const DeviceSpec &spec, int64_t batch);
  const DeviceSpec &device() const { return spec; }

  /// Reports what cannot be planned; nothing else may be called after a failure. `given` is the plan of another shape, if there is one.
  mlir::LogicalResult analyse(mlir::DictionaryAttr given = {});
  /// Chooses what is least in predicted time, leaving a remark and a line in `reasons()` for each decision.
  /// With `quiet`, only chooses.
  Choices decide(bool quiet = false);
  llvm::SmallVector<KernelSketch, 0> sketch(const Choices &choices) const;
  double predictedSeconds(const Choices &choices) const;
  /// Replaces the function's stages by kernels.
  void build(const Choices &choices);
  llvm::ArrayRef<std::string> reasons() const { return decisions; }
  /// Choices by the order of stages, so that the plan of one shape can be used for another shape of the same chain.
  mlir::DictionaryAttr toAttr(const Choices &choices) const;
  mlir::FailureOr<Choices> fromAttr(mlir::DictionaryAttr attr) const;

  const StageInfo &info(mlir::Operation *op) const { return infos.find(op)->second; }

private:
  mlir::func::FuncOp func;
  const DeviceSpec &spec;
  int64_t batch;
  llvm::MapVector<mlir::Operation *, StageInfo> infos;
  llvm::SmallVector<mlir::Operation *> anchors;      ///< by cluster number: a contraction, a pool, or the first reduction of a sweep
  llvm::DenseMap<int, PoolOp> tilePools;             ///< by cluster: the pool that a contraction's kernel makes of its tile
  std::optional<llvm::DenseSet<int64_t>> givenTiles; ///< from a given plan: which stages (by order) stay in a tile
  llvm::DenseSet<int> tileSweeps;                    ///< clusters whose contraction's kernel reduces over the channels of its tile
  llvm::SmallVector<std::string> decisions;
  bool quiet = false;

  friend class Sketcher;
  friend class KernelBuilder;
  /// The last value that everything else of a cluster can be computed from: what is stored when the contraction is not run again.
  mlir::Value spineOf(int cluster) const;
  int depthOf(mlir::Value v) const;
  bool isFinished(mlir::Value v) const; ///< in memory by the time anything deeper runs: arguments and finished reductions
  mlir::LogicalResult analyseMap(MapOp op);
  mlir::LogicalResult analyseReduce(ReduceOp op);
  mlir::LogicalResult analyseSweep(ReduceOp op, const Run &run, StageInfo i);
  void analysePool(PoolOp op);
  /// The gather or scatter that the kernel of (cluster, depth) is about; null where there is none.
  ContractOp windowAt(int cluster, int depth) const;
  /// Whether the windows of `op` lie in the tile of the contraction that makes its operand.
  bool poolsTile(PoolOp op) const;
  /// Whether a reduction of `cluster` at `depth` runs over all channels of the tile that its operand lies in.
  bool reducesTile(const Domain &domain, const Run &run, const StageInfo &to) const;
  /// Whether a block of `contract` can hold the smallest tile made of whole windows of `pool` (null: none) with `channels` channels.
  bool fitsBlock(ContractOp contract, PoolOp pool, int64_t channels) const;
  bool isSweep(int cluster) const;
  /// Whether a stage `to` over `domain` (or one that finishes the reduction) is in the kernel that makes the in-tile value `v`.
  bool sharesTile(mlir::Value v, const StageInfo &to, const Domain &domain, bool finishing) const;
  /// The domain that the reduction behind an in-tile value runs over.
  Domain tileDomain(mlir::Value v) const;
  void record(mlir::Operation *at, bool taken, const llvm::Twine &what, double chosen, double other);
};

/// Largest group (in features) that a row kernel reduces inside its tile.
constexpr int64_t kMaxInTileGroup = 512;
/// The widest tile of a matrix product: larger groups cannot lie inside it.
constexpr int64_t kMaxMatmulTile = 128;

} // namespace fusion
