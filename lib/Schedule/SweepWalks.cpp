// Finds the walks that the stages of a sweep need, and what passes from one to a later one.
#include "fusion/Schedule/SweepWalks.h"

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
