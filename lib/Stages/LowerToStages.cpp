// fusion-lower-to-stages: each named op is rewritten into the stages that define it.
#include "Lowering.h"
#include "fusion/Dialect/Layout.h"
#include "fusion/Dialect/Matchers.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Stages/Passes.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"

namespace fusion {
#define GEN_PASS_DEF_LOWERTOSTAGES
#include "fusion/Stages/Passes.h.inc"
} // namespace fusion

using namespace mlir;
using namespace fusion;

/// The elements that a reduction merges, as a map of the batch.
static AffineMap countOf(CountOp op) {
  RankedTensorType x = cast<RankedTensorType>(op.getX().getType());
  AffineExpr n = getAffineConstantExpr(1, op.getContext());
  for (int64_t d : op.getDims())
    n = n * (x.isDynamicDim(d) ? getAffineSymbolExpr(0, op.getContext()) : getAffineConstantExpr(x.getDimSize(d), op.getContext()));
  return AffineMap::get(3, 1, n);
}

Value Lowering::map(Location loc, ArrayRef<Input> inputs, RankedTensorType type, Body body, AffineMap index) {
  Domain domain = Domain::of(type);
  SmallVector<Value> values, scalars;
  SmallVector<AffineMap> access;
  // Scalar constants go into the region; nothing reads them from memory. Counts of an unknown batch are an index that is the same
  // everywhere.
  bool counts = false;
  for (const Input &in : inputs) {
    if (auto count = in.value.getDefiningOp<CountOp>(); count && !index)
      index = countOf(count), counts = true;
    if (!in.value.getDefiningOp<ConstantOp>() && !in.value.getDefiningOp<CountOp>())
      values.push_back(in.value), access.push_back(in.access);
  }
  auto op = make<MapOp>(loc, type, values, builder.getAffineMapArrayAttr(access), AffineMapAttr::get(fullAccess(context(), domain)),
                        builder.getDenseI64ArrayAttr(domain.attr()), index ? AffineMapAttr::get(index) : AffineMapAttr());
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&op.getBody());
  for (const Input &in : inputs) {
    if (auto constant = in.value.getDefiningOp<ConstantOp>())
      scalars.push_back(arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(static_cast<float>(scalarOf(constant)))));
    else if (in.value.getDefiningOp<CountOp>())
      scalars.push_back({}); // the last argument, which comes when all others are there
    else
      scalars.push_back(block->addArgument(builder.getF32Type(), in.value.getLoc()));
  }
  if (index) {
    Value last = block->addArgument(builder.getF32Type(), loc);
    for (Value &scalar : scalars)
      scalar = scalar ? scalar : last;
    if (!counts)
      scalars.push_back(last);
  }
  Value result = body(builder, loc, scalars);
  YieldOp::create(builder, loc, result);
  return op.getResult();
}

FailureOr<Value> Lowering::formula(Operation *op, StringRef text, ArrayRef<std::pair<StringRef, Input>> inputs, RankedTensorType type,
                                   DictionaryAttr constants) {
  std::string error;
  SmallVector<Input> operands;
  for (auto &in : inputs)
    operands.push_back(in.second);
  bool ok = true;
  Value result = map(op->getLoc(), operands, type, [&](OpBuilder &b, Location loc, ValueRange scalars) -> Value {
    llvm::StringMap<Value> names;
    for (auto [in, scalar] : llvm::zip(inputs, scalars))
      names[in.first] = scalar;
    FailureOr<Value> value = buildFormula(b, loc, text, names, constants, error);
    ok = succeeded(value);
    return ok ? *value : scalars.front();
  });
  if (!ok)
    return op->emitError() << error;
  return result;
}

template <class Arith> LogicalResult Lowering::arithmetic(Operation *op) {
  RankedTensorType type = typeOf(op->getResult(0));
  op->getResult(0).replaceAllUsesWith(
      map(op->getLoc(), {full(op->getOperand(0), type), full(op->getOperand(1), type)}, type,
          [](OpBuilder &b, Location loc, ValueRange v) -> Value { return Arith::create(b, loc, v[0], v[1]); }));
  return success();
}

LogicalResult Lowering::byFormula(Operation *op, StringRef text) {
  RankedTensorType type = typeOf(op->getResult(0));
  StringRef names[] = {"a", "b", "c"};
  SmallVector<std::pair<StringRef, Input>> inputs;
  for (auto [i, operand] : llvm::enumerate(op->getOperands()))
    inputs.emplace_back(names[i], full(operand, type));
  auto value = formula(op, text, inputs, type, DictionaryAttr());
  if (failed(value))
    return failure();
  op->getResult(0).replaceAllUsesWith(*value);
  return success();
}

Value Lowering::withBias(Location loc, Value z, Value bias) {
  if (!bias)
    return z;
  source = "bias";
  return map(loc, {full(z, typeOf(z)), channel(bias)}, typeOf(z),
             [](OpBuilder &b, Location l, ValueRange v) -> Value { return arith::AddFOp::create(b, l, v[0], v[1]); });
}

