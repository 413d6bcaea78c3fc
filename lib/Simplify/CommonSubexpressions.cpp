// Equal ops on equal operands become one: exact for values; their gradients are then added before the derivative instead of after it,
// which rounds differently. Two ops that both carry a number for saved values stay apart: the other phase may know only one of them.
#include "Rule.h"
#include "mlir/IR/OperationSupport.h"

using namespace mlir;

namespace fusion {

/// Everything that makes the op's value, as one key; `fusion.id` and the location do not.
static Attribute keyOf(Operation *op) {
  NamedAttrList attributes(op->getAttrDictionary());
  attributes.erase(kIdAttr);
  Builder builder(op->getContext());
  SmallVector<Attribute> parts = {op->getName().getIdentifier(), attributes.getDictionary(op->getContext())};
  for (Type type : op->getResultTypes())
    parts.push_back(TypeAttr::get(type));
  return builder.getArrayAttr(parts);
}

bool mergeCommonSubexpressions(Block &block, SimplifyContext &context) {
  Justification why{Change::Exact, Change::Reassociating, "equal ops on equal operands"};
  if (!context.permissions.permits(why.value, why.gradient))
    return false;
  bool changed = false;
  llvm::DenseMap<std::pair<Attribute, SmallVector<Value>>, Operation *> seen;
  for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
    if (!isPure(&op) || op.getNumRegions() != 0)
      continue;
    auto [entry, fresh] = seen.try_emplace({keyOf(&op), SmallVector<Value>(op.getOperands())}, &op);
    if (fresh)
      continue;
    Operation *first = entry->second;
    if (first->hasAttr(kIdAttr) && op.hasAttr(kIdAttr))
      continue;
    reportRule(context, &op, "common-subexpressions", why);
    if (!first->hasAttr(kIdAttr) && op.hasAttr(kIdAttr))
      first->setAttr(kIdAttr, op.getAttr(kIdAttr));
    op.replaceAllUsesWith(first);
    op.erase();
    changed = true;
  }
  return changed;
}

} // namespace fusion
