// Prints what a gather or scatter does with its tile: elementwise stages, then a pool, then a sweep over the channels, as there are.
#include "KernelText.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

namespace {

class TilePrinter {
public:
  TilePrinter(KernelText &k, const ChannelLoop &loop, const TileTexts &tile)
      : k(k), w(k.body), loop(loop), tile(tile), stages(k.epilogue()) {}
  void run();

private:
  KernelText &k;
  Writer &w;
  ChannelLoop loop; ///< over what lies in the tile at the moment
  const TileTexts &tile;
  SmallVector<Operation *> stages; ///< that are still to come

  static Domain domainOf(Operation *op) {
    return Domain::from(isa<MapOp>(op)       ? cast<MapOp>(op).getDomain()
                        : isa<PartialOp>(op) ? cast<PartialOp>(op).getDomain()
                                             : cast<ReduceOp>(op).getDomain());
  }
  void beforePool(PoolOp pool);
  void pool(PoolOp pool);
  void partials();
  void sweep(PoolOp pool);
};

/// The stages in front of the pool, over the whole tile; the pool's operand takes the place of the contraction's result.
void TilePrinter::beforePool(PoolOp pool) {
  SmallVector<Operation *> behind;
  loop.stages.clear();
  for (Operation *op : stages)
    (domainOf(op) == k.facts.tile ? loop.stages : behind).push_back(op);
  stages = behind;
  Value x = pool.getInputs()[0];
  bool stored = llvm::is_contained(k.kernel.getBody().front().getTerminator()->getOperands(), loop.tileValue);
  if (loop.stages.empty() && !stored)
    return;
  loop.putBack = x == loop.tileValue ? Value() : x;
  emitChannelLoop(k, loop);
  loop.putBack = Value();
  if (x != loop.tileValue)
    w.line("__syncthreads();");
}

/// From here on an element is a window's value, computed from the tile wherever it is asked for.
void TilePrinter::pool(PoolOp pool) {
  k.prelude.insert("pooled.cuh");
  std::string problem = poolStruct(k, pool);
  w.line(formatv("const PooledPlace<{0}, {1}> pooledAt(at);", problem, tile.name));
  Extents box = tile.box;
  int64_t window = 1, rank = pool.getStride().size(), elements = 1;
  for (int64_t d = 0; d < 3; ++d) {
    if (d >= 3 - rank)
      box[d] /= pool.getStride()[d - (3 - rank)], window *= pool.getKernel()[d - (3 - rank)];
    elements *= box[d];
  }
  loop.domain = k.facts.domain, loop.tileValue = pool.getResult(), loop.elements = elements;
  loop.place = "pooledAt", loop.position = "pooledAt.position(m)";
  loop.call = formatv("{0}<{1}, {2}>(tile + c * {3}, at, ", pool.getKind() == PoolKind::max ? "maxOfTile" : "averageOfTile", problem,
                      tile.name, loop.tilePitch);
  loop.ofTile = true;
  // Long windows are loops, and a run around them would live in memory.
  loop.vector = window <= 16 ? vectorFor({box[2], pool.getResult().getType().getShape().back()}) : 1;
}

/// Sums that leave as partials, where a sweep comes after them.
void TilePrinter::partials() {
  llvm::DenseSet<Operation *> wanted;
  for (Operation *op : llvm::reverse(stages))
    if (isa<PartialOp>(op) || wanted.contains(op)) {
      wanted.insert(op);
      for (Value v : op->getOperands())
        if (v.getDefiningOp())
          wanted.insert(v.getDefiningOp());
    }
  loop.stages.clear();
  for (Operation *op : stages)
    if (wanted.contains(op))
      loop.stages.push_back(op);
  llvm::erase_if(stages, [](Operation *op) { return isa<PartialOp>(op); });
  if (loop.stages.empty())
    return;
  loop.storesNothing = true;
  emitChannelLoop(k, loop);
}

void TilePrinter::sweep(PoolOp pool) {
  TileSweep over;
  over.value = loop.tileValue, over.elements = loop.elements, over.threads = loop.threads, over.stages = stages;
  over.tile = "tile", over.pitch = loop.tilePitch, over.place = loop.place;
  if (pool) { // each walk would search the windows again
    over.tile = "pooled", over.pitch = std::to_string(loop.elements);
    w.line(k.comment(pool));
    w.line(formatv("float *pooled = shared + {0};", tile.behind));
    w.open(formatv("for (int e = threadIdx.x; e < {0} * {1}; e += {2})", loop.channels, loop.elements, loop.threads));
    w.line(formatv("const int c = e / {0};", loop.elements));
    w.line(formatv("const int m = e % {0};", loop.elements));
    w.line(formatv("pooled[e] = {0} >= 0 ? {1}m) : 0.0f;", loop.position, loop.call));
    w.close();
    w.line("__syncthreads();");
  }
  emitTileSweep(k, over);
}

void TilePrinter::run() {
  PoolOp made = k.facts.pool;
  loop.domain = k.facts.tile;
  if (made) {
    beforePool(made);
    pool(made);
  }
  if (k.facts.sweeps) {
    partials();
    sweep(made);
    return;
  }
  loop.stages = stages;
  emitChannelLoop(k, loop);
}

} // namespace

void cuda::emitTile(KernelText &k, const ChannelLoop &loop, const TileTexts &tile) { TilePrinter(k, loop, tile).run(); }