LogicalResult Lowering::contraction(Operation *op) {
  Location loc = op->getLoc();
  Type type = op->getResult(0).getType();
  // The number that ties a backward clone to its forward op stays on the contraction: recomputed arithmetic can be told apart.
  auto keepId = [&](ContractOp contract) -> Value {
    if (Attribute id = op->getAttr(kIdAttr))
      contract->setAttr(kIdAttr, id);
    return contract.getResult();
  };
  // Taps of a weight are read as neighbours.
  auto inRows = [&](Value weight) -> Value {
    if (!isChannelsLast(weight))
      return weight;
    StringRef of = source;
    source = "weight in rows";
    Value copy = map(loc, {full(weight, typeOf(weight))}, typeOf(weight), [](OpBuilder &, Location, ValueRange in) { return in[0]; });
    source = of;
    return copy;
  };
  auto windowed = [&](ContractKind kind, Value lhs, Value rhs, const Window &w) -> Value {
    rhs = kind == ContractKind::weight ? rhs : inRows(rhs);
    return keepId(make<ContractOp>(loc, type, kind, lhs, rhs, w.stride, w.padding, w.dilation, w.groups, false, false));
  };
  auto product = [&](Value a, Value b, bool ta, bool tb) -> Value {
    return keepId(
        make<ContractOp>(loc, type, ContractKind::matmul, a, b, ArrayRef<int64_t>{}, ArrayRef<int64_t>{}, ArrayRef<int64_t>{}, 1, ta, tb));
  };
  Value result;
  if (auto conv = dyn_cast<ConvOp>(op)) {
    source = conv.getTransposed() ? "transposed convolution" : "convolution";
    result = windowed(conv.getTransposed() ? ContractKind::scatter : ContractKind::gather, conv.getX(), conv.getWeight(), conv.getWindow());
    result = withBias(loc, result, conv.getBias());
  } else if (auto conv = dyn_cast<ConvGradInputOp>(op)) {
    source = "convolution input gradient";
    result =
        windowed(conv.getTransposed() ? ContractKind::gather : ContractKind::scatter, conv.getDy(), conv.getWeight(), conv.getWindow());
  } else if (auto conv = dyn_cast<ConvGradWeightOp>(op)) {
    source = "convolution weight gradient";
    bool t = conv.getTransposed();
    result = windowed(ContractKind::weight, t ? conv.getX() : conv.getDy(), t ? conv.getDy() : conv.getX(), conv.getWindow());
  } else if (auto linear = dyn_cast<LinearOp>(op)) {
    source = "linear";
    result = withBias(loc, product(linear.getX(), linear.getWeight(), false, true), linear.getBias());
  } else {
    auto matmul = cast<MatmulOp>(op);
    source = "matrix product";
    result = product(matmul.getA(), matmul.getB(), matmul.getTransposeA(), matmul.getTransposeB());
  }
  op->getResult(0).replaceAllUsesWith(result);
  return success();
}

