// The free choices of a plan, each taken by comparing the predicted time of the whole function both ways.
#include "fusion/Fuse/Plan.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace fusion;

void Planner::record(Operation *at, bool taken, const Twine &what, double chosen, double other) {
  if (quiet)
    return;
  std::string text = llvm::formatv("{0}: predicted {1:f1} us against {2:f1} us otherwise", what.str(), chosen * 1e6, other * 1e6);
  remark::RemarkOpts options = remark::RemarkOpts::name(taken ? "fused" : "not fused").category("fuse").function(func.getSymName());
  if (taken)
    remark::passed(at->getLoc(), options) << remark::reason("{0}", text) << remark::metric("predicted_us", chosen * 1e6)
                                          << remark::metric("otherwise_us", other * 1e6);
  else
    remark::missed(at->getLoc(), options) << remark::reason("{0}", text) << remark::metric("predicted_us", chosen * 1e6)
                                          << remark::metric("otherwise_us", other * 1e6);
  decisions.push_back(std::move(text));
}

static std::string sourceOf(Operation *op) {
  auto source = op->getAttrOfType<StringAttr>("source");
  return source ? source.str() : op->getName().stripDialect().str();
}

DictionaryAttr Planner::toAttr(const Choices &choices) const {
  SmallVector<int64_t> inlined, stored(choices.storedClusters.begin(), choices.storedClusters.end()), tiles;
  SmallVector<int64_t> split(choices.splitClusters.begin(), choices.splitClusters.end());
  for (auto [index, entry] : llvm::enumerate(infos)) {
    auto &[op, i] = entry;
    if (choices.inlined.contains(op->getResult(0)))
      inlined.push_back(index);
    if ((isa<PoolOp>(op) && tilePools.lookup(i.cluster) == op) ||
        (isa<ReduceOp>(op) && i.inTile && (!i.sweep || windowAt(i.cluster, i.depth))))
      tiles.push_back(index);
  }
  llvm::sort(stored), llvm::sort(split);
  Builder b(func->getContext());
  SmallVector<NamedAttribute> entries{b.getNamedAttr("inlined", b.getDenseI64ArrayAttr(inlined)),
                                      b.getNamedAttr("stored", b.getDenseI64ArrayAttr(stored)),
                                      b.getNamedAttr("tiles", b.getDenseI64ArrayAttr(tiles))};
  if (!split.empty())
    entries.push_back(b.getNamedAttr("split", b.getDenseI64ArrayAttr(split)));
  return b.getDictionaryAttr(entries);
}

FailureOr<Choices> Planner::fromAttr(DictionaryAttr attr) const {
  Choices choices;
  auto inlined = attr.getAs<DenseI64ArrayAttr>("inlined"), stored = attr.getAs<DenseI64ArrayAttr>("stored");
  if (!inlined || !stored)
    return func::FuncOp(func).emitError() << "expected the entries 'inlined' and 'stored' in fusion.choices";
  for (int64_t index : inlined.asArrayRef()) {
    if (index < 0 || index >= int64_t(infos.size()) || !infos.begin()[index].second.inlinable)
      return func::FuncOp(func).emitError() << "expected an elementwise stage at position " << index
                                            << ": the plan belongs to another chain";
    choices.inlined.insert(infos.begin()[index].first->getResult(0));
  }
  for (int64_t cluster : stored.asArrayRef()) {
    if (cluster < 0 || cluster >= int64_t(anchors.size()))
      return func::FuncOp(func).emitError() << "expected contraction " << cluster << ": the plan belongs to another chain";
    choices.storedClusters.insert(int(cluster));
  }
  if (auto split = attr.getAs<DenseI64ArrayAttr>("split"))
    for (int64_t cluster : split.asArrayRef()) {
      auto product = cluster >= 0 && cluster < int64_t(anchors.size()) ? dyn_cast<ContractOp>(anchors[cluster]) : ContractOp();
      if (!product || product.getKind() != ContractKind::matmul)
        return func::FuncOp(func).emitError() << "expected a matrix product as contraction " << cluster
                                              << ": the plan belongs to another chain";
      choices.splitClusters.insert(int(cluster));
    }
  return choices;
}

