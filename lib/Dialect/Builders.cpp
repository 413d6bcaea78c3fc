// Builds named ops whose result type follows from the operands.
#include "fusion/Dialect/Builders.h"
#include "fusion/Dialect/ElementTypes.h"

using namespace mlir;

namespace fusion {

Value NamedBuilder::constant(double value) {
  return ConstantOp::create(builder, loc, RankedTensorType::get({}, builder.getF32Type()), builder.getF64FloatAttr(value));
}

Value NamedBuilder::inF32(Value x) { return inElement(x, builder.getF32Type()); }

Value NamedBuilder::inElement(Value x, Type element) {
  return elementOf(x.getType()) == element ? x : CastOp::create(builder, loc, withElement(typeOf(x), element), x, true).getY();
}

Value NamedBuilder::reshape(Value x, ArrayRef<int64_t> shape) {
  if (typeOf(x).getShape() == shape)
    return x;
  return ReshapeOp::create(builder, loc, RankedTensorType::get(shape, typeOf(x).getElementType()), x);
}

Value NamedBuilder::broadcast(Value x, Type type) { return x.getType() == type ? x : BroadcastOp::create(builder, loc, type, x); }

Value NamedBuilder::detach(Value x) { return DetachOp::create(builder, loc, x.getType(), x); }

MomentsOp NamedBuilder::moments(Value x, ArrayRef<int64_t> dims, bool keepdim) {
  Type type = fusion::inF32(reducedType(x, dims, keepdim));
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
  const Value *narrow = llvm::find_if(values, [](Value v) { return holdsNarrow(v.getType()); });
  return RankedTensorType::get(shape, elementOf((narrow == values.end() ? values.front() : *narrow).getType()));
}

} // namespace fusion
