// Warp, block and row reductions: values, moments under a large mean, empty sides, NaN and Inf, and that every thread agrees.
#include "Harness.h"
#include <array>
#include <cmath>
#include <limits>

namespace fusion::prelude {
namespace {

const char *const kernelText = R"(
extern "C" __global__ void warp_sum(const float *x, float *y) { y[threadIdx.x] = warpSum(x[threadIdx.x]); }
template <int Threads> DEV void blockBody(const float *x, int n, float *y) {
  __shared__ float scratch[96];
  float sum = 0.0f;
  ShiftedSums shifted;
  for (int from = threadIdx.x / 32 * 32; from < n; from += Threads) { // whole warps, though their last values may be missing
    const int i = from + threadIdx.x % 32;
    const float v = i < n ? x[i] : 0.0f;
    sum += v;
    shifted.add(v, i < n, from < Threads);
  }
  Moments mine = shifted.moments();
  if (threadIdx.x % 32 != 0)
    mine.count = 0.0f; // every lane holds its warp's moments: one of them counts
  const float total = blockSum<Threads>(sum, scratch);
  const Moments all = blockMerge<Threads>(mine, scratch); // the scratch again, at once
  const float again = blockSum<Threads>(sum, scratch);
  y[5 * threadIdx.x] = total;
  y[5 * threadIdx.x + 1] = again;
  y[5 * threadIdx.x + 2] = all.count;
  y[5 * threadIdx.x + 3] = all.mean;
  y[5 * threadIdx.x + 4] = all.m2;
}
extern "C" __global__ void block_32(const float *x, int n, float *y) { blockBody<32>(x, n, y); }
extern "C" __global__ void block_256(const float *x, int n, float *y) { blockBody<256>(x, n, y); }
extern "C" __global__ void sum_rows(const float *x, int rows, int stride, int n, float *y) {
  __shared__ float scratch[96];
  const float sum = sumRows<64>(x, rows, stride, n, scratch);
  if (threadIdx.x == 0)
    *y = sum;
}
extern "C" __global__ void merge_rows(const float *x, int rows, int stride, int plane, int n, float *y) {
  __shared__ float scratch[96];
  const Moments all = mergeRows<64>(x, rows, stride, plane, n, scratch);
  if (threadIdx.x == 0) {
    y[0] = all.count;
    y[1] = all.mean;
    y[2] = all.m2;
  }
}
extern "C" __global__ void sum_columns(const float *x, int stride, int n, float *y) {
  __shared__ float scratch[128];
  const int c = blockIdx.x * 32 + threadIdx.x % 32;
  const float sum = sumColumns<128>(x + c, c < stride, stride, n, scratch);
  const float twice = sumColumns<128>(x + c, c < stride, stride, n, scratch); // the scratch again, at once
  if (threadIdx.x < 32 && c < stride)
    y[c] = 0.5f * (sum + twice);
}
)";

class Reduce : public ::testing::Test {
protected:
  static Kernels &kernels() {
    static Kernels instance("reduce.cu", preludeText({"base", "reduce", "rows"}) + kernelText);
    return instance;
  }
  /// [thread][sum, sum again, count, mean, M2]
  static std::vector<float> block(int threads, const std::vector<float> &x) {
    Array dx(x), dy(5 * threads);
    int n = x.size();
    kernels().launch("block_" + std::to_string(threads), {1, 1, 1}, threads, 0, {dx.argument(), &n, dy.argument()});
    return dy.read();
  }
};

struct Exact {
  double sum = 0, mean = 0, m2 = 0;
  explicit Exact(const std::vector<float> &x) {
    for (float v : x)
      sum += v;
    mean = sum / x.size();
    for (float v : x)
      m2 += (v - mean) * (v - mean);
  }
};

/// What the rounding of partial means to fp32 does to M2: a shift e of one part's mean costs e^2 and 2 e |deviation| per value.
double momentTolerance(double n, const Exact &x) {
  const double e = std::ldexp(std::abs(x.mean), -24);
  return n * e * e + 0.25 * e * std::sqrt(n * x.m2);
}

TEST_F(Reduce, WarpSum) {
  const std::vector<float> x = randomValues(32, 7);
  Array dx(x), dy(32);
  kernels().launch("warp_sum", {1, 1, 1}, 32, 0, {dx.argument(), dy.argument()});
  const std::vector<float> y = dy.read();
  EXPECT_NEAR(y[0], Exact(x).sum, 1e-5);
  for (float v : y)
    EXPECT_EQ(v, y[0]);
}

TEST_F(Reduce, BlocksAgreeWithFloat64AndAmongThreads) {
  for (int threads : {32, 256})
    for (int n : {1, 31, 33, 255, 257, 2111})
      for (float mean : {0.0f, 1000.0f}) {
        std::vector<float> x = randomValues(n, n);
        for (float &v : x)
          v += mean;
        const Exact want(x);
        const std::vector<float> y = block(threads, x);
        EXPECT_NEAR(y[0], want.sum, 1e-6 * n * (mean + 1));
        EXPECT_EQ(y[2], n);
        EXPECT_NEAR(y[3], want.mean, 3e-7 * (std::abs(want.mean) + 1));
        EXPECT_NEAR(y[4], want.m2, 1e-6 * want.m2 + momentTolerance(n, want));
        for (size_t i = 0; i < y.size(); i++)
          EXPECT_EQ(y[i], i % 5 == 1 ? y[0] : y[i % 5]) << "thread " << i / 5;
      }
}

TEST_F(Reduce, VarianceSurvivesAMeanAMillionTimesTheDeviation) {
  std::vector<float> x = randomValues(1000, 8);
  for (float &v : x)
    v = 1e6f + v; // the values themselves round to 1/16; the reference sees the rounded ones
  const Exact want(x);
  const std::vector<float> y = block(256, x);
  EXPECT_NEAR(y[4], want.m2, momentTolerance(1000, want)); // 2 % of it; E[x^2] - mean^2 would be off by 10^4 times the whole
  const std::vector<float> constant = block(256, std::vector<float>(777, 1e6f));
  EXPECT_EQ(constant[4], 0.0f);
}

TEST_F(Reduce, NanAndInfinityReachEveryResult) {
  for (float special : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (int at : {0, 300, 999}) {
      std::vector<float> x = randomValues(1000, 9);
      x[at] = special;
      const std::vector<float> y = block(256, x);
      EXPECT_FALSE(std::isfinite(y[0]));
      EXPECT_FALSE(std::isfinite(y[3]));
      EXPECT_FALSE(std::isfinite(y[4]));
    }
}

TEST_F(Reduce, Rows) {
  for (int n : {1, 63, 64, 65, 511, 512, 513, 1000})
    for (int rows : {1, 3}) {
      const int stride = n + 5;
      const std::vector<float> x = randomValues(rows * stride, n);
      Array dx(x), dy(1);
      int r = rows, s = stride, count = n;
      kernels().launch("sum_rows", {1, 1, 1}, 64, 0, {dx.argument(), &r, &s, &count, dy.argument()});
      double want = 0;
      for (int i = 0; i < rows * n; i++)
        want += x[i / n * stride + i % n];
      EXPECT_NEAR(dy.read()[0], want, 1e-6 * rows * n);
    }
}

TEST_F(Reduce, MergesPartialsOfUnequalSize) {
  const std::vector<float> x = randomValues(997, 10);
  std::vector<std::array<float, 3>> parts;
  for (size_t from = 0; from < x.size();) {
    const size_t size = std::min<size_t>(parts.size() % 5 * 3, x.size() - from); // empty parts too
    const Exact part(std::vector<float>(x.begin() + from, x.begin() + from + size));
    const float none = std::numeric_limits<float>::quiet_NaN(); // an empty part has no say
    parts.push_back({float(size), size ? float(part.mean) : none, size ? float(part.m2) : none});
    from += size;
  }
  for (int rows : {1, 5}) {
    int count = (parts.size() + rows - 1) / rows, stride = count + 1, plane = rows * stride + 2;
    std::vector<float> memory(3 * plane, 0.0f); // a part of no values where the parts end
    for (size_t i = 0; i < parts.size(); i++)
      for (int k = 0; k < 3; k++)
        memory[k * plane + i / count * stride + i % count] = parts[i][k];
    Array dp(memory), dy(3);
    kernels().launch("merge_rows", {1, 1, 1}, 64, 0, {dp.argument(), &rows, &stride, &plane, &count, dy.argument()});
    const std::vector<float> y = dy.read();
    const Exact want(x);
    EXPECT_EQ(y[0], x.size());
    EXPECT_NEAR(y[1], want.mean, 1e-6);
    EXPECT_NEAR(y[2], want.m2, 1e-5 * want.m2);
  }
}

TEST_F(Reduce, Columns) {
  for (int n : {1, 7, 15, 16, 17, 100}) {
    const int stride = 37;
    const std::vector<float> x = randomValues(stride * n, n);
    Array dx(x), dy(stride);
    int s = stride, count = n;
    kernels().launch("sum_columns", {2, 1, 1}, 128, 0, {dx.argument(), &s, &count, dy.argument()});
    const std::vector<float> y = dy.read();
    for (int c = 0; c < stride; c++) {
      double want = 0;
      for (int i = 0; i < n; i++)
        want += x[i * stride + c];
      EXPECT_NEAR(y[c], want, 1e-6 * n);
    }
  }
}

} // namespace
} // namespace fusion::prelude
