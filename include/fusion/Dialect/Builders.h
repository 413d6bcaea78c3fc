// Short ways to build named ops whose result type follows from the operands; for decompositions and derivative rules.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Shape.h"

namespace fusion {

/// Builds at `builder`'s insertion point, all ops with one location.
class NamedBuilder {
public:
  NamedBuilder(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::Value constant(double value);
  /// The same values in f32, or in another element type, unrounded; `x` itself where it has the type.
  mlir::Value inF32(mlir::Value x);
  mlir::Value inElement(mlir::Value x, mlir::Type element);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value broadcast(mlir::Value x, mlir::Type type);
  mlir::Value detach(mlir::Value x);
  /// A reduction, one of `sum`, `max` and `min`.
  template <typename Op> mlir::Value reduce(mlir::Value x, llvm::ArrayRef<int64_t> dims, bool keepdim) {
    return Op::create(builder, loc, reducedType(x, dims, keepdim), x, dims, keepdim);
  }
  MomentsOp moments(mlir::Value x, llvm::ArrayRef<int64_t> dims, bool keepdim);
  /// The number of elements a reduction merges: a constant where it is known.
  mlir::Value count(mlir::Value x, llvm::ArrayRef<int64_t> dims);
  /// What a reduction of a tensor like `x` over `dims` gives, with extents of 1 in place of the reduced dims.
  mlir::Value keepDims(mlir::Value reduced, mlir::Value x, llvm::ArrayRef<int64_t> dims);

  template <typename Op> mlir::Value unary(mlir::Value x) { return Op::create(builder, loc, x.getType(), x); }
  /// Arithmetic with broadcasting.
  template <typename Op> mlir::Value binary(mlir::Value a, mlir::Value b) { return Op::create(builder, loc, broadcastType({a, b}), a, b); }
  template <typename Op> mlir::Value ternary(mlir::Value a, mlir::Value b, mlir::Value c) {
    return Op::create(builder, loc, broadcastType({a, b, c}), a, b, c);
  }
  mlir::Value add(mlir::Value a, mlir::Value b) { return binary<AddOp>(a, b); }
  mlir::Value sub(mlir::Value a, mlir::Value b) { return binary<SubOp>(a, b); }
  mlir::Value mul(mlir::Value a, mlir::Value b) { return binary<MulOp>(a, b); }
  mlir::Value div(mlir::Value a, mlir::Value b) { return binary<DivOp>(a, b); }

private:
  static mlir::RankedTensorType typeOf(mlir::Value v) { return llvm::cast<mlir::RankedTensorType>(v.getType()); }
  static mlir::RankedTensorType reducedType(mlir::Value x, llvm::ArrayRef<int64_t> dims, bool keepdim) {
    return mlir::RankedTensorType::get(reducedShape(typeOf(x).getShape(), dims, keepdim), typeOf(x).getElementType());
  }
  static mlir::RankedTensorType broadcastType(llvm::ArrayRef<mlir::Value> values);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace fusion
