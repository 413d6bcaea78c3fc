// Ranges hold for the reference's fp32 values over the whole line of floats, and are as tight as the rules need them.
#include "fusion/Simplify/Range.h"
#include "Programs.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>

using namespace fusion;
using namespace fusion::test;
using namespace mlir;

namespace {

/// One float in 65537, and the special ones.
std::vector<float> lineOfFloats() {
  std::vector<float> values = specialValues();
  for (uint64_t bits = 0; bits < (uint64_t(1) << 32); bits += 65537) {
    float v;
    uint32_t low = uint32_t(bits);
    std::memcpy(&v, &low, sizeof v);
    values.push_back(v);
  }
  // Densely where swish, hardswish and gelu have their minima.
  for (float x = -3.5f; x < 3.5f; x += 1e-4f)
    values.push_back(x);
  return values;
}

} // namespace

TEST(Range, HoldsForEveryTestProgram) {
  Programs programs;
  std::vector<float> values = lineOfFloats();
  int bounded = 0;
  for (const char *file : {"Simplify/dead-limits.mlir", "Simplify/merge-limits.mlir", "Simplify/ranges-of-extrema.mlir",
                           "Simplify/scalars.mlir", "Raise/idioms.mlir"})
    for (auto &module : programs.read(file)) {
      auto function = *module->getOps<func::FuncOp>().begin();
      Range range = rangeOf(function.front().getTerminator()->getOperand(0));
      if (std::isinf(range.lo) && std::isinf(range.hi))
        continue;
      ++bounded;
      auto results = reference::evaluate<float>(function, arguments(function, values, 7));
      ASSERT_TRUE(succeeded(results));
      for (float y : results->front().data)
        if (!std::isnan(y) && !(range.lo <= y && y <= range.hi)) {
          ADD_FAILURE() << function.getName().str() << ": " << y << " is outside [" << range.lo << ", " << range.hi << "]";
          break;
        }
    }
  EXPECT_GT(bounded, 30);
}

namespace {

struct Expected {
  const char *op, *attributes;
  double lo, hi;
  friend void PrintTo(const Expected &e, std::ostream *out) { *out << e.op << " in [" << e.lo << ", " << e.hi << "]"; }
};

class ActivationRange : public testing::TestWithParam<Expected> {};

} // namespace

TEST_P(ActivationRange, HoldsAndIsTight) {
  Programs programs;
  Expected e = GetParam();
  std::string text = std::string("func.func @f(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {\n%y = fusion.") + e.op + " %x " + e.attributes +
                     " : tensor<?x4xf32>\nreturn %y : tensor<?x4xf32>\n}";
  auto module = parseSourceString<ModuleOp>(text, &programs.context);
  ASSERT_TRUE(module);
  auto function = *module->getOps<func::FuncOp>().begin();
  Range range = rangeOf(function.front().getTerminator()->getOperand(0));
  EXPECT_EQ(range.lo, e.lo);
  EXPECT_EQ(range.hi, e.hi);
  auto results = reference::evaluate<float>(function, arguments(function, lineOfFloats(), 1));
  ASSERT_TRUE(succeeded(results));
  double least = INFINITY, most = -INFINITY;
  for (float y : results->front().data)
    if (!std::isnan(y))
      least = std::min(least, double(y)), most = std::max(most, double(y));
  EXPECT_GE(least, range.lo);
  EXPECT_LE(most, range.hi);
  // No looser than the third decimal.
  EXPECT_TRUE(std::isinf(range.lo) || least - range.lo < 1e-3);
  EXPECT_TRUE(std::isinf(range.hi) || range.hi - most < 1e-3);
}

constexpr double kInf = std::numeric_limits<double>::infinity();
INSTANTIATE_TEST_SUITE_P(Activations, ActivationRange,
                         testing::Values(Expected{"relu", "", 0, kInf}, Expected{"relu6", "", 0, 6}, Expected{"sigmoid", "", 0, 1},
                                         Expected{"tanh", "", -1, 1}, Expected{"hardsigmoid", "", 0, 1}, Expected{"softplus", "", 0, kInf},
                                         Expected{"swish", "", -0.2786, kInf}, Expected{"hardswish", "", -0.3751, kInf},
                                         Expected{"gelu", "", -0.1701, kInf}, Expected{"leaky_relu", "{slope = 0.5 : f64}", -kInf, kInf},
                                         Expected{"gelu_tanh", "", -0.1701, kInf}, Expected{"mish", "", -0.3090, kInf},
                                         Expected{"softsign", "", -1, 1}, Expected{"log_sigmoid", "", -kInf, 0},
                                         Expected{"exp", "", 0, kInf}, Expected{"sqrt", "", 0, kInf}, Expected{"abs", "", 0, kInf},
                                         Expected{"square", "", 0, kInf}, Expected{"neg", "", -kInf, kInf},
                                         Expected{"clamp", "{min = -1.0 : f64, max = 0.25 : f64}", -1, 0.25},
                                         Expected{"clamp", "{min = 2.0 : f64, max = 0.25 : f64}", 0.25, 0.25}),
                         [](const auto &info) { return std::string(info.param.op) + "_" + std::to_string(info.index); });
