// The evaluator against what PyTorch computed: float64 values and gradients nearly to the bit, float32 ones within the tolerance.
#include "fusion/Reference/Golden.h"
#include "Support.h"
#include "fusion/Reference/Compare.h"
#include "fusion/Reference/Gradients.h"
#include <filesystem>

using namespace mlir;
using namespace fusion::reference;
using namespace fusion::reference::testing;

namespace {

/// Largest |a - b| in units of 1e-12 A, A the bound's magnitude; infinity where only one of them is finite or they differ in kind.
double differenceOf(const Tensor<Bound> &expected, const Tensor<double> &actual) {
  double worst = 0;
  for (int64_t i = 0; i < actual.size(); ++i) {
    double e = expected.data[i].v, a = actual.data[i];
    bool same = (std::isnan(e) && std::isnan(a)) || e == a;
    double error = same ? 0 : std::fabs(e - a) / (1e-12 * std::max(expected.data[i].magnitude(), 1e-30));
    worst = std::max(worst, std::isfinite(error) ? error : HUGE_VAL);
  }
  return worst;
}

std::string nameOf(const std::string &path) { return std::filesystem::path(path).stem().string(); }
/// Activations and tails at special points.
bool isElementwise(const std::string &path) { return nameOf(path).rfind("act_", 0) == 0 || nameOf(path).rfind("tail_", 0) == 0; }

class GoldenFile : public ::testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    std::string error;
    ASSERT_TRUE(readGolden(GetParam(), golden, error)) << error;
    parsed = std::make_unique<Parsed>(golden.model, /*isPath=*/true);
    ASSERT_TRUE(parsed->module) << (parsed->diagnostics.empty() ? golden.model : parsed->diagnostics[0]);
    for (const GoldenTensor &input : golden.inputs) {
      doubles.push_back(input.f64);
      floats.push_back(input.f32);
      bounds.push_back(as<Bound>(input.f64));
    }
    exact.roundAttributes = false;
  }

  Golden golden;
  std::unique_ptr<Parsed> parsed;
  SmallVector<Tensor<double>> doubles;
  SmallVector<Tensor<float>> floats;
  SmallVector<Tensor<Bound>> bounds;
  EvaluateOptions exact;
};
class GoldenModel : public GoldenFile {};
class GoldenPoints : public GoldenFile {
protected:
  /// PyTorch's hardsigmoid gradient multiplies by a float 1/6 in float64 too.
  double relative() const { return nameOf(GetParam()) == "act_hardsigmoid" ? 1e-7 : 1e-12; }
};

} // namespace

TEST_P(GoldenFile, ForwardInDouble) {
  auto expected = evaluate<Bound>(parsed->first(), bounds, exact);
  ASSERT_TRUE(succeeded(expected));
  EXPECT_LE(differenceOf((*expected)[0], golden.outputs[0].f64), 1);
  auto values = evaluate<double>(parsed->first(), doubles, exact); // Bound carries the same values as double
  ASSERT_TRUE(succeeded(values));
  EXPECT_LE(differenceOf((*expected)[0], (*values)[0]), 1);
}

TEST_P(GoldenFile, ForwardInFloat) {
  auto expected = evaluate<Bound>(parsed->first(), bounds);
  auto plain = evaluate<float>(parsed->first(), floats);
  ASSERT_TRUE(succeeded(expected) && succeeded(plain));
  Comparison torch = compare((*expected)[0], golden.outputs[0].f32, unitFp32, &(*plain)[0]);
  EXPECT_TRUE(torch.ok()) << "PyTorch: " << torch.text();
  Comparison own = compare((*expected)[0], (*plain)[0], unitFp32, &(*plain)[0]);
  EXPECT_TRUE(own.ok()) << "the evaluator in float: " << own.text();
}

