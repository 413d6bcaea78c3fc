// Element types of tensors, and the constraint that ties those of an op's operands and results together (dialects/Fusion/FusionBase.td).
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/FusionDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace fusion {

Type elementOf(Type tensor) { return cast<RankedTensorType>(tensor).getElementType(); }

int64_t elementBytes(Type tensor) { return elementOf(tensor).getIntOrFloatBitWidth() / 8; }

RankedTensorType withElement(RankedTensorType type, Type element) { return RankedTensorType::get(type.getShape(), element); }

RankedTensorType inF32(RankedTensorType type) { return withElement(type, Float32Type::get(type.getContext())); }

double roundedTo(double value, Type element) {
  APFloat rounded(value);
  bool inexact;
  rounded.convert(cast<FloatType>(element).getFloatSemantics(), APFloat::rmNearestTiesToEven, &inexact);
  return rounded.convertToDouble();
}

namespace {
/// What the element type of a tensor may be beside 16-bit ones.
enum class Beside { Same, OrF32, AlwaysF32 };
} // namespace

static Beside operandBeside(Operation *op, unsigned i) {
  bool scalar = cast<RankedTensorType>(op->getOperand(i).getType()).getRank() == 0;
  return llvm::TypeSwitch<Operation *, Beside>(op)
      .Case<AddOp, SubOp, MulOp, DivOp, MaximumOp, MinimumOp, WhereOp, MaximumGradOp, MinimumGradOp>(
          [&](auto) { return scalar ? Beside::OrF32 : Beside::Same; })
      .Case<StandardizeOp>([&](auto) { return i > 0 ? Beside::AlwaysF32 : Beside::Same; })
      .Case<NormalizeOp>([&](auto) { return i > 2   ? Beside::OrF32
                                            : i > 0 ? Beside::AlwaysF32
                                                    : Beside::Same; })
      .Case<NormalizeGradOp>([&](auto) { return i > 3   ? Beside::OrF32
                                                : i > 1 ? Beside::AlwaysF32
                                                        : Beside::Same; })
      .Case<GroupNormOp, LayerNormOp, RmsNormOp, InstanceNormOp, BatchNormOp>([&](auto) { return i > 0 ? Beside::OrF32 : Beside::Same; })
      .Default([](Operation *) { return Beside::Same; });
}

static Beside resultBeside(Operation *op, unsigned i) {
  return llvm::TypeSwitch<Operation *, Beside>(op)
      .Case<SumOp, SumToOp>([](auto) { return Beside::OrF32; })
      .Case<GroupStatsOp, MomentsOp, CountOp>([](auto) { return Beside::AlwaysF32; })
      .Case<BatchNormOp>([&](auto) { return i > 0 ? Beside::OrF32 : Beside::Same; })
      .Default([](Operation *) { return Beside::Same; });
}

LogicalResult detail::verifyElementTypes(Operation *op) {
  if (isa<CastOp>(op))
    return success();
  struct Tensor {
    Type type;
    Beside beside;
    std::string name;
  };
  SmallVector<Tensor> tensors;
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    tensors.push_back({op->getOperand(i).getType(), operandBeside(op, i), "operand " + std::to_string(i)});
  for (unsigned i = 0; i < op->getNumResults(); ++i)
    tensors.push_back({op->getResult(i).getType(), resultBeside(op, i), "result " + std::to_string(i)});
  const Tensor *narrow = llvm::find_if(tensors, [](const Tensor &t) { return holdsNarrow(t.type); });
  if (narrow == tensors.end())
    return success();
  for (const Tensor &t : tensors) {
    if (t.beside == Beside::AlwaysF32 && !elementOf(t.type).isF32())
      return op->emitOpError("expected ") << t.name << " in f32, as statistics and counts are, but got " << t.type << " (tensor_c3)";
    bool fits = elementOf(t.type) == elementOf(narrow->type) || (t.beside != Beside::Same && elementOf(t.type).isF32());
    if (!fits)
      return op->emitOpError("expected one element type, but got ") << narrow->type << " as " << narrow->name << " and " << t.type << " as "
                                                                    << t.name << "; convert one with fusion.cast (tensor_c3)";
  }
  return success();
}

} // namespace fusion

/// (cast_c1)
LogicalResult fusion::CastOp::verify() {
  if (getX().getType().getShape() == getY().getType().getShape())
    return success();
  return emitOpError("expected a result of type ") << withElement(getX().getType(), elementOf(getY().getType())) << ", but got "
                                                   << getY().getType() << "; reshape does what cast does not (cast_c1)";
}

bool fusion::CastOp::rounds() { return !getExact() && holdsNarrow(getY().getType()) && getX().getType() != getY().getType(); }

/// (round_c1)
LogicalResult fusion::RoundOp::verify() {
  if (isNarrow(getTo()))
    return success();
  return emitOpError("expected f16 or bf16 to round to, but got ") << getTo() << "; every f32 is an f32 already (round_c1)";
}
