// Functions that `torch` precision computes by formulas of its own, against float64: all magnitudes, both signs, kinks, Inf and NaN.
#include "Harness.h"
#include <cmath>

namespace fusion::prelude {
namespace {

const char *const kernelText = R"(
extern "C" __global__ void functions(const float *x, int n, float *y) {
  const int i = blockIdx.x * 256 + threadIdx.x;
  if (i < n) {
    y[3 * i] = fastTanh(x[i]);
    y[3 * i + 1] = tanhLog1p(expf(x[i]));
    y[3 * i + 2] = onePlusErf(x[i]);
  }
}
extern "C" __global__ void extremes(const float *x, int n, float *y) {
  const int i = threadIdx.x;
  for (int j = 0; j < n; j++) {
    y[2 * (i * n + j)] = largerOrNan(x[i], x[j]);
    y[2 * (i * n + j) + 1] = smallerOrNan(x[i], x[j]);
  }
}
)";

std::vector<float> magnitudes() {
  std::vector<float> x = {0.0f, -0.0f, 1.0f, -1.0f, 4.0f, -4.0f, INFINITY, -INFINITY, 3e38f, -3e38f, 1e-45f};
  for (float v = 1e-20f; v < 200; v *= 1.0013f)
    for (float sign : {1.0f, -1.0f})
      x.push_back(sign * v);
  for (float kink : {1.0f, 4.0f})
    for (float v : {std::nextafterf(kink, 0), std::nextafterf(kink, 9)})
      x.push_back(v), x.push_back(-v);
  return x;
}

class Math : public ::testing::Test {
protected:
  static Kernels &kernels() {
    static Kernels instance("math.cu", preludeText({"base", "math", "extremes"}) + kernelText);
    return instance;
  }
  static std::vector<float> functions(const std::vector<float> &in) {
    Array x(in), y(3 * in.size());
    int n = int(in.size());
    kernels().launch("functions", {unsigned(n + 255) / 256, 1, 1}, 256, 0, {x.argument(), &n, y.argument()});
    return y.read();
  }
};

// Half of an ulp of 1 is 2^-24. Hardware adds up to two ulp in each of two steps, for which the promises leave room.
TEST_F(Math, FormulasKeepTheirPromises) {
  std::vector<float> x = magnitudes(), y = functions(x);
  for (size_t i = 0; i < x.size(); ++i) {
    double v = x[i], tanh = std::tanh(v), softplus = std::tanh(std::log1p(std::exp(v))), erf = 1 + std::erf(v);
    if (v > 700)
      softplus = 1;
    ASSERT_LE(std::fabs(y[3 * i] - tanh), std::max(2.5 * 0x1p-24 * std::fabs(tanh), 1e-45)) << "tanh " << v;
    EXPECT_EQ(std::signbit(y[3 * i]), std::signbit(x[i])) << "tanh " << v;
    ASSERT_LE(std::fabs(y[3 * i + 1] - softplus), std::max(6 * 0x1p-24 * softplus, 0x1p-126)) << "tanh of softplus " << v;
    ASSERT_LE(std::fabs(y[3 * i + 2] - erf), 2e-7) << "1 + erf " << v;
    if (v < 0 && v > -4) {
      ASSERT_LE(std::fabs(y[3 * i + 2] - std::erfc(-v)), 2e-8 + 1e-6 * std::erfc(-v)) << "1 + erf " << v;
    }
  }
  EXPECT_EQ(y[3 * 6], 1.0f);
  EXPECT_EQ(y[3 * 7], -1.0f);
  EXPECT_EQ(y[3 * 6 + 1], 1.0f);
  EXPECT_EQ(y[3 * 7 + 1], 0.0f);
  EXPECT_EQ(y[3 * 6 + 2], 2.0f);
  EXPECT_EQ(y[3 * 7 + 2], 0.0f);
  for (float v : functions({NAN}))
    EXPECT_TRUE(std::isnan(v));
}

TEST_F(Math, ExtremesHandNanOnAndOrderZeros) {
  std::vector<float> x = {0.0f, -0.0f, 1.0f, -2.0f, INFINITY, -INFINITY, NAN};
  Array dx(x), dy(2 * x.size() * x.size());
  int n = int(x.size());
  kernels().launch("extremes", {1, 1, 1}, unsigned(n), 0, {dx.argument(), &n, dy.argument()});
  std::vector<float> y = dy.read();
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      float larger = y[2 * (i * n + j)], smaller = y[2 * (i * n + j) + 1];
      if (std::isnan(x[i]) || std::isnan(x[j])) {
        EXPECT_TRUE(std::isnan(larger) && std::isnan(smaller)) << x[i] << " " << x[j];
        continue;
      }
      EXPECT_EQ(larger, std::max(x[i], x[j]));
      EXPECT_EQ(smaller, std::min(x[i], x[j]));
      if (x[i] == 0 && x[j] == 0) {
        EXPECT_EQ(std::signbit(larger), i == 1 && j == 1);
        EXPECT_EQ(std::signbit(smaller), i == 1 || j == 1);
      }
    }
}

} // namespace
} // namespace fusion::prelude
