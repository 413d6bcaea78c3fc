// fusion-lower-to-stages: each named op is rewritten into the stages that define it.
#include "fusion/Dialect/Formula.h"
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Stages/Access.h"
#include "fusion/Stages/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"

namespace fusion {
#define GEN_PASS_DEF_LOWERTOSTAGES
#include "fusion/Stages/Passes.h.inc"
} // namespace fusion

using namespace mlir;
using namespace fusion;

namespace {

using Tensor = TypedValue<RankedTensorType>;

/// Rewrites one op at a time, in program order, at the op's own place.
class Lowering {
public:
  explicit Lowering(func::FuncOp func) : builder(func.getContext()) {}
  LogicalResult lower(Operation *op);
  /// A function that returns an argument, or a value twice, gets a copy of it: every result is a tensor of its own.
  void separateResults(func::ReturnOp op);

private:
  OpBuilder builder;
  StringRef source; ///< what the stages being built come from

  MLIRContext *context() { return builder.getContext(); }
  template <class Op, class... Args> Op make(Location loc, Args &&...args) {
    Op op = Op::create(builder, loc, std::forward<Args>(args)...);
    op->setAttr("source", builder.getStringAttr(source));
    return op;
  }

  struct Input {
    Value value;
    AffineMap access;
  };
  using Body = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;
  Value map(Location loc, ArrayRef<Input> inputs, RankedTensorType type, Body body) {
    Domain domain = Domain::of(type);
    SmallVector<Value> values, scalars;
    SmallVector<AffineMap> access;
    // Scalar constants go into the region; nothing reads them from memory.
    for (const Input &in : inputs)
      if (!in.value.getDefiningOp<ConstantOp>())
        values.push_back(in.value), access.push_back(in.access);
    auto op = make<MapOp>(loc, type, values, builder.getAffineMapArrayAttr(access), AffineMapAttr::get(fullAccess(context(), domain)),
                          builder.getDenseI64ArrayAttr(domain.attr()));
    OpBuilder::InsertionGuard guard(builder);
    Block *block = builder.createBlock(&op.getBody());
    for (const Input &in : inputs) {
      if (auto constant = in.value.getDefiningOp<ConstantOp>())
        scalars.push_back(
            arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(static_cast<float>(constant.getValue().convertToDouble()))));
      else
        scalars.push_back(block->addArgument(builder.getF32Type(), in.value.getLoc()));
    }
    Value result = body(builder, loc, scalars);
    YieldOp::create(builder, loc, result);
    return op.getResult();
  }
  ResultRange reduce(Location loc, ReduceKind kind, Value input, AffineMap result, RankedTensorType type) {
    Domain domain = Domain::of(cast<RankedTensorType>(input.getType()));
    SmallVector<Type> types(kind == ReduceKind::moments ? 2 : 1, type);
    return make<ReduceOp>(loc, types, kind, input, fullAccess(context(), domain), result, builder.getDenseI64ArrayAttr(domain.attr()))
        .getResults();
  }
  static RankedTensorType typeOf(Value v) { return cast<RankedTensorType>(v.getType()); }
  Input full(Value v, RankedTensorType like) { return {v, broadcastAccess(typeOf(v), like)}; }
  Input group(Value v, RankedTensorType like) { return {v, groupAccess(context(), Domain::of(like), typeOf(v).getDimSize(1))}; }
  Input channel(Value v) { return {v, channelAccess(context())}; }

