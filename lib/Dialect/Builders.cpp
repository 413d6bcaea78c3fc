// Builds named ops whose result type follows from the operands.
#include "fusion/Dialect/Builders.h"

using namespace mlir;

namespace fusion {

Value NamedBuilder::constant(double value) {
  return ConstantOp::create(builder, loc, RankedTensorType::get({}, builder.getF32Type()), builder.getF64FloatAttr(value));
}

Value NamedBuilder::reshape(Value x, ArrayRef<int64_t> shape) {
  if (typeOf(x).getShape() == shape)
    return x;
  return ReshapeOp::create(builder, loc, RankedTensorType::get(shape, typeOf(x).getElementType()), x);
}

Value NamedBuilder::broadcast(Value x, Type type) { return x.getType() == type ? x : BroadcastOp::create(builder, loc, type, x); }

Value NamedBuilder::detach(Value x) { return DetachOp::create(builder, loc, x.getType(), x); }

MomentsOp NamedBuilder::moments(Value x, ArrayRef<int64_t> dims, bool keepdim) {
  Type type = reducedType(x, dims, keepdim);
  return MomentsOp::create(builder, loc, type, type, x, dims, keepdim);
}

Value NamedBuilder::count(Value x, ArrayRef<int64_t> dims) {
  if (auto known = reducedCount(typeOf(x).getShape(), dims))
    return constant(double(*known));
  return CountOp::create(builder, loc, RankedTensorType::get({}, builder.getF32Type()), x, dims);
}

Value NamedBuilder::keepDims(Value reduced, Value x, ArrayRef<int64_t> dims) {
  return reshape(reduced, reducedShape(typeOf(x).getShape(), dims, true));
}

RankedTensorType NamedBuilder::broadcastType(ArrayRef<Value> values) {
  SmallVector<int64_t> shape;
  for (Value v : values)
    shape = *broadcastShapes(shape, typeOf(v).getShape());
  return RankedTensorType::get(shape, typeOf(values.front()).getElementType());
}

} // namespace fusion