LogicalResult Lowering::lower(Operation *op) {
  builder.setInsertionPoint(op);
  source = op->getName().stripDialect();
  if (auto activation = dyn_cast<ActivationInterface>(op)) {
    RankedTensorType type = typeOf(op->getResult(0));
    auto value = formula(op, activation.getFormula(), {{"x", full(op->getOperand(0), type)}}, type, op->getAttrDictionary());
    if (failed(value))
      return failure();
    op->getResult(0).replaceAllUsesWith(*value);
    return success();
  }
  if (auto grad = dyn_cast<ActivationGradOp>(op)) {
    auto info = RegisteredOperationName::lookup(("fusion." + grad.getOf()).str(), context());
    auto *model = info ? info->getInterface<ActivationInterface>() : nullptr;
    if (!model)
      return op->emitError() << "expected the name of an activation, but got '" << grad.getOf() << "'";
    std::string name = ("gradient of " + grad.getOf()).str();
    source = name;
    auto value = formula(op, model->getDerivative(),
                         {{"x", full(grad.getX(), typeOf(grad.getX()))}, {"dy", full(grad.getDy(), typeOf(grad.getX()))}},
                         typeOf(grad.getX()), grad.getParamsAttr());
    if (failed(value))
      return failure();
    grad.getDx().replaceAllUsesWith(*value);
    return success();
  }
  if (isa<ConvOp, ConvGradInputOp, ConvGradWeightOp, LinearOp, MatmulOp>(op))
    return contraction(op);
  if (isa<GroupStatsOp, NormalizeOp, NormalizeGradOp>(op))
    return norm(op);
  if (isa<AddOp>(op))
    return arithmetic<arith::AddFOp>(op);
  if (isa<SubOp>(op))
    return arithmetic<arith::SubFOp>(op);
  if (isa<MulOp>(op))
    return arithmetic<arith::MulFOp>(op);
  if (isa<DivOp>(op))
    return arithmetic<arith::DivFOp>(op);
  if (isa<MaximumOp>(op)) // NaN comes through
    return byFormula(op, "a > b ? a : (a == a ? b : a)");
  if (isa<MinimumOp>(op))
    return byFormula(op, "a < b ? a : (a == a ? b : a)");
  if (isa<WhereOp>(op))
    return byFormula(op, "a == 0 ? c : b");
  if (isa<StandardizeOp>(op))
    return byFormula(op, "(a - b) * c");
  if (auto cast = dyn_cast<CastOp>(op)) {
    RankedTensorType type = typeOf(cast.getY());
    cast.getY().replaceAllUsesWith(map(op->getLoc(), {full(cast.getX(), type)}, type, [&](OpBuilder &b, Location l, ValueRange v) -> Value {
      return cast.rounds() ? RoundOp::create(b, l, b.getF32Type(), v[0], type.getElementType()).getValue() : v[0];
    }));
    return success();
  }
  if (isa<DetachOp>(op)) {
    op->getResult(0).replaceAllUsesWith(op->getOperand(0));
    return success();
  }
  if (isa<MaximumGradOp>(op))
    return byFormula(op, "b == c ? a * 0.5 : (b < c ? 0 : a)");
  if (isa<MinimumGradOp>(op))
    return byFormula(op, "b == c ? a * 0.5 : (b > c ? 0 : a)");
  if (isa<ConstantOp, CountOp>(op))
    return success(); // inlined where it is used
  if (std::optional<LogicalResult> done = reduction(op))
    return *done;
  if (isComposite(op))
    return op->emitError() << "expected an op that has stages, but got '" << op->getName() << "'; run -fusion-decompose-norms first";
  return op->emitError() << "op '" << op->getName() << "' is not supported yet";
}

/// A map that hands its elements on in memory order changes their type only: maps read its operand at the same offsets. One that makes a
/// 16-bit type of f32 stays: it says how the value is written to memory.
static void foldReshapes(Block &body) {
  for (MapOp map : llvm::make_early_inc_range(body.getOps<MapOp>())) {
    Block &region = map.getBody().front();
    if (map.getInputs().size() != 1 || cast<YieldOp>(region.getTerminator()).getValue() != region.getArgument(0))
      continue;
    Domain domain = Domain::from(map.getDomain());
    auto access = cast<AffineMapAttr>(map.getAccess()[0]).getValue();
    if (withoutUnitDims(access, domain) != withoutUnitDims(map.getResultAccess(), domain) ||
        elementBytes(map.getResult().getType()) < elementBytes(map.getInputs()[0].getType()))
      continue;
    map.getResult().replaceUsesWithIf(map.getInputs()[0], [](OpOperand &use) { return isa<MapOp>(use.getOwner()); });
  }
}

void Lowering::separateResults(func::ReturnOp op) {
  builder.setInsertionPoint(op);
  source = "copy";
  llvm::DenseSet<Value> seen;
  for (OpOperand &operand : op->getOpOperands()) {
    Value v = operand.get();
    if (!isa<BlockArgument>(v) && seen.insert(v).second)
      continue;
    operand.set(map(op.getLoc(), {full(v, typeOf(v))}, typeOf(v), [](OpBuilder &, Location, ValueRange in) { return in[0]; }));
  }
}

namespace {
struct LowerToStages : fusion::impl::LowerToStagesBase<LowerToStages> {
  void runOnOperation() override {
    if (!getOperation().isExternal() && failed(lowerToStages(getOperation())))
      signalPassFailure();
  }
};

} // namespace

LogicalResult fusion::lowerToStages(func::FuncOp func) {
  Lowering lowering(func);
  Block &body = func.getBody().front();
  SmallVector<Operation *> named, stages;
  for (Operation &op : body.without_terminator())
    if (!isa<MapOp, ReduceOp, PoolOp, ContractOp, KernelOp>(op))
      named.push_back(&op);
  for (Operation *op : named)
    if (failed(lowering.lower(op)))
      return failure();
  foldReshapes(body);
  for (Operation *op : llvm::reverse(named))
    if (op->use_empty())
      op->erase();
  for (Operation &op : body.without_terminator())
    stages.push_back(&op);
  for (Operation *op : llvm::reverse(stages))
    if (op->use_empty())
      op->erase();
  DominanceInfo dominance(func);
  IRRewriter rewriter(func.getContext());
  eliminateCommonSubExpressions(rewriter, dominance, func);             // forward values that several gradients started from
  lowering.separateResults(cast<func::ReturnOp>(body.getTerminator())); // equal results are one value by now
  if (Attribute factors = func->getAttr(kFactorsAttr))
    for (ContractOp contract : body.getOps<ContractOp>())
      contract->setAttr(kFactorsAttr, factors);
  return success();
}
