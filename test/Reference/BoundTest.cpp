// The tolerance: an fp32 run of the reference always stays within it, and it is not so loose that it proves nothing.
#include "Support.h"
#include "fusion/Reference/Compare.h"
#include <functional>

using namespace fusion::reference;
using namespace fusion::reference::testing;

namespace {

/// One computation on all scalars, so that the same lambda gives the fp32 run and its bound.
template <class Compute> Comparison runBoth(const std::vector<Tensor<float>> &args, const Compute &compute) {
  std::vector<Tensor<Bound>> bounds;
  for (const Tensor<float> &arg : args)
    bounds.push_back(as<Bound>(arg));
  return compare(compute(bounds), compute(args));
}

Tensor<float> shifted(const Shape &shape, uint64_t seed, double mean) {
  InputOptions options;
  options.mean = mean;
  return randomTensor(shape, seed, 1, options);
}

/// Checks a computation over several seeds: within tolerance, and the worst error not below `atLeast` tolerances.
template <class Make, class Compute> void hold(const char *what, const Make &make, const Compute &compute, double atLeast) {
  double worst = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Comparison c = runBoth(make(seed), compute);
    EXPECT_TRUE(c.ok()) << what << ", seed " << seed << ": " << c.text();
    EXPECT_FALSE(c.mistrusted) << what;
    worst = std::max(worst, c.worst);
  }
  printf("  %-28s largest fp32 error %.3f tolerances\n", what, worst);
  EXPECT_GT(worst, atLeast) << what << ": the tolerance is loose";
}

} // namespace

TEST(Bound, Rules) {
  Bound a(3), b(-4);
  EXPECT_EQ((a * b).magnitude(), 12); // inputs are exact: one rounding
  EXPECT_EQ((a + b).magnitude(), 7);  // cancellation shows
  EXPECT_EQ((a + b).v, -1);
  EXPECT_EQ((a * b + b * a + Bound(24)).magnitude(), 48);
  EXPECT_EQ(((a + b) * Bound(2)).magnitude(), 2 * 7 + 2); // the sum's weight goes through, and the product rounds
  EXPECT_EQ(((a + b) / Bound(2)).magnitude(), 0.5 * 7 + 0.5);
  EXPECT_GE((a / b).magnitude(), 0.75);
  EXPECT_NEAR(exp(a + b).magnitude(), std::exp(-1.0) * (1 + 7), 1e-12);
  EXPECT_EQ((Bound(1) / (Bound(1) + exp(Bound(1000)))).magnitude(), 0); // infinity on the way to an exact limit
}

TEST(Bound, SlackWhereRoundingMovesAValueOverAKink) {
  // relu at -1 with an error of +-2 may come out as 1, and at -3 not at all.
  double unit = 0x1p-24, weight = 2 / (4 * unit);
  Tensor<Bound> x(Shape{3}, {Bound(-1, weight), Bound(-3, weight), Bound(-1, 0)});
  Tensor<Bound> y = activation(Activation::Relu, ActivationParams(), x);
  EXPECT_NEAR(tolerance(y.data[0], y.reduction), 1, 1e-6);
  EXPECT_LT(tolerance(y.data[1], y.reduction), 1e-20);
  EXPECT_LT(tolerance(y.data[2], y.reduction), 1e-20);
}

TEST(Bound, SlackWhereRoundingDecidesTheSideOfAKink) {
  auto gradient = [](Activation f, Bound x) {
    return activationGrad(f, ActivationParams(), Tensor<Bound>({1}, {2.0}), Tensor<Bound>({1}, {x})).data[0];
  };
  EXPECT_EQ(gradient(Activation::Relu, Bound(1e-9)).s, 0);    // an input is where it is
  EXPECT_EQ(gradient(Activation::Relu, Bound(1e-9, 1)).s, 2); // a computed value may be on the other side
  EXPECT_EQ(gradient(Activation::Relu, Bound(1e-3, 1)).s, 0);
  EXPECT_EQ(gradient(Activation::Hardswish, Bound(3, 3)).s, 1);
  EXPECT_EQ(gradient(Activation::Swish, Bound(0, 1)).s, 0);
  Bound sum = gradient(Activation::Relu, Bound(0, 1)) * Bound(-3) + Bound(5);
  EXPECT_EQ(sum.s, 6);
  EXPECT_NEAR(tolerance(sum, 1), 6, 1e-5);
}

TEST(Bound, ToleranceGrowsWithReduction) {
  EXPECT_EQ(tolerance(Bound(1), 1), 4 * 0x1p-24);
  EXPECT_EQ(tolerance(Bound(1), 100), 40 * 0x1p-24);
  EXPECT_EQ(tolerance(Bound(1), 1, unitTf32), 4 * 0x1p-11);
  EXPECT_GT(tolerance(Bound(0), 1), 0);
}

