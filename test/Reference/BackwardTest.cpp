// Backward functions as the compiler differentiates them: every golden model's gradients against PyTorch's and against dual numbers.
#include "Support.h"
#include "fusion/Differentiate/Passes.h"
#include "fusion/Raise/Passes.h"
#include "fusion/Reference/Compare.h"
#include "fusion/Reference/Golden.h"
#include "fusion/Reference/Gradients.h"
#include "mlir/Pass/PassManager.h"
#include <filesystem>

using namespace mlir;
using namespace fusion::reference;
using namespace fusion::reference::testing;

namespace {

class Backward : public ::testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    std::string error;
    ASSERT_TRUE(readGolden(GetParam(), golden, error)) << error;
    parsed = std::make_unique<Parsed>(golden.model, /*isPath=*/true);
    ASSERT_TRUE(parsed->module);
    PassManager passes(&parsed->context);
    passes.addNestedPass<func::FuncOp>(fusion::createDecomposeNorms());
    fusion::DifferentiateOptions all;
    all.grad = "all";
    passes.addPass(fusion::createDifferentiate(all));
    ASSERT_TRUE(succeeded(passes.run(*parsed->module))) << (parsed->diagnostics.empty() ? "" : parsed->diagnostics[0]);
    forward = parsed->first();
    backward = parsed->func((forward.getName() + "_backward").str());
    ASSERT_TRUE(backward);
  }

  /// Whether the model is not finite, or has no derivative, at 0 or below it.
  bool hasPole() const {
    std::string name = std::filesystem::path(GetParam()).stem().string();
    return llvm::is_contained({"act_log", "act_sqrt", "act_rsqrt", "act_reciprocal"}, name) || name.rfind("act_pow", 0) == 0;
  }

  Golden golden;
  std::unique_ptr<Parsed> parsed;
  func::FuncOp forward, backward;
};

} // namespace

TEST_P(Backward, AgreesWithPyTorch) {
  SmallVector<Tensor<Bound>> bounds{as<Bound>(golden.gradOutputs[0].f64)};
  SmallVector<Tensor<float>> floats{golden.gradOutputs[0].f32};
  for (const GoldenTensor &input : golden.inputs)
    bounds.push_back(as<Bound>(input.f64)), floats.push_back(input.f32);
  auto expected = evaluate<Bound>(backward, bounds);
  auto plain = evaluate<float>(backward, floats);
  ASSERT_TRUE(succeeded(expected) && succeeded(plain));
  ASSERT_EQ(expected->size(), golden.inputs.size());
  for (auto [index, input] : llvm::enumerate(golden.inputs)) { // grad=all: one gradient per argument, in their order
    const GoldenTensor &torch = golden.grads.at(input.name);
    Comparison c = compare((*expected)[index], torch.f32, unitFp32, &(*plain)[index]);
    EXPECT_TRUE(c.ok()) << input.name << " of PyTorch: " << c.text();
    Comparison own = compare((*expected)[index], (*plain)[index], unitFp32, &(*plain)[index]);
    EXPECT_TRUE(own.ok()) << input.name << " of the evaluator in float: " << own.text();
  }
}

TEST_P(Backward, AgreesWithDuals) {
  SmallVector<Tensor<double>> args;
  for (const GoldenTensor &input : golden.inputs) {
    args.push_back(input.f64);
    for (double &x : args.back().data) { // special points are compared above; here every value must be finite
      x = std::isfinite(x) && std::fabs(x) < 1e4 ? x : 0;
      x = hasPole() ? 1 + std::fabs(x) : x;
    }
  }
  FailureOr<GradientReport> report = checkGradients(forward, backward, args, {golden.gradOutputs[0].f64}, 11, 5);
  ASSERT_TRUE(succeeded(report));
  EXPECT_EQ(report->checked, 5 * static_cast<int>(args.size()));
  EXPECT_LT(report->worst, 1e-10) << report->argument;
}

// Models of any batch size on larger batches and hostile inputs: the evaluator in float stays within its own tolerance.
TEST_P(Backward, HoldsOnOtherInputs) {
  InputOptions plainValues, kinks, notFinite, constant, largeMean;
  kinks.kinks = notFinite.nonFinite = constant.constant = true;
  largeMean.mean = 1e4;
  for (const InputOptions &options : {plainValues, kinks, notFinite, constant, largeMean}) {
    auto floats = makeInputs(backward, /*seed=*/5, /*batch=*/40, options);
    SmallVector<Tensor<Bound>> bounds;
    for (const Tensor<float> &input : floats)
      bounds.push_back(as<Bound>(input));
    auto expected = evaluate<Bound>(backward, bounds);
    auto plain = evaluate<float>(backward, floats);
    ASSERT_TRUE(succeeded(expected) && succeeded(plain));
    for (auto [want, got] : llvm::zip_equal(*expected, *plain)) {
      Comparison c = compare(want, got, unitFp32, &got);
      EXPECT_TRUE(c.ok()) << c.text() << " kinks " << options.kinks << " constant " << options.constant << " mean " << options.mean;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, Backward, ::testing::ValuesIn(goldenFiles(FUSION_GOLDEN_DIR)),
                         [](const auto &info) { return std::filesystem::path(info.param).stem().string(); });
