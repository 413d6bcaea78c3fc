// The dialect's formulas of activations against PyTorch at kinks, NaN and infinities. The evaluator never reads these formulas; here they
// are built as arith and math ops and run by a small interpreter.
#include "fusion/Dialect/Formula.h"
#include "Support.h"
#include "fusion/Reference/Compare.h"
#include "fusion/Reference/Golden.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::reference;
using namespace fusion::reference::testing;

namespace {

/// Runs straight-line arith and math ops on floats; comparisons give 0 or 1.
class Interpreter {
public:
  void bind(Value v, float x) { values[v] = x; }
  float at(Value v) { return values.lookup(v); }

  void run(Block &block) {
    for (Operation &op : block)
      values[op.getResult(0)] = compute(&op);
  }

private:
  float compute(Operation *op) {
    auto in = [&](unsigned i) { return at(op->getOperand(i)); };
    return TypeSwitch<Operation *, float>(op)
        .Case<arith::ConstantOp>([](auto o) { return llvm::cast<FloatAttr>(o.getValue()).getValue().convertToFloat(); })
        .Case<arith::AddFOp>([&](auto) { return in(0) + in(1); })
        .Case<arith::SubFOp>([&](auto) { return in(0) - in(1); })
        .Case<arith::MulFOp>([&](auto) { return in(0) * in(1); })
        .Case<arith::DivFOp>([&](auto) { return in(0) / in(1); })
        .Case<arith::NegFOp>([&](auto) { return -in(0); })
        .Case<arith::SelectOp>([&](auto) { return in(0) != 0 ? in(1) : in(2); })
        .Case<arith::CmpFOp>([&](auto o) { return static_cast<float>(holds(o.getPredicate(), in(0), in(1))); })
        .Case<math::ExpOp>([&](auto) { return std::exp(in(0)); })
        .Case<math::ExpM1Op>([&](auto) { return std::expm1(in(0)); })
        .Case<math::LogOp>([&](auto) { return std::log(in(0)); })
        .Case<math::SqrtOp>([&](auto) { return std::sqrt(in(0)); })
        .Case<math::RsqrtOp>([&](auto) { return 1 / std::sqrt(in(0)); })
        .Case<math::AbsFOp>([&](auto) { return std::fabs(in(0)); })
        .Case<math::PowFOp>([&](auto) { return std::pow(in(0), in(1)); })
        .Case<math::Log1pOp>([&](auto) { return std::log1p(in(0)); })
        .Case<math::TanhOp>([&](auto) { return std::tanh(in(0)); })
        .Case<math::ErfOp>([&](auto) { return std::erf(in(0)); })
        .Default([](Operation *o) {
          ADD_FAILURE() << "no rule for " << o->getName().getStringRef().str();
          return 0.0f;
        });
  }

  static bool holds(arith::CmpFPredicate predicate, float a, float b) {
    switch (predicate) {
    case arith::CmpFPredicate::OLT:
      return a < b;
    case arith::CmpFPredicate::OLE:
      return a <= b;
    case arith::CmpFPredicate::OGT:
      return a > b;
    case arith::CmpFPredicate::OGE:
      return a >= b;
    default:
      return a == b;
    }
  }

  llvm::DenseMap<Value, float> values;
};

/// `formula` at each element of x (and dy).
Tensor<float> runFormula(MLIRContext &context, StringRef formula, DictionaryAttr constants, const Tensor<float> &x,
                         const Tensor<float> &dy) {
  OpBuilder builder(&context);
  Block block;
  Location loc = builder.getUnknownLoc();
  Value xArg = block.addArgument(builder.getF32Type(), loc), dyArg = block.addArgument(builder.getF32Type(), loc);
  builder.setInsertionPointToEnd(&block);
  llvm::StringMap<Value> names;
  names["x"] = xArg, names["dy"] = dyArg;
  std::string error;
  FailureOr<Value> result = buildFormula(builder, loc, formula, names, constants, error);
  EXPECT_TRUE(succeeded(result)) << formula.str() << ": " << error;
  Tensor<float> y(x.shape);
  for (int64_t i = 0; succeeded(result) && i < x.size(); ++i) {
    Interpreter interpreter;
    interpreter.bind(xArg, x.data[i]);
    interpreter.bind(dyArg, dy.data[i]);
    interpreter.run(block);
    y.data[i] = interpreter.at(*result);
  }
  return y;
}

} // namespace

