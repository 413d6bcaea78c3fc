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
      bounds.push_back(cast<Bound>(input.f64));
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

// Gradients of every argument, element by element, by dual numbers. Activations have their own test: theirs are compared at NaN too.
TEST_P(GoldenFile, GradientsInDouble) {
  std::string name = std::filesystem::path(GetParam()).stem().string();
  if (name.rfind("act_", 0) == 0 || name.rfind("tail_", 0) == 0)
    GTEST_SKIP() << "by GradientsAtSpecialPoints";
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
    EXPECT_LE(largest, (name == "group_norm_large_mean" ? 1e-9 : 1e-12) * scale) << input.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenFile, ::testing::ValuesIn(goldenFiles(FUSION_GOLDEN_DIR)),
                         [](const auto &info) { return std::filesystem::path(info.param).stem().string(); });

TEST(Golden, AllAreThere) { EXPECT_GE(goldenFiles(FUSION_GOLDEN_DIR).size(), 44u); }

TEST(Golden, GradientsAtSpecialPoints) {
  int compared = 0;
  for (const std::string &path : goldenFiles(FUSION_GOLDEN_DIR)) {
    std::string name = std::filesystem::path(path).stem().string(), error;
    if (name.rfind("act_", 0) != 0)
      continue;
    Golden golden;
    ASSERT_TRUE(readGolden(path, golden, error)) << error;
    ActivationParams params{0.125, -0.5, 3};
    if (name == "act_clamp_crossed")
      name = "act_clamp", std::swap(params.min, params.max);
    Activation f = *activationNamed(name.substr(4));
    const GoldenTensor &x = golden.inputs[0], &dy = golden.gradOutputs[0], &dx = golden.grads.at("x");
    Tensor<Bound> expected = activationGrad(f, params, cast<Bound>(dy.f64), cast<Bound>(x.f64));
    Tensor<float> plain = activationGrad(f, params, dy.f32, x.f32);
    // PyTorch's hardsigmoid gradient multiplies by a float 1/6 in float64 too.
    double relative = name == "act_hardsigmoid" ? 1e-7 : 1e-12;
    EXPECT_LE(differenceOf(expected, dx.f64), relative / 1e-12) << name;
    Comparison c = compare(expected, dx.f32, unitFp32, &plain);
    EXPECT_TRUE(c.ok()) << name << ": " << c.text();
    for (int64_t i = 0; i < x.f64.size(); ++i) { // duals take the same side of every kink
      Dual y = activate(f, params, Dual(x.f64.data[i], dy.f64.data[i]));
      if (std::isfinite(x.f64.data[i])) {
        EXPECT_NEAR(y.d, dx.f64.data[i], relative * std::max(1.0, expected.data[i].magnitude())) << name << " at " << x.f64.data[i];
      }
    }
    ++compared;
  }
  EXPECT_EQ(compared, 12);
}

TEST(Golden, BadFilesAreDiagnosed) {
  Golden golden;
  std::string error;
  EXPECT_FALSE(readGolden("/nonexistent.json", golden, error));
  EXPECT_NE(error, "");
}
