// Dropout's generator and mask, pools at their corners, and error bounds of reductions, pools and norms.
#include "Support.h"
#include "fusion/Reference/Compare.h"
#include "fusion/Reference/Ops.h"
#include "fusion/Reference/Pooling.h"
#include "fusion/Reference/Reductions.h"

using namespace fusion::reference;
using namespace fusion::reference::testing;

TEST(Philox, KnownAnswers) { // those published with Random123
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Dropout, KeepsTheShareAndScales) {
  Tensor<double> x({1, 40000}), y;
  for (double &v : x.data)
    v = 1;
  y = dropout(x, 0.25, 42, 0);
  int64_t kept = 0;
  for (double v : y.data) {
    EXPECT_TRUE(v == 0 || v == 1 / 0.75);
    kept += v != 0;
  }
  EXPECT_NEAR(kept / 40000.0, 0.75, 0.01);
  EXPECT_EQ(dropout(x, 0.25, 42, 0).data, y.data);
  EXPECT_NE(dropout(x, 0.25, 43, 0).data, y.data);
  Tensor<double> later = dropout(x, 0.25, 42, 10); // ten counters on: forty elements
  for (int64_t i = 0; i + 40 < x.size(); ++i)
    EXPECT_EQ(later.data[i], y.data[i + 40]);
}

TEST(Dropout, WordsAreTakenInOrder) {
  Tensor<double> x({8}, {1, 1, 1, 1, 1, 1, 1, 1});
  uint64_t seed = 0x0123456789abcdef, offset = 0xffffffff; // the counter's upper word is used in the second half
  Tensor<double> y = dropout(x, 0.5, seed, offset);
  for (int64_t i = 0; i < 8; ++i) {
    auto words = philox({i < 4 ? 0xffffffff : 0, i < 4 ? 0u : 1u, 0, 0}, {0x89abcdef, 0x01234567});
    EXPECT_EQ(y.data[i] != 0, words[i % 4] >= 0x80000000) << i;
  }
}

TEST(Pool, LastWindowOfCeilModeCountsNothingBeyondThePadding) {
  Tensor<double> x({1, 1, 6}, {1, 2, 3, 4, 5, 7});
  PoolSpec spec{{3}, {2}, {1}, {}, true, true, 0};
  EXPECT_EQ(poolShape(x.shape, spec), (Shape{1, 1, 4}));
  EXPECT_EQ(avgPool(x, spec).data, (std::vector<double>{1, 3, 16.0 / 3, 3.5})); // 0 1 2, 2 3 4, 4 5 7, 7 0 and one beyond
  spec.countIncludePad = false;
  EXPECT_EQ(avgPool(x, spec).data, (std::vector<double>{1.5, 3, 16.0 / 3, 7}));
  spec.divisor = 2;
  EXPECT_EQ(avgPool(x, spec).data, (std::vector<double>{1.5, 4.5, 8, 3.5}));
}

TEST(Pool, FirstMaximumAndLastNaN) {
  Tensor<double> x({1, 1, 6}, {2, 2, 1, NAN, 3, NAN}), dy({1, 1, 2}, {1, 10});
  EXPECT_EQ(maxPoolGrad(dy, x, {{3}}).data, (std::vector<double>{1, 0, 0, 0, 0, 10}));
  EXPECT_TRUE(std::isnan(maxPool(x, {{3}}).data[1]));
}

TEST(Extreme, FirstIndexAndFirstNaN) {
  Tensor<double> x({2, 4}, {2, 3, 3, 1, 1, NAN, 5, NAN}), dy({2}, {1, 10});
  EXPECT_EQ(extremeGrad(dy, x, {1}, true).data, (std::vector<double>{0, 1, 0, 0, 0, 10, 0, 0}));
  EXPECT_EQ(extremeGrad(dy, x, {1}, false).data, (std::vector<double>{0, 0, 0, 1, 0, 10, 0, 0}));
}

TEST(Extreme, SlackWhereRoundingDecides) {
  Tensor<Bound> x({1, 3}, {Bound(1, 1), Bound(1 + 1e-9, 1), Bound(0.5, 0)}), dy({1}, {2.0});
  Tensor<Bound> dx = extremeGrad(dy, x, {1}, true);
  EXPECT_EQ(dx.data[1].v, 2);
  EXPECT_EQ(dx.data[0].s, 2);
  EXPECT_EQ(dx.data[1].s, 2);
  EXPECT_EQ(dx.data[2].s, 0);
  EXPECT_EQ(maxPoolGrad(Tensor<Bound>({1, 1, 1}, {2.0}), Tensor<Bound>({1, 1, 3}, x.data), {{3}}).data[0].s, 2);
}

TEST(Variance, CorrectionLeavesNothing) { // what PyTorch gives: 0 / 0 and x / 0
  Tensor<double> x({1, 2}, {1, 3});
  EXPECT_TRUE(std::isnan(variance(x, {0}, false, 1).data[0]));
  EXPECT_EQ(variance(x, {1}, false, 3).data[0], HUGE_VAL);
  EXPECT_EQ(variance(x, {1}, false, 1).data[0], 2);
}

namespace {

/// The evaluator in float stays within its own bound, which is not loose.
template <class Compute> void hold(const char *what, const Shape &shape, const Compute &compute, double atLeast) {
  double worst = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Tensor<float> x = randomTensor(shape, seed, 2);
    Comparison c = compare(compute(as<Bound>(x)), compute(x));
    EXPECT_TRUE(c.ok()) << what << ": " << c.text();
    worst = std::max(worst, c.worst);
  }
  EXPECT_GT(worst, atLeast) << what << ": the tolerance is loose";
}

} // namespace

TEST(Bound, HoldsReductions) {
  hold("logsumexp", {5, 60}, [](const auto &x) { return logSumExp(x, {1}, false); }, 0.005);
  hold("softmax", {5, 60}, [](const auto &x) { return softmax(x, {1}); }, 0.005);
  hold("log_softmax", {5, 60}, [](const auto &x) { return logSoftmax(x, {1}); }, 0.005);
  hold("variance", {5, 60}, [](const auto &x) { return variance(x, {1}, false, 1); }, 0.005);
  hold("avg_pool", {2, 3, 9, 9}, [](const auto &x) { return avgPool(x, {{3, 3}}); }, 0.005);
  hold("adaptive_avg_pool", {2, 3, 9, 7}, [](const auto &x) { return adaptiveAvgPool(x, {2, 3}); }, 0.005);
  hold("layer_norm", {4, 50}, [](const auto &x) { return layerNorm(x, decltype (&x)(nullptr), decltype (&x)(nullptr), 1, 1e-5); }, 0.001);
  hold("rms_norm", {4, 50}, [](const auto &x) { return rmsNorm(x, decltype (&x)(nullptr), 1, 1e-5); }, 0.005);
}
