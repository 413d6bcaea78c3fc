// Matchers over elementwise named ops that read like the formula they look for; operand order never matters where it cannot.
#pragma once
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/FusionDialect.h"
#include <optional>

namespace fusion {

/// The value of a constant, rounded to its element type as the compiled program sees it.
inline double scalarOf(ConstantOp constant) {
  return roundedTo(constant.getValue().convertToDouble(), elementOf(constant.getY().getType()));
}

inline std::optional<double> matchScalar(mlir::Value value) {
  if (auto constant = value.getDefiningOp<ConstantOp>())
    return scalarOf(constant);
  return std::nullopt;
}

inline bool isScalar(mlir::Value value, double expected) {
  auto scalar = matchScalar(value);
  return scalar && *scalar == double(float(expected));
}

/// x, when value is x + c or c + x or x - (-c); null otherwise.
inline mlir::Value matchPlus(mlir::Value value, double c) {
  if (auto add = value.getDefiningOp<AddOp>()) {
    if (isScalar(add.getRhs(), c))
      return add.getLhs();
    if (isScalar(add.getLhs(), c))
      return add.getRhs();
  }
  if (auto sub = value.getDefiningOp<SubOp>(); sub && isScalar(sub.getRhs(), -c))
    return sub.getLhs();
  return {};
}

/// x, when value is x / c or x * (1 / c) or (1 / c) * x; null otherwise.
inline mlir::Value matchDividedBy(mlir::Value value, double c) {
  if (auto div = value.getDefiningOp<DivOp>(); div && isScalar(div.getRhs(), c))
    return div.getLhs();
  if (auto mul = value.getDefiningOp<MulOp>()) {
    if (isScalar(mul.getRhs(), 1 / c))
      return mul.getLhs();
    if (isScalar(mul.getLhs(), 1 / c))
      return mul.getRhs();
  }
  return {};
}

/// x, when value is clamp(x, min, max); null otherwise.
inline mlir::Value matchClamp(mlir::Value value, double min, double max) {
  if (auto clamp = value.getDefiningOp<ClampOp>())
    if (float(clamp.getMin().convertToDouble()) == float(min) && float(clamp.getMax().convertToDouble()) == float(max))
      return clamp.getX();
  return {};
}

} // namespace fusion
