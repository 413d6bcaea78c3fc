// Counts what a kernel does per element in front of its contraction and behind it.
#include "fusion/Schedule/KernelFacts.h"
#include "fusion/Schedule/Scalars.h"
#include "fusion/Schedule/SweepWalks.h"
#include "fusion/Schedule/Tiles.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace fusion;

/// Tensors of the domain's full size that `stages` read: what costs a load per element.
static double fullSizeLoads(const llvm::SetVector<Operation *> &stages, const Domain &domain) {
  llvm::DenseSet<Value> tensors;
  for (Operation *op : stages)
    for (Value v : op->getOperands())
      if (isa<BlockArgument>(v) && Domain::of(cast<RankedTensorType>(v.getType())) == domain)
        tensors.insert(v);
  return double(tensors.size());
}

static void pull(Value v, llvm::SetVector<Operation *> &stages) {
  Operation *op = v.getDefiningOp();
  if (!op || stages.contains(op))
    return;
  for (Value operand : op->getOperands())
    pull(operand, stages);
  stages.insert(op);
}

/// Per element of a tile whose walks over all channels compute again what they need.
static double instructionsOfWalks(KernelOp kernel, KernelFacts facts, ArrayRef<Operation *> behind) {
  Value tile = facts.contract.getResult();
  SmallVector<Operation *> stages;
  llvm::copy_if(behind, std::back_inserter(stages), [](Operation *op) { return isa<MapOp, ReduceOp>(op); });
  auto isKept = [&](Value v) {
    Operation *op = v.getDefiningOp();
    return op && v != tile && (isa<ReduceOp>(op) || (isa<MapOp>(op) && !(Domain::from(cast<MapOp>(op).getDomain()) == facts.domain)));
  };
  SmallVector<Value> stored;
  llvm::copy_if(kernel.getBody().front().getTerminator()->getOperands(), std::back_inserter(stored),
                [](Value v) { return !isa_and_nonnull<PartialOp>(v.getDefiningOp()); });
  double count = 0;
  for (const TileWalk &walk : tileWalks(tile, stages, stored, isKept)) {
    for (Operation *op : walk.stages)
      count += instructionsPerElement(op);
    count += walk.putBack ? 1 : 0;
  }
  return count;
}

ElementWork ElementWork::of(KernelOp kernel) {
  KernelFacts facts = KernelFacts::of(kernel);
  ElementWork work;
  llvm::SetVector<Operation *> before;
  if (facts.contract)
    for (int i = 0; i < 2; ++i) {
      Value operand = facts.contract->getOperand(i);
      llvm::SetVector<Operation *> stages;
      pull(operand, stages);
      if (!stages.empty())
        work.loads[i] = fullSizeLoads(stages, Domain::of(cast<RankedTensorType>(operand.getType())));
      for (Operation *op : stages)
        work.instructions[i] += isa<MapOp>(op) ? instructionsPerElement(op) : 0;
      before.insert(stages.begin(), stages.end());
    }
  // Stages count by the elements they run over, in elements of the tile.
  const Domain &tile = facts.contract && facts.tile.positions > 0 ? facts.tile : facts.domain;
  auto share = [&](const Domain &d) { return double(d.channels * d.positions) / double(tile.channels * tile.positions); };
  bool window = facts.strategy == Strategy::Gather || facts.strategy == Strategy::Scatter;
  double walks = 0;
  llvm::SetVector<Operation *> behind;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (isa<ContractOp>(op) || before.contains(&op))
      continue;
    behind.insert(&op);
    if (auto partial = dyn_cast<PartialOp>(op)) {
      work.reduces = true;
      work.epilogueInstructions += partial.getKind() == ReduceKind::moments ? 3 : 1;
      work.perChannel += partial.getKind() == ReduceKind::moments ? 100 : 20;
      work.channelWaits += partial.getKind() == ReduceKind::moments ? 750 : 0; // 25 shuffles, one behind the other, and divisions
    } else if (isa<ReduceOp>(op) && window) {
      walks += share(facts.domain);
    } else if (auto map = dyn_cast<MapOp>(op)) {
      work.epilogueInstructions += instructionsPerElement(&op) * share(Domain::from(map.getDomain()));
    }
  }
  if (window && facts.sweeps && !facts.pool && facts.run.reduced > kUnrolledRun)
    work.epilogueInstructions = instructionsOfWalks(kernel, facts, behind.getArrayRef());
  if (window) {
    work.epilogueInstructions += 4 * walks; // a load, what merges, the loop
    work.allChannels = facts.sweeps;
    if (facts.pool) {
      llvm::copy(facts.pool.getStride(), work.multiple.end() - facts.pool.getStride().size());
      work.pooled = facts.sweeps ? 1.0 / double(work.multiple[0] * work.multiple[1] * work.multiple[2]) : 0;
      work.epilogueInstructions += 4; // a window's elements are loaded and merged
    }
  }
  work.epilogueLoads = fullSizeLoads(behind, tile) + (facts.domain == tile ? 0 : fullSizeLoads(behind, facts.domain) * share(facts.domain));
  work.epilogueStores = 0;
  for (Value v : kernel.getBody().front().getTerminator()->getOperands())
    if (!isa_and_nonnull<PartialOp>(v.getDefiningOp()))
      if (Domain d = Domain::of(cast<RankedTensorType>(v.getType())); d == tile || d == facts.domain)
        work.epilogueStores += share(d);
  if (facts.contract && facts.contract.isSplit())
    work.epilogueStores = 1; // of every split
  return work;
}
