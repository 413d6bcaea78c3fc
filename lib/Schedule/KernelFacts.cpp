// Reads a kernel's body once.
#include "fusion/Schedule/KernelFacts.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/Layout.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace fusion;

/// Whether lanes along channels make more of the kernel's accesses neighbours than lanes along positions. Stores count twice: loads that
/// lanes scatter find their sectors in the first-level cache again.
static bool prefersChannels(KernelOp kernel) {
  double gain = 0;
  auto count = [&](Value v, double weight) {
    auto type = cast<RankedTensorType>(v.getType());
    if (layoutMatters(type))
      gain += (isChannelsLast(v) ? weight : -weight) * double(Domain::of(type).elements(1) * elementBytes(type));
  };
  for (Value v : kernel.getInputs())
    count(v, 1);
  for (Value v : kernel.getResults())
    count(v, 2);
  return gain > 0;
}

KernelFacts KernelFacts::of(KernelOp kernel) {
  KernelFacts facts;
  facts.strategy = llvm::StringSwitch<Strategy>(kernel.getStrategy())
                       .Case("gather", Strategy::Gather)
                       .Case("scatter", Strategy::Scatter)
                       .Case("weight", Strategy::Weight)
                       .Case("matmul", Strategy::Matmul)
                       .Case("pool", Strategy::Pool)
                       .Case("sweep", Strategy::Sweep)
                       .Case("channels", Strategy::Channels)
                       .Case("rows", Strategy::Rows)
                       .Case("finish_rows", Strategy::FinishRows)
                       .Case("pack", Strategy::Pack)
                       .Default(Strategy::FinishColumns);
  bool found = false, partials = false;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    partials |= isa<PartialOp>(op);
    if (auto contract = dyn_cast<ContractOp>(op)) {
      facts.contract = contract;
      if (contract.getKind() == ContractKind::matmul)
        facts.domain = facts.tile = Domain{contract.getProductShape()[0], contract.getProductShape()[1], 1}, found = true;
      else if (contract.getKind() != ContractKind::weight)
        facts.domain = facts.tile = Domain::of(cast<RankedTensorType>(contract.getResult().getType())), found = true;
    } else if (auto finish = dyn_cast<FinishOp>(op); finish && facts.strategy == Strategy::Rows) {
      facts.merged = finish;
      facts.domain = Domain::from(finish.getDomain()), found = true;
    } else if (auto pool = dyn_cast<PoolOp>(op)) {
      facts.pool = pool;
      facts.domain = Domain::of(pool.getResult().getType()), found = true;
    } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
      Domain d = Domain::from(reduce.getDomain());
      if (facts.strategy == Strategy::Gather || facts.strategy == Strategy::Scatter) {
        facts.run = *runOf(reduce.getResultAccess(), d);
        facts.sweeps = true;
        continue;
      }
      if (facts.strategy == Strategy::Sweep && !found) {
        facts.run = *runOf(reduce.getResultAccess(), d); // the planner made it of such reductions
        facts.domain = d, found = true;
        continue;
      }
      MLIRContext *context = op.getContext();
      for (int64_t width = 1; width <= d.channels && !facts.group; ++width)
        if (d.channels % width == 0 && reduce.getResultAccess() == groupAccess(context, d, d.channels / width))
          facts.group = width;
      if (reduce.getResultAccess().getResult(0) == getAffineDimExpr(0, context)) // one value per image
        facts.group = d.channels;
      if (!found)
        facts.domain = d, found = true;
    } else if (auto partial = dyn_cast<PartialOp>(op); partial && !found && !facts.contract) {
      facts.domain = Domain::from(partial.getDomain()), found = true;
    }
  }
  if (!found)
    for (Value v : kernel.getBody().front().getTerminator()->getOperands())
      facts.domain = Domain::of(cast<RankedTensorType>(v.getType()));
  facts.alongChannels = (facts.strategy == Strategy::Channels || facts.strategy == Strategy::Pool) && !partials && prefersChannels(kernel);
  return facts;
}

int64_t fusion::widestRun(KernelOp kernel, const Domain &domain) {
  int64_t bytes = 0;
  for (Type type : llvm::concat<const Type>(SmallVector<Type>(kernel->getOperandTypes()), SmallVector<Type>(kernel->getResultTypes())))
    if (Domain::of(cast<RankedTensorType>(type)) == domain)
      bytes = std::max(bytes, elementBytes(type));
  return bytes ? 16 / bytes : 4;
}
