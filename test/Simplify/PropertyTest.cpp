// Runs the lit tests' programs before and after the passes, in fp32 by the reference: what a rule calls exact must be exact, gradients
// included where it may run before differentiation.
#include "Programs.h"
#include "fusion/Differentiate/Passes.h"
#include "fusion/Raise/Passes.h"
#include "fusion/Simplify/Passes.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace fusion;
using namespace fusion::test;
using namespace mlir;
using reference::Tensor;

namespace {

struct Setting {
  SimplifyOptions simplify;
  std::vector<float> values, gradients;
  double tolerance; // relative; 0: the same value, where a zero's sign is no difference and NaN equals NaN
};

SimplifyOptions simplify(bool assumeFinite, const char *precision, const char *phase) {
  SimplifyOptions options;
  options.assumeFinite = assumeFinite, options.precision = precision, options.phase = phase;
  return options;
}

const char *const kFiles[] = {"Simplify/dead-limits.mlir",
                              "Simplify/merge-limits.mlir",
                              "Simplify/relu-of-hardswish.mlir",
                              "Simplify/scalars.mlir",
                              "Simplify/common-subexpressions.mlir",
                              "Simplify/other.mlir",
                              "Simplify/sums.mlir",
                              "Simplify/extremes.mlir",
                              "Raise/idioms.mlir"};

bool same(float a, float b, double tolerance) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  if (a == b)
    return true;
  return tolerance > 0 && std::abs(double(a) - b) <= tolerance * std::max({1.0, std::abs(double(a)), std::abs(double(b))});
}

/// Compares one function of both modules on all arguments; returns how many values it compared.
int64_t compare(func::FuncOp before, func::FuncOp after, const Setting &setting, bool backward) {
  int64_t compared = 0;
  for (int64_t shift : {1, 5, 18}) {
    auto args = arguments(before, setting.values, shift);
    if (backward) // the first argument is dy
      for (int64_t i = 0; i < args[0].size(); ++i)
        args[0].data[i] = setting.gradients[(i + shift) % setting.gradients.size()];
    auto want = reference::evaluate<float>(before, args), got = reference::evaluate<float>(after, args);
    if (failed(want) || failed(got)) {
      ADD_FAILURE() << "not evaluated: " << before.getName().str();
      return 0;
    }
    for (size_t r = 0; r < want->size(); ++r)
      for (int64_t i = 0; i < (*want)[r].size(); ++i, ++compared)
        if (!same((*want)[r].data[i], (*got)[r].data[i], setting.tolerance)) {
          ADD_FAILURE() << before.getName().str() << " result " << r << "[" << i << "]: expected " << (*want)[r].data[i] << ", but got "
                        << (*got)[r].data[i] << " at x = " << args[backward ? 1 : 0].data[i];
          return compared;
        }
  }
  return compared;
}

func::FuncOp withRole(ModuleOp module, StringRef suffix) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function.getName().ends_with("_backward") == (suffix == "_backward"))
      return function;
  return {};
}

class Property : public testing::Test {
protected:
  /// Compares values of programs simplified in the setting's phase.
  void values(const Setting &setting) {
    int64_t compared = 0, changed = 0;
    for (const char *file : kFiles)
      for (auto &module : programs.read(file)) {
        auto simplified = after(*module, [&](PassManager &m) { m.addNestedPass<func::FuncOp>(createSimplify(setting.simplify)); });
        ASSERT_TRUE(simplified) << file;
        auto before = withRole(*module, ""), result = withRole(*simplified, "");
        changed +=
            std::distance(before.front().begin(), before.front().end()) != std::distance(result.front().begin(), result.front().end());
        compared += compare(before, result, setting, false);
      }
    EXPECT_GT(compared, 1000);
    EXPECT_GT(changed, 10) << "the rules did not apply";
  }
  /// Compares gradients of programs simplified before differentiation with those of the program as it was written.
  void gradients(const Setting &setting) {
    int64_t compared = 0, skipped = 0;
    DifferentiateOptions all;
    all.grad = "all";
    for (const char *file : kFiles)
      for (auto &module : programs.read(file)) {
        auto written = after(*module, [&](PassManager &m) { m.addPass(createDifferentiate(all)); });
        auto simplified = after(*module, [&](PassManager &m) {
          m.addNestedPass<func::FuncOp>(createSimplify(setting.simplify));
          m.addPass(createDifferentiate(all));
        });
        // A rule may remove what has no derivative, but not the derivative.
        ASSERT_TRUE(simplified || !written) << file << ": " << withRole(*module, "").getName().str();
        if (!written) {
          ++skipped;
          continue;
        }
        compared += compare(withRole(*written, "_backward"), withRole(*simplified, "_backward"), setting, true);
      }
    EXPECT_GT(compared, 1000);
    EXPECT_LT(skipped, 12);
  }

