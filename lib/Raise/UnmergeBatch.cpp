// -fusion-unmerge-batch: an unknown batch N that a reshape merges with m rows of each image stays two dims, N and m, so that one unknown
// extent is enough for stages and launch plans.
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Raise/Passes.h"

using namespace mlir;

namespace fusion {

#define GEN_PASS_DEF_UNMERGEBATCH
#include "fusion/Raise/Passes.h.inc"

static RankedTensorType typeOf(Value v) { return cast<RankedTensorType>(v.getType()); }

static int64_t perImage(RankedTensorType type) {
  int64_t count = 1;
  for (int64_t extent : type.getShape().drop_front())
    count *= extent;
  return count;
}

/// [N m, ...] as [N, m, ...].
static void unmerge(Value v, int64_t rows) {
  SmallVector<int64_t> shape(typeOf(v).getShape());
  shape.insert(shape.begin() + 1, rows);
  v.setType(RankedTensorType::get(shape, typeOf(v).getElementType()));
}

/// Ops that look at one element of each operand, and broadcast from the right.
static bool isElementwise(Operation *op) {
  return isa<ActivationInterface>(op) ||
         isa<AddOp, SubOp, MulOp, DivOp, MaximumOp, MinimumOp, WhereOp, StandardizeOp, DetachOp, DropoutOp, CastOp>(op);
}

namespace {
class UnmergeBatch : public impl::UnmergeBatchBase<UnmergeBatch> {
  llvm::DenseMap<Value, int64_t> rows; ///< of each image that a value's batch is merged with

  LogicalResult reshape(ReshapeOp op);
  LogicalResult user(Operation *op);
  void runOnOperation() override;
};

LogicalResult UnmergeBatch::reshape(ReshapeOp op) {
  RankedTensorType from = typeOf(op.getX()), to = typeOf(op.getY());
  if (from.hasStaticShape())
    return success();
  if (perImage(from) % perImage(to) != 0)
    return op.emitError() << "expected a reshape that keeps the unknown batch or merges it with other dims, but got " << from << " to "
                          << to << ", which is not supported yet; give the model a batch of known size";
  if (int64_t merged = perImage(from) / perImage(to); merged > 1) {
    rows[op.getY()] = merged;
    unmerge(op.getY(), merged);
    ++numUnmerged;
  }
  return success();
}

LogicalResult UnmergeBatch::user(Operation *op) {
  int64_t merged = 0;
  for (Value v : op->getOperands())
    if (int64_t m = rows.lookup(v))
      merged = m;
  if (!merged)
    return success();
  // Every operand with a batch must have this one: N m rows never meet N.
  bool same = llvm::all_of(op->getOperands(), [&](Value v) { return typeOf(v).hasStaticShape() || rows.lookup(v) == merged; });
  auto dims = op->getAttrOfType<DenseI64ArrayAttr>("dims");
  bool reduces = isa<SumOp, MaxOp, MinOp, MomentsOp>(op) && !llvm::is_contained(dims.asArrayRef(), 0);
  if (!same || !(reduces || isElementwise(op)))
    return op->emitError()
           << "expected elementwise ops, softmaxes and reductions of rows behind a reshape that merges the unknown batch, but got '"
           << op->getName() << "'" << (same ? "" : " of batches that differ")
           << ", which is not supported yet; give the model a batch of known size";
  if (reduces) {
    SmallVector<int64_t> behind;
    for (int64_t d : dims.asArrayRef())
      behind.push_back(d + 1);
    op->setAttr("dims", DenseI64ArrayAttr::get(op->getContext(), behind));
  }
  for (Value result : op->getResults()) {
    rows[result] = merged;
    unmerge(result, merged);
  }
  return success();
}

void UnmergeBatch::runOnOperation() {
  rows.clear();
  for (Operation &op : getOperation().getBody().getOps()) {
    auto shapes = dyn_cast<ReshapeOp>(op);
    if (failed(shapes ? reshape(shapes) : user(&op)))
      return signalPassFailure();
  }
}

} // namespace
} // namespace fusion
