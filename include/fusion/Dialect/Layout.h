// Which tensors of a function lie in memory with their channels last (NHWC); all others are dense row-major.
#pragma once
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

namespace fusion {

/// On arguments and results of functions. The shape stays [N, C, spatial...]; element (n, c, p) lies at (n * P + p) * C + c.
constexpr llvm::StringLiteral kLayoutAttr = "fusion.layout";
constexpr llvm::StringLiteral kChannelsLast = "channels_last";

/// Whether a tensor of this type lies elsewhere when its channels are last: it has several channels and several positions.
bool layoutMatters(mlir::Type type);
/// Whether a value of a function of kernels (an argument, or what a kernel stores) lies channels-last, and that matters.
bool isChannelsLast(mlir::Value v);

} // namespace fusion
