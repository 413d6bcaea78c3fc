// Prints what a gather or scatter does with its tile: elementwise stages, then a pool, then a sweep over the channels, as there are.
#include "KernelText.h"
#include "fusion/Stages/Access.h"
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
  bool belongsToChannels(PoolOp pool) const;
  void walk();
  void pool(PoolOp pool);
  void partials();
  void sweep(PoolOp pool);
};

/// The loop over what lies in the tile, or two of them: what lies channels-last leaves with lanes along channels.
void TilePrinter::walk() {
  const ChannelLoop all = loop;
  Operation *terminator = k.kernel.getBody().front().getTerminator();
  llvm::SmallDenseSet<Value> apart, others;
  for (OpOperand &operand : terminator->getOpOperands()) {
    Value v = operand.get();
    if (isa_and_nonnull<PartialOp>(v.getDefiningOp()))
      continue;
    if (v == loop.tileValue || llvm::is_contained(loop.stages, v.getDefiningOp()))
      (k.resultIsChannelsLast(operand.getOperandNumber()) ? apart : others).insert(v);
  }
  if (apart.empty())
    return emitChannelLoop(k, loop);
  bool rest = !others.empty() || loop.putBack;
  for (Operation *op : all.stages)
    rest |= isa<PartialOp>(op);
  auto needed = [&](llvm::function_ref<bool(Operation *)> isRoot) {
    llvm::DenseSet<Operation *> wanted;
    SmallVector<Operation *> stages;
    for (Operation *op : llvm::reverse(all.stages))
      if (wanted.contains(op) || isRoot(op)) {
        stages.push_back(op);
        for (Value v : op->getOperands())
          wanted.insert(v.getDefiningOp());
      }
    return SmallVector<Operation *>(llvm::reverse(stages));
  };
  auto makes = [](Operation *op, const llvm::SmallDenseSet<Value> &values) {
    return llvm::any_of(op->getResults(), [&](Value v) { return values.contains(v); });
  };
  loop.stages = needed([&](Operation *op) { return makes(op, apart); });
  loop.stored = Stored::ChannelsLast, loop.alongChannels = true, loop.putBack = Value();
  int64_t written = k.facts.domain.channels / (k.facts.contract ? k.facts.contract.getGroups() : 1);
  loop.vector = loop.call.empty() ? vectorFor({loop.maxChannels, written}) : 1;
  emitChannelLoop(k, loop);
  loop = all;
  if (!rest)
    return;
  if (loop.putBack)
    w.line(k.meet() + " // everybody has read what is put back now");
  loop.stages =
      needed([&](Operation *op) { return isa<PartialOp>(op) || makes(op, others) || (all.putBack && all.putBack.getDefiningOp() == op); });
  loop.stored = Stored::RowMajor;
  emitChannelLoop(k, loop);
  loop = all;
}

/// Whether windows may compute the stages in front of the pool for each element they read, since nobody else wants them and they need
/// nothing but values of the channel.
bool TilePrinter::belongsToChannels(PoolOp pool) const {
  if (k.facts.sweeps || llvm::any_of(llvm::seq(k.kernel.getNumResults()), [&](unsigned i) { return k.resultIsChannelsLast(i); }))
    return false;
  llvm::DenseSet<Operation *> before(loop.stages.begin(), loop.stages.end());
  auto onlyHere = [&](Value v) {
    return llvm::all_of(v.getUsers(), [&](Operation *user) { return user == pool.getOperation() || before.contains(user); });
  };
  return onlyHere(loop.tileValue) && llvm::all_of(loop.stages, [&](Operation *op) {
           auto map = dyn_cast<MapOp>(op);
           if (!map || map.getIndex() || !onlyHere(map.getResult()))
             return false;
           for (auto [v, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
             if (k.isTensor(v) && usesPosition(access))
               return false;
           return true;
         });
}

/// The stages in front of the pool: windows compute them as they read, or they run over the whole tile first, where the pool's operand
/// takes the place of the contraction's result.
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
  if (belongsToChannels(pool)) {
    loop.before = std::move(loop.stages), loop.read = loop.tileValue, loop.element = k.fresh("element");
    return;
  }
  loop.putBack = x == loop.tileValue ? Value() : x;
  walk();
  loop.putBack = Value();
  if (x != loop.tileValue)
    w.line(k.meet());
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
  loop.call = formatv("{0}<{1}, {2}>(tile + c * {3}, at, {4}", pool.getKind() == PoolKind::max ? "maxOfTile" : "averageOfTile", problem,
                      tile.name, loop.tilePitch, loop.element.empty() ? "" : loop.element + ", ");
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
  loop.stored = Stored::Nothing;
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
    w.line(k.meet());
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
  walk();
}

} // namespace

void cuda::emitTile(KernelText &k, const ChannelLoop &loop, const TileTexts &tile) { TilePrinter(k, loop, tile).run(); }
