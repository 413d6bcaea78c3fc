// The printer of kernels that sweep over runs of elements: its state, shared by EmitSweep.cpp (what is done) and EmitSweepPlaces.cpp
// (where).
#pragma once
#include "KernelText.h"
#include "fusion/Schedule/SweepWalks.h"
#include "llvm/Support/FormatVariadic.h"

namespace fusion::cuda {

/// A run [outer, reduced, inner] lies in memory as (o * R + r) * I + i; (o, i) is a result, the stages of one value per result are "kept".
/// Threads share runs in one of two ways: lanes along the results (columns) or along the reduced elements (rows). Elementwise stages are
/// computed again in every sweep that needs them: their operands are in the first-level cache by then. Rows whose run a few lanes hold
/// in registers are loaded once, and elements that a later sweep needs are kept (`held`).
class SweepPrinter {
public:
  explicit SweepPrinter(KernelText &k) : k(k), w(k.body), run(k.facts.run), stages(k.epilogue()) {
    fromAttr(*k.kernel.getSchedule(), tile);
  }
  SweepPrinter(KernelText &k, const TileSweep &tileSweep)
      : k(k), w(k.body), run(k.facts.run), stages(tileSweep.stages), source(&tileSweep), inTile(tileSweep.value) {
    tile.threads = tileSweep.threads;
    tile.lanes = tileLanes(tileSweep.elements, run.reduced, tile.threads).lanes;
  }
  void print();

private:
  KernelText &k;
  Writer &w;
  Run run;
  SweepTile tile;
  llvm::SmallVector<mlir::Operation *> stages;
  const TileSweep *source = nullptr; ///< where elements lie in a tile; else they are loaded
  mlir::Value inTile;                ///< what lies in that tile at the moment
  llvm::SmallVector<TileWalk> walks; ///< over it
  int64_t vector = 1;
  llvm::DenseMap<mlir::Value, int> sweepOf;              ///< the sweep in which (elements) or behind which (kept values) a value is known
  llvm::DenseMap<mlir::Operation *, std::string> gather; ///< reduction -> what a thread gathers
  llvm::SetVector<mlir::Value> again;                    ///< held rows: elements that one sweep makes and a later one uses
  llvm::DenseMap<mlir::Value, std::string> held;         ///< their arrays, once they are declared
  llvm::DenseSet<mlir::Value> filled;                    ///< those that earlier sweeps have filled
  llvm::DenseMap<mlir::Value, std::string> perRun;       ///< held rows: one value of a tensor per run

  bool columns() const { return !tile.alongReduced; }
  bool holds() const { return tile.held && !columns() && !source && run.perImage; } ///< a few lanes hold a run in registers
  bool arrays() const { return columns() && vector > 1; }                           ///< a thread has several results
  bool putsBack() const {
    return llvm::any_of(walks, [](const TileWalk &walk) { return walk.putBack; });
  }
  llvm::StringRef offset() const { return source ? "cell" : "at"; } ///< of the current element
  bool isKept(mlir::Value v) const {
    mlir::Operation *op = v.getDefiningOp();
    return op && !(source && v == source->value) &&
           (llvm::isa<ReduceOp>(op) || !(Domain::from(llvm::cast<MapOp>(op).getDomain()) == k.facts.domain));
  }
  /// Whether this printer stores `v`: a tile's kernel stores some results before the sweep.
  bool stores(mlir::Value v) const { return !source || v == source->value || llvm::is_contained(stages, v.getDefiningOp()); }
  int known(mlir::Value v) const {
    auto it = sweepOf.find(v);
    return it == sweepOf.end() ? 0 : it->second;
  }
  std::string reducedText() { return run.perImage ? std::to_string(run.reduced) : product(k.batchText(k.facts.domain.batch), run.reduced); }
  static std::string product(const std::string &a, int64_t b) { return b == 1 ? a : a + " * " + std::to_string(b); }
  runtime::Expr results() const {
    runtime::Expr perImage(run.outer * run.inner);
    return run.perImage ? k.batchExpr(k.facts.domain.batch) * perImage : perImage;
  }
  Place elementCoordinates();
  Place keptCoordinates(const Domain &d);
  std::string heldElement(mlir::Value v) const { return held.lookup(v) + (vector > 1 ? "[u][v]" : "[u]"); }
  int64_t steps() const { return (run.reduced + tile.lanes * vector - 1) / (tile.lanes * vector); } ///< accesses of a lane to its run
  /// The place within its run, as an access; null where runs are no part of an image's elements that has one.
  mlir::AffineMap placeInRun() const;
  void declareHeld(int s, llvm::ArrayRef<mlir::Operation *> needed);
  void prepare();
  void place();
  void placeInTile();
  void sweep(int s);
  void element(int s, llvm::ArrayRef<mlir::Operation *> needed, mlir::Value keeping);
  /// Whether sweep s loads or stores elements of the run: those of a tile may do neither.
  bool needsOffset(int s, llvm::ArrayRef<mlir::Operation *> needed);
  std::string operand(mlir::Value v, mlir::AffineMap access, llvm::DenseMap<std::pair<mlir::Value, mlir::Attribute>, std::string> &loaded);
  llvm::SmallVector<mlir::Value> rootsOf(int s) const;
  llvm::SmallVector<mlir::Operation *> stagesFor(llvm::ArrayRef<mlir::Value> roots) const;
  void finishReductions(int s);
  void keptStages(int s);
  void store(int s);
  void eachResult(llvm::function_ref<void()> body);
};

} // namespace fusion::cuda
