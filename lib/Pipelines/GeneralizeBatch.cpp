// Makes the batch of a model an unknown extent, so that one kernel text serves every batch size.
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Pipelines/Compile.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace fusion;

static Type withUnknownBatch(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(tensor.getShape());
  shape[0] = ShapedType::kDynamic;
  return RankedTensorType::get(shape, tensor.getElementType());
}

/// Whether a reshape keeps a leading batch. Stages have no name for a batch that is merged with other dims.
static bool keepsBatch(RankedTensorType from, RankedTensorType to) {
  auto behind = [](RankedTensorType type) {
    int64_t count = 1;
    for (int64_t extent : type.getShape().drop_front())
      count *= extent;
    return count;
  };
  return from.getRank() > 0 && to.getRank() > 0 && behind(from) == behind(to);
}

/// Whether dim 0 of a result is the batch, given the values whose dim 0 is.
static bool carriesBatch(Operation &op, Value result, const llvm::DenseSet<Value> &batched, int64_t batch) {
  auto type = cast<RankedTensorType>(result.getType());
  if (type.getRank() == 0)
    return false;
  if (isa<BroadcastOp>(op)) // a batch that only the result has is the function's
    return type.getDimSize(0) == batch;
  if (isa<ReshapeOp>(op))
    return batched.contains(op.getOperand(0));
  if (auto dims = op.getAttrOfType<DenseI64ArrayAttr>("dims"); dims && !isa<SoftmaxOp, LogSoftmaxOp>(op))
    return batched.contains(op.getOperand(0)) && !llvm::is_contained(dims.asArrayRef(), 0);
  return llvm::any_of(op.getOperands(), [&](Value v) {
    auto from = cast<RankedTensorType>(v.getType());
    return batched.contains(v) && from.getDimSize(0) == type.getDimSize(0) && (from.getRank() == type.getRank() || isa<GroupStatsOp>(op));
  });
}

/// Whether every op is valid with an unknown batch: a norm over all dims, or a parameter as tall as the batch, only fits one.
static bool verifies(func::FuncOp func) {
  ScopedDiagnosticHandler quiet(func.getContext(), [](Diagnostic &) { return success(); });
  return succeeded(mlir::verify(func));
}

int64_t fusion::generalizeBatch(func::FuncOp func) {
  int64_t batch = 1;
  bool found = false, same = true;
  for (BlockArgument arg : func.getArguments()) {
    auto type = cast<RankedTensorType>(arg.getType());
    if (func.getArgAttr(arg.getArgNumber(), kParameterAttr) || type.getRank() < 2)
      continue;
    same &= !found || batch == type.getDimSize(0);
    batch = found ? batch : type.getDimSize(0);
    found = true;
  }
  if (!found || !same || ShapedType::isDynamic(batch))
    return found && same ? batch : 1;
  llvm::DenseSet<Value> batched;
  for (BlockArgument arg : func.getArguments())
    if (!func.getArgAttr(arg.getArgNumber(), kParameterAttr) && cast<RankedTensorType>(arg.getType()).getRank() >= 2)
      batched.insert(arg);
  for (Operation &op : func.getBody().front().without_terminator())
    for (Value result : op.getResults()) {
      if (!carriesBatch(op, result, batched, batch))
        continue;
      if (auto reshape = dyn_cast<ReshapeOp>(op); reshape && !keepsBatch(reshape.getX().getType(), reshape.getY().getType()))
        return 1; // the shape only fits this batch
      batched.insert(result);
    }
  FunctionType written = func.getFunctionType();
  SmallVector<std::pair<Value, Type>> known;
  for (Value v : batched) {
    known.emplace_back(v, v.getType());
    v.setType(withUnknownBatch(v.getType()));
  }
  SmallVector<Type> results(func.getBody().front().getTerminator()->getOperandTypes());
  func.setType(FunctionType::get(func.getContext(), func.getBody().getArgumentTypes(), results));
  if (verifies(func))
    return batch;
  for (auto [value, type] : known)
    value.setType(type);
  func.setType(written);
  return 1;
}