TEST(Formula, AgreesWithPyTorchAtSpecialPoints) {
  int compared = 0;
  for (const std::string &path : goldenFiles(FUSION_GOLDEN_DIR)) {
    Golden golden;
    std::string error;
    ASSERT_TRUE(readGolden(path, golden, error)) << error;
    Parsed parsed(golden.model, /*isPath=*/true);
    auto op = llvm::dyn_cast<ActivationInterface>(&parsed.first().front().front());
    if (!op || parsed.first().front().getOperations().size() != 2)
      continue;
    const GoldenTensor &x = golden.inputs[0], &dy = golden.gradOutputs[0];
    auto evaluated = evaluate<Bound>(parsed.first(), {as<Bound>(x.f64)});
    ASSERT_TRUE(succeeded(evaluated));
    DictionaryAttr constants = op->getAttrDictionary();

    // The allowed error comes from the evaluator, the values that are not finite from PyTorch.
    Tensor<float> y = runFormula(parsed.context, op.getFormula(), constants, x.f32, dy.f32);
    Comparison forward = compare((*evaluated)[0], y, unitFp32, &golden.outputs[0].f32);
    EXPECT_TRUE(forward.ok()) << golden.model << ": " << forward.text();

    const Tensor<double> &torch = golden.grads.at("x").f64;
    Activation f = *activationNamed(op->getName().stripDialect());
    Tensor<Bound> allowed = activationGrad(f, paramsOf(op), as<Bound>(dy.f64), as<Bound>(x.f64));
    for (int64_t i = 0; i < allowed.size(); ++i)
      allowed.data[i].v = torch.data[i];
    Comparison backward =
        compare(allowed, runFormula(parsed.context, op.getDerivative(), constants, x.f32, dy.f32), unitFp32, &golden.grads.at("x").f32);
    EXPECT_TRUE(backward.ok()) << golden.model << " gradient: " << backward.text();
    ++compared;
  }
  EXPECT_EQ(compared, 39);
}

TEST(Formula, ConditionsOnConstantsAreFolded) {
  MLIRContext context;
  context.loadDialect<FusionDialect>();
  OpBuilder builder(&context);
  Block block;
  llvm::StringMap<Value> names;
  names["x"] = block.addArgument(builder.getF32Type(), builder.getUnknownLoc());
  builder.setInsertionPointToEnd(&block);
  DictionaryAttr constants = builder.getDictionaryAttr(builder.getNamedAttr("a", builder.getF64FloatAttr(2)));
  std::string error;
  auto build = [&](StringRef text) { return buildFormula(builder, builder.getUnknownLoc(), text, names, constants, error); };
  auto folded = build("a < inf ? x : exp(x)");
  ASSERT_TRUE(succeeded(folded)) << error;
  EXPECT_EQ(*folded, names["x"]);
  EXPECT_TRUE(block.empty()); // nothing of the branch that is not taken stays
  EXPECT_TRUE(succeeded(build("pow(x, a - 1)")));
  EXPECT_TRUE(block.empty());
  EXPECT_TRUE(succeeded(build("pow(x, a + 0.5)")));
  EXPECT_TRUE(llvm::isa<math::PowFOp>(block.back()));
  EXPECT_TRUE(failed(build("pow(a, x)")));
  EXPECT_NE(error.find("a constant exponent"), std::string::npos) << error;
  EXPECT_TRUE(failed(build("pow(x)")));
}
