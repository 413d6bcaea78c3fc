// Sums of fewer elements: what is constant along the summed dims leaves the sum, and a sum over a linear layer's features sums its weight.
//
// sum(x * s) = sum(x) * s where s is constant along the dims. sum(x + b) = sum(x) + n * b loses digits where x is near -b, so it is used on
// what a norm made alone: those elements are standardised, and the mean that is subtracted was rounded in the same way before.
#include "Rule.h"
#include "fusion/Dialect/Builders.h"
#include "fusion/Dialect/ElementTypes.h"

using namespace mlir;

namespace fusion {

/// Standardised, whatever per-channel factor and shift came behind.
static bool isNormalised(Value v, unsigned depth = 0) {
  Operation *op = v.getDefiningOp();
  if (isa_and_nonnull<StandardizeOp, NormalizeOp>(op))
    return true;
  if (depth > 4 || !isa_and_nonnull<MulOp, AddOp>(op))
    return false;
  return llvm::any_of(op->getOperands(), [&](Value in) { return in.getType() == v.getType() && isNormalised(in, depth + 1); });
}

namespace {

/// One elementwise op whose operand `x` is summed instead: all others are constant along `dims`.
struct Step {
  Value x;
  SmallVector<int64_t> dims; ///< of the sum along which the rest is constant
};

/// Whether a rule may make tensors of its own beside `x`: a 16-bit one would be rounded, or overflow, where the model has none.
bool mayMakeTensors(Value x) { return !holdsNarrow(x.getType()); }

/// Sums over dims of extent 1, and extremes.
template <typename Op> class ReductionOfOne : public SimplifyRule<Op> {
public:
  using SimplifyRule<Op>::SimplifyRule;
  std::optional<Justification> match(Op op) const override {
    for (int64_t d : op.getDims())
      if (op.getX().getType().getDimSize(d) != 1)
        return std::nullopt;
    return Justification{Change::Exact, Change::Exact, "one element is reduced"};
  }
  Value build(Op op, PatternRewriter &rewriter) const override {
    NamedBuilder b(rewriter, op.getLoc());
    return b.inElement(b.reshape(op.getX(), op.getY().getType().getShape()), elementOf(op.getY().getType()));
  }
};

/// The global average as what it is: a sum times a constant, which other rules and other kernels know.
class GlobalAverage : public SimplifyRule<AdaptiveAvgPoolOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(AdaptiveAvgPoolOp op) const override {
    if (llvm::any_of(op.getOutputSize(), [](int64_t extent) { return extent != 1; }))
      return std::nullopt;
    return Justification{Change::Exact, Change::Exact, "one window covers the picture"};
  }
  Value build(AdaptiveAvgPoolOp op, PatternRewriter &rewriter) const override {
    NamedBuilder b(rewriter, op.getLoc());
    auto dims = llvm::to_vector(llvm::seq<int64_t>(2, op.getX().getType().getRank()));
    Value sum = b.reduce<SumOp>(b.inF32(op.getX()), dims, true);
    Value count = b.count(op.getX(), dims);
    return b.inElement(b.div(sum, count), elementOf(op.getY().getType()));
  }
};

/// sum(x * s), sum(x / s) and sum(-x).
template <typename Scaled> class SumOfScaled : public SimplifyRule<SumOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(SumOp op) const override {
    auto scaled = op.getX().getDefiningOp<Scaled>();
    if (!scaled || !scaled->hasOneUse() || !mayMakeTensors(op.getX()) || !find(op, scaled))
      return std::nullopt;
    return Justification{Change::Reassociating, Change::Reassociating, "the factor is constant along the summed dims"};
  }
  Value build(SumOp op, PatternRewriter &rewriter) const override {
    auto scaled = op.getX().getDefiningOp<Scaled>();
    NamedBuilder b(rewriter, op.getLoc());
    Value x = *find(op, scaled), factor = x == scaled.getLhs() ? scaled.getRhs() : scaled.getLhs();
    Value sum = b.reduce<SumOp>(x, op.getDims(), true);
    return b.reshape(b.binary<Scaled>(sum, factor), op.getY().getType().getShape());
  }

private:
  /// The operand that is summed.
  static std::optional<Value> find(SumOp op, Scaled scaled) {
    int64_t rank = op.getX().getType().getRank();
    for (auto [x, factor] : {std::pair(scaled.getLhs(), scaled.getRhs()), std::pair(scaled.getRhs(), scaled.getLhs())}) {
      if (x.getType() == op.getX().getType() && constantAlong(factor, rank, op.getDims()))
        return x;
      if constexpr (std::is_same_v<Scaled, DivOp>)
        break;
    }
    return std::nullopt;
  }
};