// Gradients of every argument, element by element, by dual numbers.
TEST_P(GoldenModel, GradientsInDouble) {
  SmallVector<Tensor<double>> dy{golden.gradOutputs[0].f64};
  for (auto [index, input] : llvm::enumerate(golden.inputs)) {
    auto grad = dualGradient(parsed->first(), doubles, dy, index, exact);
    ASSERT_TRUE(succeeded(grad));
    double scale = 0, largest = 0;
    const Tensor<double> &torch = golden.grads.at(input.name).f64;
    ASSERT_EQ(grad->shape, torch.shape);
    for (int64_t i = 0; i < grad->size(); ++i) {
      scale = std::max(scale, std::fabs(torch.data[i]));
      largest = std::max(largest, std::fabs(torch.data[i] - grad->data[i]));
    }
    EXPECT_GT(scale, 0) << input.name;
    // A large mean conditions the gradient of a norm badly: mean/std = 1e3 costs three digits.
    EXPECT_LE(largest, (nameOf(GetParam()).find("large_mean") != std::string::npos ? 1e-9 : 1e-12) * scale) << input.name;
  }
}

// Elementwise models at kinks, NaN and infinities, point by point.
TEST_P(GoldenPoints, GradientsByDuals) { // take the same side of every kink as PyTorch
  const GoldenTensor &x = golden.inputs[0], &dy = golden.gradOutputs[0], &dx = golden.grads.at("x");
  SmallVector<Tensor<Dual>> args{Tensor<Dual>(x.f64.shape)};
  for (int64_t i = 0; i < x.f64.size(); ++i)
    args[0].data[i] = {x.f64.data[i], dy.f64.data[i]};
  auto y = evaluate<Dual>(parsed->first(), args, exact);
  ASSERT_TRUE(succeeded(y));
  for (int64_t i = 0; i < x.f64.size(); ++i)
    if (std::isfinite(dx.f64.data[i])) {
      EXPECT_NEAR((*y)[0].data[i].d, dx.f64.data[i], relative() * std::max(1.0, std::fabs(dx.f64.data[i]))) << "at " << x.f64.data[i];
    }
}

TEST_P(GoldenPoints, GradientsByFormula) {
  Operation *op = &parsed->first().front().front();
  std::optional<Activation> f = activationNamed(op->getName().stripDialect());
  if (parsed->first().front().getOperations().size() != 2) // a tail of several ops
    return;
  ActivationParams params = paramsOf(op);
  const GoldenTensor &x = golden.inputs[0], &dy = golden.gradOutputs[0], &dx = golden.grads.at("x");
  Tensor<Bound> expected = activationGrad(*f, params, as<Bound>(dy.f64), as<Bound>(x.f64));
  Tensor<float> plain = activationGrad(*f, params, dy.f32, x.f32);
  EXPECT_LE(differenceOf(expected, dx.f64), relative() / 1e-12);
  Comparison c = compare(expected, dx.f32, unitFp32, &plain);
  EXPECT_TRUE(c.ok()) << c.text();
}

static const std::vector<std::string> allFiles = goldenFiles(FUSION_GOLDEN_DIR);
static std::vector<std::string> filesWhere(bool elementwise) {
  std::vector<std::string> some;
  for (const std::string &path : allFiles)
    if (isElementwise(path) == elementwise)
      some.push_back(path);
  return some;
}
static std::string label(const ::testing::TestParamInfo<std::string> &info) { return nameOf(info.param); }
INSTANTIATE_TEST_SUITE_P(Golden, GoldenFile, ::testing::ValuesIn(allFiles), label);
INSTANTIATE_TEST_SUITE_P(Golden, GoldenModel, ::testing::ValuesIn(filesWhere(false)), label);
INSTANTIATE_TEST_SUITE_P(Golden, GoldenPoints, ::testing::ValuesIn(filesWhere(true)), label);

TEST(Golden, AllAreThere) { EXPECT_EQ(allFiles.size(), 183u); }

TEST(Golden, BadFilesAreDiagnosed) {
  Golden golden;
  std::string error;
  EXPECT_FALSE(readGolden("/nonexistent.json", golden, error));
  EXPECT_NE(error, "");
}