  FailureOr<Value> formula(Operation *op, StringRef text, ArrayRef<std::pair<StringRef, Input>> inputs, RankedTensorType type,
                           DictionaryAttr constants);
  template <class Arith> LogicalResult arithmetic(Operation *op);
  /// A formula of the operands, called a, b, ... in their order.
  LogicalResult byFormula(Operation *op, StringRef text);
  LogicalResult contraction(Operation *op);
  LogicalResult norm(Operation *op);
  Value withBias(Location loc, Value z, Value bias);
};

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
  auto windowed = [&](ContractKind kind, Value lhs, Value rhs, const Window &w) -> Value {
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

/// normalised = (x - mean) * rstd, the piece that every norm stage starts from.
Value normalised(OpBuilder &b, Location loc, ValueRange v) {
  Value centred = arith::SubFOp::create(b, loc, v[0], v[1]);
  return arith::MulFOp::create(b, loc, centred, v[2]);
}

LogicalResult Lowering::norm(Operation *op) {
  Location loc = op->getLoc();
  if (auto stats = dyn_cast<GroupStatsOp>(op)) {
    source = "statistics";
    RankedTensorType x = typeOf(stats.getX()), out = typeOf(stats.getMean());
    ResultRange moments = reduce(loc, ReduceKind::moments, stats.getX(), groupAccess(context(), Domain::of(x), stats.getGroups()), out);
    float eps = static_cast<float>(stats.getEps().convertToDouble());
    source = "rstd";
    Value rstd = map(loc, {full(moments[1], out)}, out, [&](OpBuilder &b, Location l, ValueRange v) -> Value {
      Value e = arith::ConstantOp::create(b, l, b.getF32FloatAttr(eps)), one = arith::ConstantOp::create(b, l, b.getF32FloatAttr(1));
      Value sum = arith::AddFOp::create(b, l, v[0], e);
      Value root = math::SqrtOp::create(b, l, sum);
      return arith::DivFOp::create(b, l, one, root);
    });
    stats.getMean().replaceAllUsesWith(moments[0]);
    stats.getRstd().replaceAllUsesWith(rstd);
    return success();
  }
  if (auto normalize = dyn_cast<NormalizeOp>(op)) {
    source = "normalise";
    RankedTensorType type = typeOf(normalize.getY());
    SmallVector<Input> in{full(normalize.getX(), type), group(normalize.getMean(), type), group(normalize.getRstd(), type)};
    if (normalize.getGamma())
      in.append({channel(normalize.getGamma()), channel(normalize.getBeta())});
    normalize.getY().replaceAllUsesWith(map(loc, in, type, [](OpBuilder &b, Location l, ValueRange v) -> Value {
      Value y = normalised(b, l, v);
      if (v.size() == 3)
        return y;
      Value scaled = arith::MulFOp::create(b, l, y, v[3]);
      return arith::AddFOp::create(b, l, scaled, v[4]);
    }));
    return success();
  }
  auto grad = cast<NormalizeGradOp>(op);
  RankedTensorType type = typeOf(grad.getDx()), stat = typeOf(grad.getMean());
  Domain domain = Domain::of(type);
  int64_t groups = stat.getDimSize(1);
  AffineMap perGroup = groupAccess(context(), domain, groups);
  source = "normalise";
  Value n = map(loc, {full(grad.getX(), type), group(grad.getMean(), type), group(grad.getRstd(), type)}, type, normalised);
  Value g = grad.getDy();
  auto product = [](OpBuilder &b, Location l, ValueRange v) -> Value { return arith::MulFOp::create(b, l, v[0], v[1]); };
  source = "gradient of the normalised value";
  if (grad.getGamma())
    g = map(loc, {full(g, type), channel(grad.getGamma())}, type, product);
  Value gn = map(loc, {full(g, type), full(n, type)}, type, product);
  source = "sums over the group";
  Value sumG = reduce(loc, ReduceKind::sum, g, perGroup, stat)[0];
  Value sumGn = reduce(loc, ReduceKind::sum, gn, perGroup, stat)[0];
  source = "norm gradient";
  float inverse = static_cast<float>(1.0 / (double(domain.channels / groups) * double(domain.positions)));
  grad.getDx().replaceAllUsesWith(
      map(loc, {full(g, type), full(n, type), group(sumG, type), group(sumGn, type), group(grad.getRstd(), type)}, type,
          [&](OpBuilder &b, Location l, ValueRange v) -> Value {
            Value scale = arith::ConstantOp::create(b, l, b.getF32FloatAttr(inverse));
            Value meanG = arith::MulFOp::create(b, l, v[2], scale), meanGn = arith::MulFOp::create(b, l, v[3], scale);
            Value centred = arith::SubFOp::create(b, l, v[0], meanG), slope = arith::MulFOp::create(b, l, v[1], meanGn);
            Value inner = arith::SubFOp::create(b, l, centred, slope);
            return arith::MulFOp::create(b, l, v[4], inner);
          }));
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
  if (isa<DetachOp>(op)) {
    op->getResult(0).replaceAllUsesWith(op->getOperand(0));
    return success();
  }
  if (isa<MaximumGradOp>(op))
    return byFormula(op, "b == c ? a * 0.5 : (b < c ? 0 : a)");
  if (isa<MinimumGradOp>(op))
    return byFormula(op, "b == c ? a * 0.5 : (b > c ? 0 : a)");
  if (auto sum = dyn_cast<SumToOp>(op)) {
    source = "sum";
    RankedTensorType from = typeOf(sum.getX()), to = typeOf(sum.getY());
    if (from == to) {
      sum.getY().replaceAllUsesWith(sum.getX());
      return success();
    }
    // Dims that stay keep their place; with explicit dims the result's shape is what is left of the operand's.
    SmallVector<int64_t> kept(from.getShape());
    if (auto dims = sum.getDims())
      for (int64_t d : *dims)
        kept[d] = 1;
    else
      for (int64_t d = 0, rank = from.getRank(), skipped = rank - to.getRank(); d < rank; ++d)
        kept[d] = d < skipped ? 1 : to.getDimSize(d - skipped);
    AffineMap result = broadcastAccess(RankedTensorType::get(kept, from.getElementType()), from);
    sum.getY().replaceAllUsesWith(reduce(op->getLoc(), ReduceKind::sum, sum.getX(), result, to)[0]);
    return success();
  }
  if (isa<ConstantOp>(op))
    return success(); // inlined where it is used
  if (isComposite(op))
    return op->emitError() << "expected an op that has stages, but got '" << op->getName() << "'; run -fusion-decompose-norms first";
  return op->emitError() << "op '" << op->getName() << "' is not supported yet";
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
    if (!isa<MapOp, ReduceOp, ContractOp, KernelOp>(op))
      named.push_back(&op);
  for (Operation *op : named)
    if (failed(lowering.lower(op)))
      return failure();
  lowering.separateResults(cast<func::ReturnOp>(body.getTerminator()));
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
  eliminateCommonSubExpressions(rewriter, dominance, func); // forward values that several gradients started from
  return success();
}
