// Every gradient op against dual numbers through the op it is the gradient of, element by element.
#include "Support.h"
#include "fusion/Reference/Ops.h"
#include <functional>

using namespace fusion::reference;
using namespace fusion::reference::testing;

namespace {

using Forward = std::function<Tensor<Dual>(const std::vector<Tensor<Dual>> &)>;

/// The gradient of argument `index` of f, one dual evaluation per element.
Tensor<double> byDuals(const Forward &f, const std::vector<Tensor<double>> &args, const Tensor<double> &dy, size_t index) {
  std::vector<Tensor<Dual>> duals;
  for (const Tensor<double> &arg : args)
    duals.push_back(as<Dual>(arg));
  Tensor<double> grad(args[index].shape);
  for (int64_t i = 0; i < grad.size(); ++i) {
    duals[index].data[i].d = 1;
    Tensor<Dual> y = f(duals);
    for (int64_t j = 0; j < y.size(); ++j)
      grad.data[i] += dy.data[j] * y.data[j].d;
    duals[index].data[i].d = 0;
  }
  return grad;
}

void expectSame(const Tensor<double> &a, const Tensor<double> &b, const std::string &what) {
  ASSERT_EQ(a.shape, b.shape) << what;
  double largest = 0, scale = 0;
  for (int64_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::fabs(a.data[i] - b.data[i]));
    scale = std::max(scale, std::fabs(a.data[i]));
  }
  EXPECT_GT(scale, 0) << what << ": all zero proves nothing";
  EXPECT_LE(largest, 1e-12 * scale) << what;
}

struct ConvCase {
  const char *name;
  Shape x, weight;
  ConvSpec spec;
};

std::vector<ConvCase> convCases() {
  return {
      {"1d", {2, 3, 9}, {4, 3, 3}, {}},
      {"2d window", {2, 4, 7, 6}, {6, 2, 3, 2}, {{2, 1}, {1, 2}, {}, {2, 1}, 2, false}},
      {"2d stride leaves a remainder", {1, 2, 8, 8}, {3, 2, 2, 3}, {{3, 3}, {}, {}, {}, 1, false}},
      {"3d", {1, 2, 3, 4, 5}, {3, 2, 2, 2, 2}, {{1, 2, 2}, {1, 0, 1}, {}, {}, 1, false}},
      {"size 1 everywhere", {1, 1, 1, 1}, {1, 1, 1, 1}, {}},
      {"1d transposed", {2, 3, 5}, {3, 2, 4}, {{3}, {1}, {2}, {}, 1, true}},
      {"2d transposed window", {1, 4, 3, 4}, {4, 3, 3, 2}, {{2, 3}, {2, 0}, {1, 2}, {2, 1}, 2, true}},
      {"3d transposed", {1, 2, 2, 3, 2}, {2, 3, 3, 3, 3}, {{2, 2, 2}, {1, 1, 1}, {}, {}, 1, true}},
  };
}

} // namespace

TEST(Gradient, Convolutions) {
  for (const ConvCase &c : convCases()) {
    Tensor<double> x = randomDouble(c.x, 1), weight = randomDouble(c.weight, 2);
    Tensor<double> dy = randomDouble(convShape(c.x, c.weight, c.spec), 3);
    Forward f = [&](const std::vector<Tensor<Dual>> &a) { return conv<Dual>(a[0], a[1], nullptr, c.spec); };
    expectSame(byDuals(f, {x, weight}, dy, 0), convGradInput(dy, weight, c.spec, c.x), std::string(c.name) + ": input");
    expectSame(byDuals(f, {x, weight}, dy, 1), convGradWeight(dy, x, c.spec, c.weight), std::string(c.name) + ": weight");
  }
}

TEST(Gradient, ConvolutionBiasIsSum) {
  Tensor<double> x = randomDouble({2, 3, 4, 5}, 1), weight = randomDouble({4, 3, 2, 2}, 2), bias = randomDouble({4}, 3);
  Tensor<double> dy = randomDouble({2, 4, 3, 4}, 4);
  Forward f = [&](const std::vector<Tensor<Dual>> &a) { return conv(a[0], a[1], &a[2], ConvSpec()); };
  expectSame(byDuals(f, {x, weight, bias}, dy, 2), sumOver(dy, {0, 2, 3}, {4}), "bias");
}

