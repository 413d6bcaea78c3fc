// The element types that tensors have in memory: f32, f16 and bf16. What is computed in is always fp32.
#pragma once
#include "mlir/IR/BuiltinTypes.h"

namespace fusion {

/// The element type of a ranked tensor.
mlir::Type elementOf(mlir::Type tensor);
/// Whether an element type is one of the two of 16 bits.
inline bool isNarrow(mlir::Type element) { return element.isF16() || element.isBF16(); }
/// Whether a tensor's element type is one of the two of 16 bits.
inline bool holdsNarrow(mlir::Type tensor) { return isNarrow(elementOf(tensor)); }
/// Bytes of an element of a tensor.
int64_t elementBytes(mlir::Type tensor);
/// The tensor type of the same shape in another element type.
mlir::RankedTensorType withElement(mlir::RankedTensorType type, mlir::Type element);
/// The tensor type of the same shape in f32.
mlir::RankedTensorType inF32(mlir::RankedTensorType type);
/// The nearest value of an element type, ties to even; infinite beyond its largest one.
double roundedTo(double value, mlir::Type element);

} // namespace fusion