/// sum(f(x)) for a norm's standardising step, or the shift behind it, over the dims along which its parameters are constant.
template <typename Op> class SumOfNormalised : public SimplifyRule<SumOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(SumOp op) const override {
    auto inner = op.getX().getDefiningOp<Op>();
    if (!inner || !inner->hasOneUse() || !mayMakeTensors(op.getX()) || !step(op, inner))
      return std::nullopt;
    // The derivative goes through a norm's statistics only where the norm is of their own operand.
    return Justification{Change::Reassociating, Change::Different, "what a norm subtracts and adds is constant along summed dims"};
  }
  Value build(SumOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<Op>();
    Step s = *step(op, inner);
    NamedBuilder b(rewriter, op.getLoc());
    // n * f(mean of x) along the dims where the parameters are constant; the others are summed afterwards.
    Value sum = b.reduce<SumOp>(s.x, s.dims, true);
    Value count = b.count(s.x, s.dims);
    Value mean = b.div(sum, count);
    Value y = of(b, rewriter, inner, s.x, mean);
    SmallVector<int64_t> rest;
    for (int64_t d : op.getDims())
      if (!llvm::is_contained(s.dims, d))
        rest.push_back(d);
    if (!rest.empty())
      y = b.reduce<SumOp>(y, rest, true);
    return b.reshape(b.mul(y, count), op.getY().getType().getShape());
  }

private:
  static std::optional<Step> along(SumOp op, Value x, ArrayRef<Value> others) {
    int64_t rank = op.getX().getType().getRank();
    Step s{x, {}};
    for (int64_t d : op.getDims())
      if (llvm::all_of(others, [&](Value v) { return constantAlong(v, rank, {d}); }))
        s.dims.push_back(d);
    // One element is no sum, and an unknown batch leaves the mean to the device.
    bool known = llvm::none_of(s.dims, [&](int64_t d) { return op.getX().getType().isDynamicDim(d); });
    int64_t merged = 1;
    for (int64_t d : s.dims)
      merged *= known ? op.getX().getType().getDimSize(d) : 1;
    return x.getType() == op.getX().getType() && merged > 1 ? std::optional(s) : std::nullopt;
  }
  static std::optional<Step> step(SumOp op, StandardizeOp inner) { return along(op, inner.getX(), {inner.getMean(), inner.getRstd()}); }
  static std::optional<Step> step(SumOp op, NormalizeOp inner) { // statistics [N, G], gamma and beta [C]
    Step s{inner.getX(), {}};
    int64_t merged = 1;
    for (int64_t d : op.getDims())
      if (d > 1)
        s.dims.push_back(d), merged *= op.getX().getType().getDimSize(d);
    return merged > 1 ? std::optional(s) : std::nullopt;
  }
  static std::optional<Step> step(SumOp op, AddOp inner) {
    for (auto [x, b] : {std::pair(inner.getLhs(), inner.getRhs()), std::pair(inner.getRhs(), inner.getLhs())})
      if (isNormalised(x))
        if (auto s = along(op, x, {b}))
          return s;
    return std::nullopt;
  }
  static Value of(NamedBuilder &b, PatternRewriter &, StandardizeOp inner, Value, Value mean) {
    return b.ternary<StandardizeOp>(mean, inner.getMean(), inner.getRstd());
  }
  static Value of(NamedBuilder &, PatternRewriter &rewriter, NormalizeOp inner, Value, Value mean) {
    return NormalizeOp::create(rewriter, inner.getLoc(), mean.getType(), mean, inner.getMean(), inner.getRstd(), inner.getGamma(),
                               inner.getBeta());
  }
  static Value of(NamedBuilder &b, PatternRewriter &, AddOp inner, Value x, Value mean) {
    return b.add(mean, x == inner.getLhs() ? inner.getRhs() : inner.getLhs());
  }
};