TEST(Bound, ReductionIsTheLongest) {
  ConvSpec stride2{{2}, {}, {}, {}, 1, true};
  EXPECT_EQ(conv<double>(randomDouble({2, 6, 9}, 1), randomDouble({4, 6, 5}, 2), nullptr, {}).reduction, 30);
  EXPECT_EQ(conv<double>(randomDouble({2, 6, 9}, 1), randomDouble({6, 4, 5}, 2), nullptr, stride2).reduction, 6 * 3);
  EXPECT_EQ(convGradWeight(randomDouble({2, 4, 5}, 1), randomDouble({2, 6, 9}, 2), {}, {4, 6, 5}).reduction, 10);
  EXPECT_EQ(sumTo(randomDouble({7, 3, 5}, 1), {3, 1}).reduction, 35);
  EXPECT_EQ(groupNorm<double>(randomDouble({2, 6, 5}, 1), nullptr, nullptr, 2, 1e-5).reduction, 15);
  EXPECT_EQ(add(matmul(randomDouble({2, 9}, 1), randomDouble({9, 2}, 2), false, false), constant<double>(1)).reduction, 9);
}

TEST(Bound, HoldsConvolution) {
  auto make = [](uint64_t seed) {
    return std::vector<Tensor<float>>{randomTensor({2, 8, 12, 11}, seed), randomTensor({6, 8, 3, 3}, seed + 100),
                                      randomTensor({6}, seed + 200)};
  };
  hold("conv2d", make, [](const auto &v) { return conv(v[0], v[1], &v[2], ConvSpec()); }, 0.01);
}

TEST(Bound, HoldsWeightGradient) {
  auto make = [](uint64_t seed) {
    return std::vector<Tensor<float>>{randomTensor({3, 4, 10, 9}, seed), randomTensor({3, 3, 12, 11}, seed + 100)};
  };
  hold("conv2d weight gradient", make, [](const auto &v) { return convGradWeight(v[0], v[1], ConvSpec(), {4, 3, 3, 3}); }, 0.005);
}

TEST(Bound, HoldsActivations) {
  for (const char *name : {"leaky_relu", "sigmoid", "tanh", "swish", "hardswish", "gelu", "softplus", "elu", "selu", "celu", "mish",
                           "gelu_tanh", "softsign", "log_sigmoid", "exp", "square"}) {
    Activation a = *activationNamed(name);
    InputOptions options;
    options.kinks = true;
    auto make = [&](uint64_t seed) {
      return std::vector<Tensor<float>>{randomTensor({1, 5000}, seed, 6, options), randomTensor({1, 5000}, seed + 100)};
    };
    hold(name, make, [&](const auto &v) { return activation(a, ActivationParams(), v[0]); }, 0.04);
    hold((std::string(name) + " gradient").c_str(), make, [&](const auto &v) { return activationGrad(a, ActivationParams(), v[1], v[0]); },
         0.04);
  }
}

TEST(Bound, HoldsNormAtAnyMean) {
  for (double mean : {0.0, 1e3, 1e5, 1e6}) {
    auto make = [&](uint64_t seed) {
      return std::vector<Tensor<float>>{shifted({2, 6, 10, 11}, seed, mean), randomTensor({6}, seed + 100), randomTensor({6}, seed + 200),
                                        randomTensor({2, 6, 10, 11}, seed + 300)};
    };
    hold(("norm, mean " + std::to_string(mean)).c_str(), make, [](const auto &v) { return groupNorm(v[0], &v[1], &v[2], 3, 1e-5); }, 1e-4);
    auto gradient = [](const auto &v) {
      auto s = groupStats(v[0], 3, 1e-5);
      return normalizeGrad(v[3], v[0], s.mean, s.rstd, &v[1]);
    };
    hold(("norm gradient, mean " + std::to_string(mean)).c_str(), make, gradient, 1e-5);
  }
}

TEST(Bound, SeesWrongVariance) { // E[x^2] - E[x]^2 in fp32 loses everything at mean/std = 1e4: the tolerance must not hide that
  Tensor<float> x = shifted({1, 1, 1000}, 5, 1e4), y(x.shape);
  float sum = 0, squares = 0;
  for (float v : x.data)
    sum += v, squares += v * v;
  float mean = sum / 1000, rstd = 1 / std::sqrt(std::fabs(squares / 1000 - mean * mean) + 1e-5f);
  for (int64_t i = 0; i < x.size(); ++i)
    y.data[i] = (x.data[i] - mean) * rstd;
  Comparison c = compare(groupNorm<Bound>(as<Bound>(x), nullptr, nullptr, 1, 1e-5), y);
  EXPECT_FALSE(c.ok()) << c.text();
}

TEST(Bound, SeesSmallMistakes) { // an eps outside the root, and a gamma of the wrong channel
  Tensor<float> x = randomTensor({2, 4, 50}, 1, 0.01), gamma = randomTensor({4}, 2);
  Tensor<Bound> g = as<Bound>(gamma);
  Tensor<Bound> expected = groupNorm<Bound>(as<Bound>(x), &g, nullptr, 2, 1e-3);
  Statistics<float> s = groupStats(x, 2, 0.0);
  Tensor<float> outside = s.rstd;
  for (float &r : outside.data)
    r = 1 / (1 / r + 1e-3f);
  EXPECT_FALSE(compare(expected, normalize<float>(x, s.mean, outside, &gamma, nullptr)).ok());
  std::swap(gamma.data[0], gamma.data[1]);
  EXPECT_FALSE(compare(expected, groupNorm<float>(x, &gamma, nullptr, 2, 1e-3)).ok());
}
