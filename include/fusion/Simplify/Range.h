// The range a value's elements lie in, whatever the inputs, as far as the ops that make it tell.
#pragma once
#include "mlir/IR/Value.h"
#include <limits>

namespace fusion {

/// Closed, in the element type's arithmetic as it is computed, infinities included. It says nothing about NaN: an element may always be
/// NaN too, so a rewrite that relies on a range must let NaN through as the original does.
struct Range {
  double lo = -std::numeric_limits<double>::infinity(), hi = std::numeric_limits<double>::infinity();

  bool within(double least, double most) const { return least <= lo && hi <= most; }
};

/// Looks at most a few ops deep, so the cost per value is constant.
Range rangeOf(mlir::Value value);

} // namespace fusion