TEST(Gradient, MatrixProducts) {
  Tensor<double> x = randomDouble({3, 5}, 1), weight = randomDouble({4, 5}, 2), bias = randomDouble({4}, 3), dy = randomDouble({3, 4}, 4);
  Forward f = [](const std::vector<Tensor<Dual>> &a) { return linear(a[0], a[1], &a[2]); };
  expectSame(byDuals(f, {x, weight, bias}, dy, 0), matmul(dy, weight, false, false), "x");
  expectSame(byDuals(f, {x, weight, bias}, dy, 1), matmul(dy, x, true, false), "weight");
  expectSame(byDuals(f, {x, weight, bias}, dy, 2), sumTo(dy, {4}), "bias");
}

TEST(Gradient, Activations) {
  const char *names[] = {"relu",     "relu6",       "leaky_relu", "sigmoid", "tanh", "swish",  "hardswish", "hardsigmoid",
                         "gelu",     "softplus",    "clamp",      "elu",     "selu", "celu",   "mish",      "gelu_tanh",
                         "softsign", "log_sigmoid", "exp",        "abs",     "neg",  "square", "pow"};
  InputOptions options;
  options.kinks = true; // the convention at a kink must be the same in both
  Tensor<double> x = as<double>(randomTensor({1, 300}, 7, 4, options)), dy = randomDouble({1, 300}, 8);
  ActivationParams params;
  params.min = -1, params.max = 3, params.alpha = 0.75, params.exponent = 3;
  for (const char *name : names) {
    Activation a = *activationNamed(name);
    Forward f = [&](const std::vector<Tensor<Dual>> &args) { return activation(a, params, args[0]); };
    expectSame(byDuals(f, {x}, dy, 0), activationGrad(a, params, dy, x), name);
  }
}

TEST(Gradient, ActivationsOfPositiveNumbers) {
  Tensor<double> x = randomDouble({1, 300}, 7, 0.2, 1.5), dy = randomDouble({1, 300}, 8);
  for (const char *name : {"log", "sqrt", "rsqrt", "reciprocal", "pow"})
    for (double exponent : {0.5, -0.5, 1.7, -3.0}) {
      ActivationParams params;
      params.exponent = exponent;
      Activation a = *activationNamed(name);
      Forward f = [&](const std::vector<Tensor<Dual>> &args) { return activation(a, params, args[0]); };
      expectSame(byDuals(f, {x}, dy, 0), activationGrad(a, params, dy, x), name);
      for (double at : {0.5, 1.25, 3.0}) {
        double h = 1e-6, difference = (activate(a, params, at + h) - activate(a, params, at - h)) / (2 * h);
        EXPECT_NEAR(activateGrad(a, params, 1.0, at), difference, 1e-7) << name << " at " << at;
      }
    }
}

TEST(Gradient, Extrema) {
  Tensor<double> a = randomDouble({2, 3, 4}, 1), b = randomDouble({3, 1}, 2), dy = randomDouble({2, 3, 4}, 3);
  b.data[1] = a.data[5]; // a tie: half to each
  for (bool ofMaximum : {true, false}) {
    Forward f = [&](const std::vector<Tensor<Dual>> &v) { return ofMaximum ? maximum(v[0], v[1]) : minimum(v[0], v[1]); };
    expectSame(byDuals(f, {a, b}, dy, 0), extremumGrad(dy, a, b, ofMaximum), "first");
    expectSame(byDuals(f, {a, b}, dy, 1), sumTo(extremumGrad(dy, b, a, ofMaximum), {3, 1}), "second");
  }
  Tensor<double> x({3}, {1, NAN, 2}), y({3}, {1, 5, NAN}), ones({3}, {1, 1, 1});
  EXPECT_EQ(extremumGrad(ones, x, y, true).data, (std::vector<double>{0.5, 1, 1}));
  EXPECT_TRUE(std::isnan(maximum(x, y).data[1]) && std::isnan(minimum(x, y).data[2]));
}

TEST(Gradient, Where) {
  Tensor<double> cond({4}, {1, 0, -0.0, NAN}), a = randomDouble({2, 1}, 1), b = randomDouble({4}, 2), dy = randomDouble({2, 4}, 3);
  Forward f = [&](const std::vector<Tensor<Dual>> &v) { return where(as<Dual>(cond), v[0], v[1]); };
  Tensor<double> zero({}, {0});
  expectSame(byDuals(f, {a, b}, dy, 0), sumTo(where(cond, dy, zero), {2, 1}), "lhs");
  expectSame(byDuals(f, {a, b}, dy, 1), sumTo(where(cond, zero, dy), {4}), "rhs");
  EXPECT_EQ(where(cond, Tensor<double>({}, {1}), Tensor<double>({}, {2})).data, (std::vector<double>{1, 2, 2, 1}));
}

