// Constraints of activations and of their gradient.
#include "fusion/Dialect/Activations.h"
#include "fusion/Dialect/FusionDialect.h"
#include "mlir/IR/Diagnostics.h"
#include <cmath>

using namespace mlir;
using namespace fusion;

/// (leaky_relu_c1)
static LogicalResult verifySlope(Operation *op, FloatAttr slope) {
  if (std::isfinite(float(slope.getValueAsDouble())))
    return success();
  return op->emitOpError("expected a finite slope, but got ") << slope << "; PyTorch's default is 0.01 (leaky_relu_c1)";
}
LogicalResult LeakyReluOp::verify() { return verifySlope(*this, getSlopeAttr()); }

/// (clamp_c1)
static LogicalResult verifyBounds(Operation *op, FloatAttr min, FloatAttr max) {
  if (!std::isnan(min.getValueAsDouble()) && !std::isnan(max.getValueAsDouble()))
    return success();
  return op->emitOpError("expected bounds that are numbers, but got min ")
         << min << " and max " << max << "; an infinite bound leaves a side open (clamp_c1)";
}
LogicalResult ClampOp::verify() { return verifyBounds(*this, getMinAttr(), getMaxAttr()); }

/// (elu_c1), (celu_c1)
static LogicalResult verifyAlpha(Operation *op, FloatAttr alpha, bool divides) {
  float value = float(alpha.getValueAsDouble());
  if (std::isfinite(value) && (!divides || (value != 0 && std::isfinite(1 / value))))
    return success();
  return op->emitOpError("expected a finite alpha") << (divides ? " that x can be divided by" : "") << ", but got " << alpha
                                                    << "; PyTorch's default is 1.0 (" << (divides ? "celu_c1" : "elu_c1") << ")";
}
LogicalResult EluOp::verify() { return verifyAlpha(*this, getAlphaAttr(), false); }
LogicalResult CeluOp::verify() { return verifyAlpha(*this, getAlphaAttr(), true); }

/// (pow_c1)
static LogicalResult verifyExponent(Operation *op, FloatAttr exponent) {
  if (std::isfinite(float(exponent.getValueAsDouble())))
    return success();
  return op->emitOpError("expected a finite exponent, but got ") << exponent << "; use a representable one (pow_c1)";
}
LogicalResult PowOp::verify() { return verifyExponent(*this, getExponentAttr()); }

namespace fusion {

SmallVector<StringRef> activationNames(MLIRContext *context) {
  SmallVector<StringRef> names;
  for (RegisteredOperationName op : context->getRegisteredOperations())
    if (op.getDialectNamespace() == FusionDialect::getDialectNamespace() && op.hasInterface<ActivationInterface>())
      names.push_back(op.stripDialect());
  return names;
}

ArrayRef<StringAttr> activationAttributes(MLIRContext *context, StringRef name) {
  auto info = RegisteredOperationName::lookup(("fusion." + name).str(), context);
  if (!info || !info->hasInterface<ActivationInterface>())
    return {};
  return info->getAttributeNames();
}

} // namespace fusion

/// (activation_grad_c1), (activation_grad_c2)
LogicalResult ActivationGradOp::verify() {
  SmallVector<StringRef> names = activationNames(getContext());
  if (!llvm::is_contained(names, getOf())) {
    auto closest = llvm::min_element(names, [&](StringRef a, StringRef b) { return getOf().edit_distance(a) < getOf().edit_distance(b); });
    return emitOpError("expected the name of an activation, but got \"")
           << getOf() << "\"; did you mean \"" << *closest << "\"? (activation_grad_c1)";
  }
  DictionaryAttr params = getParams();
  auto attributes = activationAttributes(getContext(), getOf());
  for (StringAttr name : attributes)
    if (!params.getAs<FloatAttr>(name))
      return emitOpError("expected params to hold the f64 attribute ")
             << name << " of " << getOf() << ", but got " << params << " (activation_grad_c2)";
  for (NamedAttribute given : params)
    if (!llvm::is_contained(attributes, given.getName()))
      return emitOpError("expected params to hold only attributes of ")
             << getOf() << ", but got " << given.getName() << "; remove it (activation_grad_c2)";
  if (auto slope = params.getAs<FloatAttr>("slope"))
    return verifySlope(*this, slope);
  if (auto min = params.getAs<FloatAttr>("min"))
    return verifyBounds(*this, min, params.getAs<FloatAttr>("max"));
  if (auto alpha = params.getAs<FloatAttr>("alpha"))
    return verifyAlpha(*this, alpha, getOf() == CeluOp::getOperationName().split('.').second);
  if (auto exponent = params.getAs<FloatAttr>("exponent"))
    return verifyExponent(*this, exponent);
  return success();
}