/// The sum over all features of x W^T + b is x (sum of W's rows)^T + sum of b: a product with one row instead of with all.
class SumOfLinear : public SimplifyRule<SumOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(SumOp op) const override {
    auto linear = op.getX().getDefiningOp<LinearOp>();
    if (!linear || !linear->hasOneUse() || !mayMakeTensors(op.getX()) || op.getDims() != ArrayRef<int64_t>{1} ||
        linear.getWeight().getType().getDimSize(0) == 1)
      return std::nullopt;
    return Justification{Change::Reassociating, Change::Reassociating, "all features are summed"};
  }
  Value build(SumOp op, PatternRewriter &rewriter) const override {
    auto linear = op.getX().getDefiningOp<LinearOp>();
    NamedBuilder b(rewriter, op.getLoc());
    Value row = b.reduce<SumOp>(linear.getWeight(), {0}, true), bias = linear.getBias();
    if (bias)
      bias = b.reduce<SumOp>(bias, {0}, true);
    auto type = RankedTensorType::get({linear.getY().getType().getDimSize(0), 1}, rewriter.getF32Type());
    Value y = LinearOp::create(rewriter, linear.getLoc(), type, linear.getX(), row, bias);
    return b.reshape(y, op.getY().getType().getShape());
  }
};

/// The same for a product with a transposed right operand.
class SumOfMatmul : public SimplifyRule<SumOp> {
public:
  using SimplifyRule::SimplifyRule;
  std::optional<Justification> match(SumOp op) const override {
    auto matmul = op.getX().getDefiningOp<MatmulOp>();
    if (!matmul || !matmul->hasOneUse() || !mayMakeTensors(op.getX()) || op.getDims() != ArrayRef<int64_t>{1} || matmul.getTransposeA() ||
        !matmul.getTransposeB() || matmul.getY().getType().getDimSize(1) == 1)
      return std::nullopt;
    return Justification{Change::Reassociating, Change::Reassociating, "all columns are summed"};
  }
  Value build(SumOp op, PatternRewriter &rewriter) const override {
    auto matmul = op.getX().getDefiningOp<MatmulOp>();
    NamedBuilder b(rewriter, op.getLoc());
    Value row = b.reduce<SumOp>(matmul.getB(), {0}, true);
    auto type = RankedTensorType::get({matmul.getY().getType().getDimSize(0), 1}, rewriter.getF32Type());
    Value y = MatmulOp::create(rewriter, matmul.getLoc(), type, matmul.getA(), row, false, true);
    return b.reshape(y, op.getY().getType().getShape());
  }
};

} // namespace

void addSums(RewritePatternSet &patterns, SimplifyContext &context) {
  MLIRContext *c = patterns.getContext();
  if (StringRef name = "reduction-of-one"; context.enabled(name))
    patterns.add<ReductionOfOne<SumOp>, ReductionOfOne<MaxOp>, ReductionOfOne<MinOp>>(c, context, name);
  addRule<GlobalAverage>(patterns, context, "global-average");
  if (StringRef name = "sum-of-scaled"; context.enabled(name))
    patterns.add<SumOfScaled<MulOp>, SumOfScaled<DivOp>>(c, context, name);
  if (StringRef name = "sum-of-normalised"; context.enabled(name))
    patterns.add<SumOfNormalised<StandardizeOp>, SumOfNormalised<NormalizeOp>, SumOfNormalised<AddOp>>(c, context, name);
  if (StringRef name = "sum-of-linear"; context.enabled(name))
    patterns.add<SumOfLinear, SumOfMatmul>(c, context, name);
}

} // namespace fusion