TEST(Gradient, ActivationsByDifferences) { // duals and formulas could share a wrong function value
  ActivationParams params;
  params.min = -1, params.max = 3, params.alpha = 0.75, params.exponent = 3;
  for (const char *name : {"relu",     "relu6",       "leaky_relu", "sigmoid", "tanh", "swish",  "hardswish",  "hardsigmoid",
                           "gelu",     "softplus",    "clamp",      "elu",     "selu", "celu",   "mish",       "gelu_tanh",
                           "softsign", "log_sigmoid", "exp",        "abs",     "neg",  "square", "reciprocal", "pow"})
    for (double x : {-4.25, -2.5, -0.75, 0.3125, 2.75, 4.5, 7.0}) {
      Activation a = *activationNamed(name);
      double h = 1e-6, difference = (activate(a, params, x + h) - activate(a, params, x - h)) / (2 * h);
      EXPECT_NEAR(activateGrad(a, params, 1.0, x), difference, 1e-7 * std::max(1.0, std::fabs(difference))) << name << " at " << x;
    }
}

TEST(Gradient, Norms) {
  struct {
    Shape x;
    int64_t groups;
    double mean;
  } cases[] = {{{2, 6, 3, 2}, 3, 0}, {{1, 6}, 2, 0}, {{3, 5, 7}, 5, 10}, {{2, 3, 2, 2, 2}, 1, 0}};
  for (auto &c : cases) {
    Tensor<double> x = randomDouble(c.x, 1, 1, c.mean), gamma = randomDouble({c.x[1]}, 2), beta = randomDouble({c.x[1]}, 3);
    Tensor<double> dy = randomDouble(c.x, 4);
    Forward f = [&](const std::vector<Tensor<Dual>> &a) { return groupNorm(a[0], &a[1], &a[2], c.groups, 1e-5); };
    Statistics<double> s = groupStats(x, c.groups, 1e-5);
    expectSame(byDuals(f, {x, gamma, beta}, dy, 0), normalizeGrad(dy, x, s.mean, s.rstd, &gamma), "x");
    Shape others{0};
    for (size_t d = 2; d < c.x.size(); ++d)
      others.push_back(d);
    Tensor<double> n = normalize<double>(x, s.mean, s.rstd, nullptr, nullptr);
    expectSame(byDuals(f, {x, gamma, beta}, dy, 1), sumOver(mul(dy, n), others, {c.x[1]}), "gamma");
    expectSame(byDuals(f, {x, gamma, beta}, dy, 2), sumOver(dy, others, {c.x[1]}), "beta");
  }
}

TEST(Gradient, Broadcasting) {
  Tensor<double> a = randomDouble({2, 3, 4}, 1), b = randomDouble({3, 1}, 2, 1, 3), dy = randomDouble({2, 3, 4}, 3);
  Forward product = [](const std::vector<Tensor<Dual>> &v) { return mul(v[0], v[1]); };
  Forward quotient = [](const std::vector<Tensor<Dual>> &v) { return div(v[0], v[1]); };
  Forward difference = [](const std::vector<Tensor<Dual>> &v) { return sub(v[0], v[1]); };
  expectSame(byDuals(product, {a, b}, dy, 1), sumTo(mul(dy, a), {3, 1}), "mul");
  expectSame(byDuals(quotient, {a, b}, dy, 0), div(dy, b), "div, numerator");
  Tensor<double> minusOne = constant<double>(-1);
  expectSame(byDuals(quotient, {a, b}, dy, 1), sumTo(mul(minusOne, div(mul(dy, a), mul(b, b))), {3, 1}), "div, denominator");
  expectSame(byDuals(difference, {a, b}, dy, 1), mul(minusOne, sumTo(dy, {3, 1})), "sub");
}

TEST(Gradient, SumsOverWhatBroadcasts) {
  Tensor<double> x({2, 3, 1}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(sumTo(x, {2, 1, 1}).data, (std::vector<double>{6, 15}));
  EXPECT_EQ(sumTo(x, {3, 1}).data, (std::vector<double>{5, 7, 9}));
  EXPECT_EQ(sumTo(x, {}).data, (std::vector<double>{21}));
  EXPECT_EQ(sumTo(x, {2, 3, 1}).data, x.data);
  EXPECT_EQ(sumOver(x, {1, 2}, {2}).data, (std::vector<double>{6, 15}));
}