  Programs programs;
  std::vector<float> finite = {1.0f, -2.0f, 0.0f, 0.25f, 1e-3f, -7.0f};
  std::vector<float> any = {1.0f, -2.0f, 0.0f, INFINITY, NAN, -INFINITY, 1e30f};
};

} // namespace

TEST_F(Property, ExactValues) {
  values({simplify(false, "ieee", "before-diff"), specialValues(), {}, 0});
  values({simplify(false, "ieee", "after-diff"), specialValues(), {}, 0});
}
TEST_F(Property, FiniteValues) { values({simplify(true, "ieee", "after-diff"), ordinaryValues(), {}, 0}); }
TEST_F(Property, ReassociatingValues) { values({simplify(false, "torch", "after-diff"), ordinaryValues(), {}, 1e-5}); }
TEST_F(Property, ExactGradients) { gradients({simplify(false, "ieee", "before-diff"), specialValues(), any, 0}); }
TEST_F(Property, FiniteGradients) { gradients({simplify(true, "ieee", "before-diff"), ordinaryValues(), finite, 0}); }
TEST_F(Property, ReassociatingGradients) { gradients({simplify(false, "torch", "before-diff"), ordinaryValues(), finite, 1e-5}); }

// Raised idioms may round differently, and nothing else for a finite incoming gradient; with assume-finite, finite values are all that
// counts. Kinks are among the values, but not the floats next to them, which x + 3 rounds onto them.
TEST_F(Property, RaisingKeepsValuesAndGradients) {
  DifferentiateOptions all;
  all.grad = "all";
  for (bool assumeFinite : {false, true}) {
    Setting setting{{}, {0.0f, 1.0f, -1.0f, 2.5f, -2.5f, 3.0f, -3.0f, 6.0f, -6.0f, 100.0f, -100.0f, 1e-20f}, finite, 1e-6};
    if (!assumeFinite)
      setting.values.insert(setting.values.end(), {INFINITY, -INFINITY, NAN, 1e30f, -1e30f});
    RaiseIdiomsOptions options;
    options.assumeFinite = assumeFinite;
    int64_t compared = 0, raisedOps = 0;
    for (auto &module : programs.read("Raise/idioms.mlir")) {
      auto raised = after(*module, [&](PassManager &m) { m.addNestedPass<func::FuncOp>(createRaiseIdioms(options)); });
      ASSERT_TRUE(raised);
      raised->walk([&](Operation *op) { raisedOps += isa<SwishOp, HardswishOp, HardsigmoidOp>(op); });
      compared += compare(withRole(*module, ""), withRole(*raised, ""), setting, false);
      auto written = after(*module, [&](PassManager &m) { m.addPass(createDifferentiate(all)); });
      auto differentiated = after(*raised, [&](PassManager &m) { m.addPass(createDifferentiate(all)); });
      ASSERT_EQ(bool(written), bool(differentiated));
      if (written)
        compared += compare(withRole(*written, "_backward"), withRole(*differentiated, "_backward"), setting, true);
    }
    EXPECT_GT(compared, 1000);
    EXPECT_GT(raisedOps, 10);
  }
}
