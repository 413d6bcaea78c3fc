// Derivative rules of elementwise ops, and the table that finds the rule of an op.
#include "Rules.h"
#include "fusion/Dialect/Builders.h"
#include "fusion/Dialect/ElementTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace fusion {

void Gradients::contribute(Value value, Value gradient) {
  gradient = NamedBuilder(builder, gradient.getLoc()).inElement(gradient, elementOf(value.getType()));
  Value &sum = gradients[value];
  sum = sum ? AddOp::create(builder, gradient.getLoc(), value.getType(), sum, gradient).getResult() : gradient;
}

Value sumTo(RuleContext &c, Value gradient, Value operand) {
  if (cast<RankedTensorType>(gradient.getType()).getShape() == cast<RankedTensorType>(operand.getType()).getShape())
    return gradient;
  // A sum is of its operand's element type or f32; `contribute` converts.
  auto type = cast<RankedTensorType>(operand.getType());
  Type sum = type.getElementType().isF32() ? type : withElement(type, elementOf(gradient.getType()));
  return SumToOp::create(c.builder, c.loc, sum, gradient, DenseI64ArrayAttr());
}

Value negate(RuleContext &c, Value value) {
  auto scalar = RankedTensorType::get({}, c.builder.getF32Type());
  Value minusOne = ConstantOp::create(c.builder, c.loc, scalar, c.builder.getF64FloatAttr(-1));
  return MulOp::create(c.builder, c.loc, value.getType(), value, minusOne);
}

/// d(x) = activation_grad(dy, x): the derivative is part of the activation's one-line definition.
static LogicalResult activationRule(RuleContext &c) {
  Value x = c.op->getOperand(0);
  if (!c.gradients.wants(x))
    return success();
  SmallVector<NamedAttribute> params;
  for (StringAttr name : c.op->getRegisteredInfo()->getAttributeNames())
    params.emplace_back(name, c.op->getAttr(name));
  c.gradients.contribute(x, ActivationGradOp::create(c.builder, c.loc, x.getType(), c.dy(), x,
                                                     c.builder.getStringAttr(c.op->getName().stripDialect()),
                                                     c.builder.getDictionaryAttr(params)));
  return success();
}

/// d(x) = dy in the operand's type
static LogicalResult castRule(RuleContext &c) {
  auto op = cast<CastOp>(c.op);
  if (c.gradients.wants(op.getX()))
    c.gradients.contribute(op.getX(), c.dy());
  return success();
}

/// d(lhs) = dy, d(rhs) = dy
static LogicalResult addRule(RuleContext &c) {
  for (Value operand : c.op->getOperands())
    if (c.gradients.wants(operand))
      c.gradients.contribute(operand, sumTo(c, c.dy(), operand));
  return success();
}

/// d(lhs) = dy, d(rhs) = -dy
static LogicalResult subRule(RuleContext &c) {
  auto op = cast<SubOp>(c.op);
  if (c.gradients.wants(op.getLhs()))
    c.gradients.contribute(op.getLhs(), sumTo(c, c.dy(), op.getLhs()));
  if (c.gradients.wants(op.getRhs()))
    c.gradients.contribute(op.getRhs(), negate(c, sumTo(c, c.dy(), op.getRhs())));
  return success();
}

/// d(lhs) = dy * rhs, d(rhs) = dy * lhs
static LogicalResult mulRule(RuleContext &c) {
  auto op = cast<MulOp>(c.op);
  auto part = [&](Value operand, Value other) {
    if (c.gradients.wants(operand))
      c.gradients.contribute(operand, sumTo(c, MulOp::create(c.builder, c.loc, op.getType(), c.dy(), other), operand));
  };
  part(op.getLhs(), op.getRhs());
  part(op.getRhs(), op.getLhs());
  return success();
}

/// d(lhs) = dy / rhs, d(rhs) = -dy * (y / rhs) with y the op's result
static LogicalResult divRule(RuleContext &c) {
  auto op = cast<DivOp>(c.op);
  if (c.gradients.wants(op.getLhs()))
    c.gradients.contribute(op.getLhs(), sumTo(c, DivOp::create(c.builder, c.loc, op.getType(), c.dy(), op.getRhs()), op.getLhs()));
  if (c.gradients.wants(op.getRhs())) {
    Value ratio = DivOp::create(c.builder, c.loc, op.getType(), op.getY(), op.getRhs());
    Value product = MulOp::create(c.builder, c.loc, op.getType(), c.dy(), ratio);
    c.gradients.contribute(op.getRhs(), negate(c, sumTo(c, product, op.getRhs())));
  }
  return success();
}

/// d(x) = dy where x is the extremum, half of it where both operands are
template <typename GradOp> static LogicalResult extremumRule(RuleContext &c) {
  for (unsigned i : {0u, 1u}) {
    Value operand = c.op->getOperand(i), other = c.op->getOperand(1 - i);
    if (c.gradients.wants(operand))
      c.gradients.contribute(operand, sumTo(c, GradOp::create(c.builder, c.loc, c.dy().getType(), c.dy(), operand, other), operand));
  }
  return success();
}

/// d(lhs) = dy where cond, d(rhs) = dy elsewhere; nothing reaches cond
static LogicalResult whereRule(RuleContext &c) {
  auto op = cast<WhereOp>(c.op);
  if (!c.gradients.wants(op.getLhs()) && !c.gradients.wants(op.getRhs()))
    return success();
  Value zero = ConstantOp::create(c.builder, c.loc, RankedTensorType::get({}, c.builder.getF32Type()), c.builder.getF64FloatAttr(0));
  auto part = [&](Value operand, Value yes, Value no) {
    if (c.gradients.wants(operand))
      c.gradients.contribute(operand, sumTo(c, WhereOp::create(c.builder, c.loc, op.getType(), op.getCond(), yes, no), operand));
  };
  part(op.getLhs(), c.dy(), zero);
  part(op.getRhs(), zero, c.dy());
  return success();
}

Rule ruleOf(Operation *op) {
  if (isa<ActivationInterface>(op))
    return activationRule;
  return llvm::TypeSwitch<Operation *, Rule>(op)
      .Case<CastOp>([](auto) { return castRule; })
      .Case<AddOp>([](auto) { return addRule; })
      .Case<SubOp>([](auto) { return subRule; })
      .Case<MulOp>([](auto) { return mulRule; })
      .Case<DivOp>([](auto) { return divRule; })
      .Case<MaximumOp>([](auto) { return extremumRule<MaximumGradOp>; })
      .Case<MinimumOp>([](auto) { return extremumRule<MinimumGradOp>; })
      .Case<WhereOp>([](auto) { return whereRule; })
      .Case<ConvOp>([](auto) { return convRule; })
      .Case<LinearOp>([](auto) { return linearRule; })
      .Case<MatmulOp>([](auto) { return matmulRule; })
      .Case<NormalizeOp>([](auto) { return normalizeRule; })
      .Case<SumOp>([](auto) { return sumRule; })
      .Case<MaxOp, MinOp>([](auto) { return extremeRule; })
      .Case<MomentsOp>([](auto) { return momentsRule; })
      .Case<StandardizeOp>([](auto) { return standardizeRule; })
      .Case<ReshapeOp>([](auto) { return reshapeRule; })
      .Case<BroadcastOp>([](auto) { return broadcastRule; })
      .Case<DropoutOp, WithinOp>([](auto) { return maskRule; })
      .Case<MaxPoolOp, AvgPoolOp, AdaptiveAvgPoolOp>([](auto) { return poolRule; })
      .Default([](auto) { return nullptr; });
}

} // namespace fusion
