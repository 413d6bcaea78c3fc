// Checks that a module holds one chain: one public function, one block, named ops only, tensors of f32, f16 and bf16 only.
#include "Checks.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Layout.h"
#include "fusion/Dialect/Names.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace fusion {

static ImportStatus checkType(function_ref<InFlightDiagnostic()> error, Type type, const Twine &what) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || tensor.getEncoding()) {
    error() << "expected " << what << " to be a ranked tensor without an encoding, but got " << type << "; write tensor<2x3xf32>";
    return ImportStatus::Unsupported;
  }
  if (!tensor.getElementType().isF32() && !isNarrow(tensor.getElementType())) {
    error() << "expected " << what << " to have element type f32, f16 or bf16, but got " << type
            << "; other element types are not supported";
    return ImportStatus::Unsupported;
  }
  return ImportStatus::Ok;
}

static ImportStatus checkArgument(func::FuncOp function, unsigned i) {
  auto error = [&] { return emitError(function.getArgument(i).getLoc()); };
  Type type = function.getArgumentTypes()[i];
  if (auto status = checkType(error, type, "argument " + Twine(i)); status != ImportStatus::Ok)
    return status;
  if (DictionaryAttr attributes = function.getArgAttrDict(i))
    for (NamedAttribute attribute : attributes) {
      auto name = dyn_cast<StringAttr>(attribute.getValue());
      if (attribute.getName() == kLayoutAttr) // the dialect verifies it
        continue;
      if (attribute.getName() == kNameAttr ? name && !name.empty()
                                           : attribute.getName() == kParameterAttr && isa<UnitAttr>(attribute.getValue()))
        continue;
      error() << "expected the argument attributes fusion.parameter, fusion.layout and fusion.name = \"...\", but got "
              << attribute.getName() << " = " << attribute.getValue();
      return ImportStatus::Error;
    }
  auto tensor = cast<RankedTensorType>(type);
  bool parameter = bool(function.getArgAttr(i, kParameterAttr));
  for (auto [dim, extent] : llvm::enumerate(tensor.getShape()))
    if ((dim > 0 || parameter) && (ShapedType::isDynamic(extent) || extent == 0)) {
      error() << "expected a static extent of at least 1 in dim " << dim << " of " << (parameter ? "a parameter" : "an argument")
              << ", but got " << type << "; only the batch, dim 0 of an input, may be `?` or 0";
      return ImportStatus::Error;
    }
  return ImportStatus::Ok;
}

static ImportStatus checkBody(func::FuncOp function) {
  for (Operation &op : function.getBody().front()) {
    auto error = [&] { return op.emitError(); };
    if (isa<func::ReturnOp>(op))
      continue;
    if (!op.hasTrait<NamedOp>()) {
      op.emitError() << "expected named ops of the fusion dialect, but got '" << op.getName() << "'; docs/ops.md lists what may be used";
      return ImportStatus::Unsupported;
    }
    for (OpResult result : op.getResults())
      if (auto status = checkType(error, result.getType(), "result " + Twine(result.getResultNumber())); status != ImportStatus::Ok)
        return status;
  }
  return ImportStatus::Ok;
}

ImportStatus checkModel(ModuleOp module) {
  func::FuncOp function;
  for (Operation &op : *module.getBody()) {
    auto next = dyn_cast<func::FuncOp>(op);
    if (!next || function) {
      op.emitError() << "expected one function, the chain, but got "
                     << (next ? "another function" : "'" + op.getName().getStringRef() + "'") << "; compile chains one by one";
      return ImportStatus::Unsupported;
    }
    function = next;
  }
  if (!function) {
    module.emitError() << "expected one function, the chain, but got none; write func.func @name(...) { ... }";
    return ImportStatus::Error;
  }
  if (function.isExternal() || !function.isPublic()) {
    function.emitError() << "expected a public function with a body, but got "
                         << (function.isExternal() ? "a declaration" : "a private function");
    return ImportStatus::Error;
  }
  if (!function.getBody().hasOneBlock() || function.getBody().front().empty()) {
    function.emitError() << "expected one block, but got " << function.getBody().getBlocks().size() << "; control flow is not supported";
    return ImportStatus::Unsupported;
  }
  Operation *last = &function.getBody().front().back();
  if (!isa<func::ReturnOp>(last) || last->getNumOperands() == 0 || function.getNumResults() != last->getNumOperands()) {
    last->emitError() << "expected the function to return the chain's results, but got nothing returned; end it with return %y : type";
    return ImportStatus::Error;
  }
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto status = checkArgument(function, i); status != ImportStatus::Ok)
      return status;
  return checkBody(function);
}

} // namespace fusion
