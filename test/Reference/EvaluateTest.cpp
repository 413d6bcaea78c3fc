// Evaluating functions of the dialect: values, located errors, the gradient check, and inputs.
#include "Support.h"
#include "fusion/Reference/Gradients.h"

using namespace mlir;
using namespace fusion::reference;
using namespace fusion::reference::testing;

// A model and its backward function written by hand.
static const char *const swishModel = R"(
func.func @f(%x: tensor<?x3xf32> {fusion.name = "x"}, %p: tensor<3xf32> {fusion.name = "p", fusion.parameter}) -> tensor<?x3xf32> {
  %s = fusion.swish %x : tensor<?x3xf32>
  %y = fusion.mul %s, %p : (tensor<?x3xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
func.func @b(%dy: tensor<?x3xf32>, %x: tensor<?x3xf32>, %p: tensor<3xf32>)
    -> (tensor<?x3xf32> {fusion.grad_of = "x"}, tensor<3xf32> {fusion.grad_of = "p"}) {
  %s = fusion.swish %x : tensor<?x3xf32>
  %ds = fusion.mul %dy, %p : (tensor<?x3xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  %dx = fusion.activation_grad "swish" %ds, %x : tensor<?x3xf32>
  %m = fusion.mul %dy, %s : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %dp = fusion.sum_to %m : tensor<?x3xf32> to tensor<3xf32>
  return %dx, %dp : tensor<?x3xf32>, tensor<3xf32>
})";

TEST(Evaluate, Values) {
  Parsed parsed(swishModel);
  ASSERT_TRUE(parsed.module);
  Tensor<double> x({2, 3}, {0, 1, -1, 2, -2, 3}), p({3}, {1, 2, 0.5});
  auto y = evaluate<double>(parsed.func("f"), {x, p});
  ASSERT_TRUE(succeeded(y));
  EXPECT_EQ((*y)[0].shape, (Shape{2, 3}));
  for (int64_t i = 0; i < 6; ++i)
    EXPECT_NEAR((*y)[0].data[i], x.data[i] / (1 + std::exp(-x.data[i])) * p.data[i % 3], 1e-15);
}

TEST(Evaluate, EmptyBatch) {
  Parsed parsed(swishModel);
  auto grads = evaluate<double>(parsed.func("b"), {Tensor<double>(Shape{0, 3}), Tensor<double>(Shape{0, 3}), Tensor<double>(Shape{3})});
  ASSERT_TRUE(succeeded(grads));
  EXPECT_EQ((*grads)[0].shape, (Shape{0, 3}));
  EXPECT_EQ((*grads)[1].data, (std::vector<double>{0, 0, 0}));
}

TEST(Evaluate, AttributesAreRoundedAsInFp32) {
  Parsed parsed(R"(func.func @f(%x: tensor<1xf32>) -> tensor<1xf32> {
    %c = fusion.constant 0.1 : tensor<f32>
    %y = fusion.add %x, %c : (tensor<1xf32>, tensor<f32>) -> tensor<1xf32>
    return %y : tensor<1xf32>
  })");
  Tensor<double> zero(Shape{1});
  EXPECT_EQ((*evaluate<double>(parsed.func("f"), {zero}))[0].data[0], double(0.1f));
  EvaluateOptions exact;
  exact.roundAttributes = false;
  EXPECT_EQ((*evaluate<double>(parsed.func("f"), {zero}, exact))[0].data[0], 0.1);
}

TEST(Evaluate, UnknownOpIsALocatedError) {
  Parsed parsed("func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {\n  %y = math.exp %x : tensor<2xf32>\n  return %y : tensor<2xf32>\n}");
  ASSERT_TRUE(parsed.module);
  EXPECT_TRUE(failed(evaluate<double>(parsed.func("f"), {Tensor<double>(Shape{2})})));
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_NE(parsed.diagnostics[0].find("model.mlir\":2:8"), std::string::npos) << parsed.diagnostics[0];
  EXPECT_NE(parsed.diagnostics[0].find("expected an op that the evaluator has a rule for"), std::string::npos) << parsed.diagnostics[0];
}

TEST(Evaluate, ArgumentsMustFit) {
  Parsed parsed(swishModel);
  EXPECT_TRUE(failed(evaluate<double>(parsed.func("f"), {Tensor<double>(Shape{2, 3})})));
  EXPECT_TRUE(failed(evaluate<double>(parsed.func("f"), {Tensor<double>(Shape{2, 4}), Tensor<double>(Shape{3})})));
  ASSERT_EQ(parsed.diagnostics.size(), 2u);
  EXPECT_NE(parsed.diagnostics[1].find("expected argument x to have type 'tensor<?x3xf32>', but got values of shape [2, 4]"),
            std::string::npos)
      << parsed.diagnostics[1];
}

static FailureOr<GradientReport> checkSwish(Parsed &parsed) {
  SmallVector<Tensor<double>> args{randomDouble({4, 3}, 1), randomDouble({3}, 2)};
  return checkGradients(parsed.func("f"), parsed.func("b"), args, {randomDouble({4, 3}, 3)}, 4, 3);
}

TEST(CheckGradients, Agrees) {
  Parsed parsed(swishModel);
  FailureOr<GradientReport> report = checkSwish(parsed);
  ASSERT_TRUE(succeeded(report));
  EXPECT_EQ(report->checked, 6);
  EXPECT_LT(report->worst, 1e-12);
}

TEST(CheckGradients, SeesAWrongOne) {
  std::string wrong = swishModel;
  wrong.replace(wrong.find("\"swish\""), 7, "\"gelu\"");
  Parsed parsed(wrong);
  ASSERT_TRUE(parsed.module);
  FailureOr<GradientReport> report = checkSwish(parsed);
  ASSERT_TRUE(succeeded(report));
  EXPECT_GT(report->worst, 1e-4);
  EXPECT_EQ(report->argument, "x");
}

TEST(CheckGradients, NeedsToKnowWhatAResultIs) {
  std::string unnamed = swishModel;
  unnamed.replace(unnamed.find("fusion.grad_of = \"p\""), 20, "fusion.grad_of = \"q\"");
  Parsed parsed(unnamed);
  EXPECT_TRUE(failed(checkSwish(parsed)));
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_NE(parsed.diagnostics[0].find("expected result 1 to carry fusion.grad_of"), std::string::npos) << parsed.diagnostics[0];
}

TEST(CheckGradients, WhatIsLeftOfCancellingSumsIsRounding) { // a bias that the mean takes away again
  Parsed parsed(R"(
func.func @f(%x: tensor<3x7xf32>, %b: tensor<3x1xf32>) -> tensor<3x7xf32> {
  %s = fusion.add %x, %b : (tensor<3x7xf32>, tensor<3x1xf32>) -> tensor<3x7xf32>
  %m = fusion.mean %s {dims = array<i64: 1>, keepdim} : tensor<3x7xf32> to tensor<3x1xf32>
  %y = fusion.sub %s, %m : (tensor<3x7xf32>, tensor<3x1xf32>) -> tensor<3x7xf32>
  return %y : tensor<3x7xf32>
}
func.func @f_backward(%dy: tensor<3x7xf32>, %x: tensor<3x7xf32>, %b: tensor<3x1xf32>) -> (tensor<3x1xf32> {fusion.grad_of = "x1"}) {
  %m = fusion.mean %dy {dims = array<i64: 1>, keepdim} : tensor<3x7xf32> to tensor<3x1xf32>
  %d = fusion.sub %dy, %m : (tensor<3x7xf32>, tensor<3x1xf32>) -> tensor<3x7xf32>
  %db = fusion.sum %d {dims = array<i64: 1>, keepdim} : tensor<3x7xf32> to tensor<3x1xf32>
  return %db : tensor<3x1xf32>
})");
  ASSERT_TRUE(parsed.module);
  SmallVector<Tensor<double>> args{randomDouble({3, 7}, 1, 1, 3), randomDouble({3, 1}, 2)};
  FailureOr<GradientReport> report = checkGradients(parsed.func("f"), parsed.func("f_backward"), args, {randomDouble({3, 7}, 3)}, 4, 3);
  ASSERT_TRUE(succeeded(report));
  EXPECT_EQ(report->checked, 3);
  EXPECT_LT(report->worst, 1e-14);
}

TEST(CheckGradients, AGradientHasItsArgumentsShape) { // what a broadcast makes of a merged batch
  Parsed parsed(R"(
func.func @f(%x: tensor<?x4xf32>) -> tensor<f32> {
  %m = fusion.reshape %x : tensor<?x4xf32> to tensor<?xf32>
  %y = fusion.sum %m {dims = array<i64: 0>} : tensor<?xf32> to tensor<f32>
  return %y : tensor<f32>
}
func.func @f_backward(%dy: tensor<f32>, %x: tensor<?x4xf32>) -> (tensor<?x4xf32> {fusion.grad_of = "x0"}) {
  %b = fusion.broadcast %dy : tensor<f32> to tensor<?xf32>
  %dx = fusion.reshape %b : tensor<?xf32> to tensor<?x4xf32>
  return %dx : tensor<?x4xf32>
})");
  ASSERT_TRUE(parsed.module);
  for (int64_t batch : {8, 6}) { // the second does not even split
    FailureOr<GradientReport> report =
        checkGradients(parsed.func("f"), parsed.func("f_backward"), {randomDouble({batch, 4}, 1)}, {Tensor<double>({}, {1.0})}, 4, 1);
    EXPECT_TRUE(failed(report));
  }
  ASSERT_FALSE(parsed.diagnostics.empty());
  EXPECT_NE(parsed.diagnostics.front().find("expected the gradient of 'x0' to have its shape"), std::string::npos)
      << parsed.diagnostics.front();
}

TEST(MakeInputs, ShapesScalesAndStreams) {
  Parsed parsed("func.func @f(%x: tensor<?x8xf32>, %w: tensor<64x400xf32> {fusion.parameter}) { return }");
  SmallVector<Tensor<float>> a = makeInputs(parsed.func("f"), 1, 5), b = makeInputs(parsed.func("f"), 1, 7),
                             c = makeInputs(parsed.func("f"), 2, 5);
  EXPECT_EQ(a[0].shape, (Shape{5, 8}));
  EXPECT_EQ(a[1].data, b[1].data); // the batch does not move the parameters
  EXPECT_NE(a[1].data, c[1].data);
  double squares = 0;
  for (float v : a[1].data)
    squares += v * v;
  EXPECT_NEAR(squares / a[1].size() * 400, 1, 0.05);
  InputOptions options;
  options.mean = 1000;
  EXPECT_GT(makeInputs(parsed.func("f"), 1, 5, options)[0].data[0], 900);
  EXPECT_EQ(makeInputs(parsed.func("f"), 1, 5, options)[1].data, a[1].data);
}
