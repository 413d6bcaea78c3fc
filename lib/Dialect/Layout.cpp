// Verifies `fusion.layout` and finds out which values it is about.
#include "fusion/Dialect/Layout.h"
#include "fusion/Dialect/FusionDialect.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace fusion {

bool layoutMatters(Type type) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(type).getShape();
  return shape.size() >= 3 && shape[1] != 1 && llvm::any_of(shape.drop_front(2), [](int64_t extent) { return extent != 1; });
}

bool isChannelsLast(Value v) {
  if (!layoutMatters(v.getType()))
    return false;
  if (auto argument = dyn_cast<BlockArgument>(v)) {
    auto function = dyn_cast_or_null<FunctionOpInterface>(argument.getOwner()->getParentOp());
    return function && function.getArgAttr(argument.getArgNumber(), kLayoutAttr);
  }
  for (OpOperand &use : v.getUses())
    if (use.getOwner()->hasTrait<OpTrait::ReturnLike>())
      if (auto function = dyn_cast<FunctionOpInterface>(use.getOwner()->getParentOp()))
        return bool(function.getResultAttr(use.getOperandNumber(), kLayoutAttr));
  return false;
}

/// (layout_c1, layout_c2)
static LogicalResult verifyLayout(llvm::function_ref<InFlightDiagnostic()> error, const Twine &what, Type type, NamedAttribute attribute) {
  if (attribute.getName() != kLayoutAttr)
    return success();
  auto name = dyn_cast<StringAttr>(attribute.getValue());
  if (!name || name.getValue() != kChannelsLast)
    return error() << "expected the layout \"channels_last\" of " << what << ", but got " << attribute.getValue()
                   << "; without the attribute a tensor is dense row-major (layout_c1)";
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || tensor.getRank() < 3 || tensor.getRank() > 5)
    return error() << "expected " << what << " to have rank 3, 4 or 5 ([N, C, spatial...]) to lie channels-last, but got " << type
                   << "; leave out fusion.layout (layout_c2)";
  return success();
}

LogicalResult FusionDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned argument, NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return success();
  return verifyLayout([&] { return function.isExternal() ? op->emitError() : emitError(function.getArgument(argument).getLoc()); },
                      "argument " + Twine(argument), function.getArgumentTypes()[argument], attribute);
}

LogicalResult FusionDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned result, NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return success();
  return verifyLayout([&] { return op->emitError(); }, "result " + Twine(result), function.getResultTypes()[result], attribute);
}

} // namespace fusion