Choices Planner::decide(bool quietly) {
  quiet = quietly;
  Choices choices;
  // Share the sums of a product with few tiles among blocks, or leave multiprocessors idle?
  for (auto [cluster, anchor] : llvm::enumerate(anchors)) {
    auto product = dyn_cast<ContractOp>(anchor);
    if (!product || product.getKind() != ContractKind::matmul || std::isinf(info(anchor).split.splitSeconds))
      continue;
    const SplitChoice &split = info(anchor).split;
    if (split.worthIt()) {
      choices.splitClusters.insert(cluster);
      record(anchor, true, "split the sum over k of " + sourceOf(anchor) + " in " + Twine(split.splits) + ", added up by the next kernel",
             split.splitSeconds, split.wholeSeconds);
    } else {
      record(anchor, false, "leave the sum over k of " + sourceOf(anchor) + " whole", split.wholeSeconds, split.splitSeconds);
    }
  }
  double best = predictedSeconds(choices);
  // Recompute a contraction for the stages behind a reduction, or store what they need?
  for (auto [cluster, anchor] : llvm::enumerate(anchors)) {
    if (isSweep(cluster))
      continue;
    bool deeper = llvm::any_of(infos, [&, number = int(cluster), depth = info(anchor).depth](auto &entry) {
      return entry.second.cluster == number && entry.second.depth > depth && !entry.second.reduction;
    });
    if (!deeper)
      continue;
    Choices store = choices;
    store.storedClusters.insert(cluster);
    double seconds = predictedSeconds(store);
    if (seconds < best) {
      record(anchor, false, "store " + sourceOf(anchor) + " for the stages behind its reductions instead of computing it again", seconds,
             best);
      best = seconds, choices = store;
    } else {
      record(anchor, true, "compute " + sourceOf(anchor) + " again behind its reductions instead of storing it", best, seconds);
    }
  }
  // Recompute an elementwise value wherever a contraction, or a pool whose windows overlap, loads it, or store it once?
  llvm::SetVector<Value> candidates;
  auto add = [&](Value v) {
    bool returned = llvm::any_of(v.getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); });
    if (v.getDefiningOp() && !isFinished(v) && info(v.getDefiningOp()).inlinable && !returned)
      candidates.insert(v);
  };
  for (auto &[op, i] : infos)
    if (auto contract = dyn_cast<ContractOp>(op))
      for (Value v : {contract.getLhs(), contract.getRhs()}) {
        bool weightOperand =
            v == contract.getRhs() && (contract.getKind() == ContractKind::gather || contract.getKind() == ContractKind::scatter);
        if (!weightOperand)
          add(v);
      }
    else if (auto pool = dyn_cast<PoolOp>(op))
      for (auto [at, v] : llvm::enumerate(pool.getInputs()))
        if (timesComputed(pool, at, batch) > 1)
          add(v);
  for (Value v : candidates) {
    Choices inlined = choices;
    inlined.inlined.insert(v);
    double seconds = predictedSeconds(inlined);
    std::string name = sourceOf(v.getDefiningOp());
    bool contracted = llvm::any_of(v.getUsers(), [](Operation *user) { return isa<ContractOp>(user); });
    StringRef readers = contracted ? "contractions" : "pools";
    if (seconds < best) {
      record(v.getDefiningOp(), true, "compute '" + name + "' while " + readers + " load it", seconds, best);
      best = seconds, choices = inlined;
    } else {
      record(v.getDefiningOp(), false, "store '" + name + "' once for the " + readers + " that read it", best, seconds);
    }
  }
  // Elementwise stages that share a contraction's kernel are never worse: the tensor between them is neither written nor read.
  for (auto [cluster, anchor] : llvm::enumerate(anchors)) {
    if (isSweep(cluster))
      continue;
    double saved = 0;
    unsigned joined = 0;
    for (auto &[op, i] : infos)
      if (i.cluster == int(cluster) && op != anchor && isa<MapOp, PoolOp>(op) && !i.reduction && i.depth == info(anchor).depth)
        saved += 2 * bytesOf(op->getOperand(0).getType(), batch), ++joined;
    std::string pooled = tilePools.count(cluster) ? ", a pool among them," : "";
    if (joined)
      record(anchor, true, Twine(joined) + " stages" + pooled + " join " + sourceOf(anchor) + "'s kernel", best,
             best + saved / spec.bandwidth);
  }
  llvm::DenseMap<Operation *, Operation *> loadedBy; // a sum taken while a weight contraction loads its operand -> that contraction
  for (const KernelSketch &kernel : quiet ? SmallVector<KernelSketch, 0>() : sketch(choices))
    if (kernel.kind == KernelSketch::Weight)
      for (Operation *op : kernel.partials)
        if (isa<ReduceOp>(op))
          loadedBy[op] = kernel.anchor;
  for (auto &[op, i] : infos)
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      std::optional<ReduceShape> shape = shapeOf(reduce.getResultAccess(), Domain::from(reduce.getDomain()));
      double sweep = bytesOf(reduce.getInput().getType(), batch) / spec.bandwidth;
      if (i.sweep && windowAt(i.cluster, i.depth))
        record(op, true, "reduce '" + sourceOf(op) + "' inside the tile: it holds all " + Twine(reduce.getDomain()[1]) + " channels", best,
               best + sweep);
      else if (i.sweep)
        record(op, true, "reduce '" + sourceOf(op) + "' in a sweep over the run: the kernel goes on behind it", best, best + sweep);
      else if (i.inTile)
        record(op, true, "reduce '" + sourceOf(op) + "' inside the tile: a group is " + Twine(shape->channels) + " features", best,
               best + sweep);
      else if (Operation *contraction = loadedBy.lookup(op))
        record(op, true, "reduce '" + sourceOf(op) + "' while " + sourceOf(contraction) + " loads its operand", best, best + sweep);
      else
        record(op, false, "reduce '" + sourceOf(op) + "' by partials per tile and a finish kernel: it spans more than a tile", best,
               best + sweep);
    }
  return choices;
}
