// Finds the walks that the stages of a sweep need, and what passes from one to a later one.
#include "fusion/Schedule/SweepWalks.h"
#include <limits>

using namespace mlir;
using namespace fusion;

llvm::DenseMap<Value, int> fusion::walksOf(ArrayRef<Operation *> stages, llvm::function_ref<bool(Value)> isKept) {
  llvm::DenseMap<Value, int> walks;
  for (Operation *op : stages) {
    int at = 0;
    bool kept = isKept(op->getResult(0));
    for (Value v : op->getOperands())
      at = std::max(at, walks.lookup(v) + (!kept && isKept(v) ? 1 : 0)); // behind walk s is in walk s + 1
    for (Value v : op->getResults())
      walks[v] = at;
  }
  return walks;
}

namespace {

/// The stages that make `roots` from what lies in the tile and from values per result.
SmallVector<Operation *> stagesFor(ArrayRef<Value> roots, Value inTile, ArrayRef<Operation *> stages,
                                   llvm::function_ref<bool(Value)> isKept) {
  llvm::DenseSet<Operation *> wanted;
  std::function<void(Value)> want = [&](Value v) {
    Operation *op = v.getDefiningOp();
    if (op && v != inTile && !isKept(v) && wanted.insert(op).second)
      for (Value operand : op->getOperands())
        want(operand);
  };
  for (Value v : roots)
    want(v);
  SmallVector<Operation *> needed;
  llvm::copy_if(stages, std::back_inserter(needed), [&](Operation *op) { return wanted.contains(op); });
  return needed;
}

} // namespace

SmallVector<TileWalk> fusion::tileWalks(Value tile, ArrayRef<Operation *> stages, ArrayRef<Value> stored,
                                        llvm::function_ref<bool(Value)> isKept) {
  llvm::DenseMap<Value, int> known = walksOf(stages, isKept);
  int last = 0;
  for (auto &entry : known)
    last = std::max(last, entry.second);
  SmallVector<SmallVector<Value>> roots(last + 1);
  for (Operation *op : stages)
    if (isa<ReduceOp>(op))
      roots[known.lookup(op->getResult(0))].push_back(op->getOperand(0));
  for (Value v : stored)
    if (!isKept(v))
      roots[known.lookup(v)].push_back(v);
  auto reads = [](ArrayRef<Operation *> users, Value v) {
    return llvm::any_of(users, [&](Operation *user) { return llvm::is_contained(user->getOperands(), v); });
  };
  SmallVector<TileWalk> walks(last + 1);
  for (int s = 0; s <= last; ++s) {
    walks[s].stages = stagesFor(roots[s], tile, stages, isKept);
    SmallVector<Value> later;
    for (int other = s + 1; other <= last; ++other)
      later.append(roots[other]);
    if (later.empty() || llvm::is_contained(later, tile))
      continue;
    size_t now = stagesFor(later, tile, stages, isKept).size();
    for (Operation *op : walks[s].stages) {
      Value v = op->getResult(0);
      SmallVector<Operation *> rest = stagesFor(later, v, stages, isKept);
      if ((llvm::is_contained(later, v) || reads(rest, v)) && !reads(rest, tile) && rest.size() < now)
        walks[s].putBack = v;
    }
    if (walks[s].putBack)
      tile = walks[s].putBack;
  }
  return walks;
}

TileLanes fusion::tileLanes(int64_t positions, int64_t channels, int64_t threads) {
  // What a round costs beside its elements, counted in those: places, and merges of what several threads of a position have gathered.
  constexpr int64_t alone = 4, merged = 8;
  TileLanes best;
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int64_t lanes = 32; lanes <= threads; lanes += 32) {
    if (threads % lanes != 0)
      continue;
    int64_t rounds = (positions + lanes - 1) / lanes, each = (channels * lanes + threads - 1) / threads;
    int64_t cost = rounds * (each + (lanes < threads ? merged : alone));
    if (cost < least)
      least = cost, best = {lanes, rounds * each};
  }
  return best;
}

llvm::SetVector<Value> fusion::usedAgain(KernelOp kernel, const Domain &domain) {
  AffineMap full = withoutUnitDims(fullAccess(kernel.getContext(), domain), domain);
  SmallVector<Operation *> stages;
  for (Operation &op : kernel.getBody().front().without_terminator())
    stages.push_back(&op);
  auto isKept = [&](Value v) {
    Operation *op = v.getDefiningOp();
    return op && (isa<ReduceOp>(op) || !(Domain::from(cast<MapOp>(op).getDomain()) == domain));
  };
  llvm::DenseMap<Value, int> walks = walksOf(stages, isKept), home;
  int last = 0;
  for (auto &entry : walks)
    last = std::max(last, entry.second);
  llvm::SetVector<Value> again;
  for (int s = 0; s <= last; ++s) {
    std::function<void(Value)> want = [&](Value v) {
      if (isKept(v))
        return;
      auto [at, first] = home.insert({v, s});
      if (!first) {
        if (at->second < s)
          again.insert(v);
        return;
      }
      if (auto map = v.getDefiningOp<MapOp>())
        for (auto [operand, access] : llvm::zip(map.getInputs(), map.getAccess().getAsValueRange<AffineMapAttr>()))
          if (operand.getDefiningOp() || withoutUnitDims(access, domain) == full)
            want(operand);
    };
    for (Operation *op : stages)
      if (isa<ReduceOp>(op) && walks.lookup(op->getResult(0)) == s)
        want(op->getOperand(0));
    for (Value v : kernel.getBody().front().getTerminator()->getOperands())
      if (walks.lookup(v) == s)
        want(v);
  }
  return again;
}
