// Makes the batch of a model an unknown extent, so that one kernel text serves every batch size.
#include "fusion/Dialect/Names.h"
#include "fusion/Pipelines/Compile.h"

using namespace mlir;
using namespace fusion;

static Type withUnknownBatch(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(tensor.getShape());
  shape[0] = ShapedType::kDynamic;
  return RankedTensorType::get(shape, tensor.getElementType());
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
  for (BlockArgument arg : func.getArguments())
    if (!func.getArgAttr(arg.getArgNumber(), kParameterAttr) && cast<RankedTensorType>(arg.getType()).getRank() >= 2)
      arg.setType(withUnknownBatch(arg.getType()));
  for (Operation &op : func.getBody().front().without_terminator())
    for (Value result : op.getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      bool carries = llvm::any_of(op.getOperands(), [&](Value v) {
        auto from = cast<RankedTensorType>(v.getType());
        bool wide = from.getRank() == type.getRank() || isa<GroupStatsOp>(op);
        return wide && from.getRank() > 0 && from.isDynamicDim(0);
      });
      if (carries && type.getRank() > 0 && type.getDimSize(0) == batch)
        result.setType(withUnknownBatch(type));
    }
  SmallVector<Type> results(func.getBody().front().getTerminator()->getOperandTypes());
  func.setType(FunctionType::get(func.getContext(), func.getBody().getArgumentTypes(), results));
  return batch;
}
