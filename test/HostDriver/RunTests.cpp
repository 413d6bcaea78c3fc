// Kernels compute what they compute on a GPU, in every order of threads.
#include "Fixture.h"
#include <algorithm>
#include <cmath>

namespace fusion::test {
namespace {

TEST_F(HostTest, GroupSumWithShufflesSharedMemoryAndDynamicSharedMemory) {
  compile(R"(
__device__ __forceinline__ float warpSum(float v) {
#pragma unroll
  for (int o = 16; o > 0; o >>= 1) v += __shfl_xor_sync(0xffffffffu, v, o);
  return v;
}
extern "C" __global__ void __launch_bounds__(128) sums(const float *__restrict__ x, float *__restrict__ y, int n) {
  __shared__ float partial[4];
  extern __shared__ __align__(16) float cache[];
  const float4 *x4 = reinterpret_cast<const float4 *>(x + (long long)blockIdx.x * n);
  float4 *c4 = reinterpret_cast<float4 *>(cache);
  for (int i = threadIdx.x; i < n / 4; i += blockDim.x) c4[i] = __ldg(x4 + i);
  __syncthreads();
  float s = 0.0f;
  for (int i = threadIdx.x; i < n; i += blockDim.x) s += cache[n - 1 - i];
  s = warpSum(s);
  if ((threadIdx.x & 31) == 0) partial[threadIdx.x >> 5] = s;
  __syncthreads();
  if (threadIdx.x == 0) y[blockIdx.x] = partial[0] + partial[1] + partial[2] + partial[3];
})");
  constexpr int n = 256, blocks = 37;
  std::vector<float> x(n * blocks), expected(blocks);
  for (int i = 0; i < n * blocks; ++i)
    expected[i / n] += x[i] = static_cast<float>(i % 97);
  DevicePointer dx = upload(x, "x"), dy = upload(std::vector<float>(blocks), "y");
  for (Schedule schedule : kSchedules) {
    driver.options().schedule = schedule;
    EXPECT_FALSE(driver.fill(dy, 0, blocks * 4, nullptr));
    Error error = launch("sums", {blocks}, {128}, n * 4, dx, dy, n);
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(download<float>(dy, blocks), expected);
  }
}

TEST_F(HostTest, SharedMemoryStartsAsNaN) {
  compile(R"(extern "C" __global__ void k(float *y) {
  __shared__ float s[32];
  extern __shared__ float d[];
  if (threadIdx.x == 3) s[3] = d[3] = 1.0f;
  __syncthreads();
  y[threadIdx.x] = s[threadIdx.x];
  y[32 + threadIdx.x] = d[threadIdx.x];
})");
  DevicePointer y = upload(std::vector<float>(64), "y");
  for (int launches = 0; launches < 2; ++launches) {
    ASSERT_FALSE(launch("k", {1}, {32}, 128, y));
    std::vector<float> values = download<float>(y, 64);
    for (int i = 0; i < 64; ++i)
      EXPECT_EQ(std::isnan(values[i]), i % 32 != 3) << i;
  }
}

TEST_F(HostTest, SchedulesAreDifferentOrdersOfThreadsAndBlocks) {
  for (const char *barrier : {"", "__syncthreads();"}) {
    compile(std::string("extern \"C\" __global__ void k(int *order, int *count) {") + barrier +
            "order[blockIdx.x * blockDim.x + threadIdx.x] = atomicAdd(count, 1); }");
    driver.options().workers = 1;
    std::vector<std::vector<int>> orders;
    for (auto [schedule, seed] :
         {std::pair(Schedule::Forward, 1), {Schedule::Reverse, 1}, {Schedule::Random, 1}, {Schedule::Random, 2}, {Schedule::Random, 2}}) {
      driver.options().schedule = schedule;
      driver.options().seed = seed;
      DevicePointer order = upload(std::vector<int>(6 * 96), "order");
      ASSERT_FALSE(launch("k", {6}, {96}, 0, order, upload(std::vector<int>(1), "count")));
      orders.push_back(download<int>(order, 6 * 96));
      std::vector<int> sorted = orders.back();
      std::sort(sorted.begin(), sorted.end());
      for (int i = 0; i < 6 * 96; ++i)
        ASSERT_EQ(sorted[i], i);
    }
    EXPECT_TRUE(std::is_sorted(orders[0].begin(), orders[0].end()) || *barrier); // the last to arrive at a barrier goes first
    EXPECT_LT(orders[0][0], orders[0][5 * 96]);
    EXPECT_GT(orders[1][0], orders[1][5 * 96]);
    EXPECT_GT(orders[1][1], orders[1][2]);
    EXPECT_NE(orders[2], orders[0]);
    EXPECT_NE(orders[2], orders[3]);
    EXPECT_EQ(orders[3], orders[4]);
  }
}

TEST_F(HostTest, MathFunctionsAreAsAccurateAsTheHardwares) {
  compile(R"(extern "C" __global__ void k(const float *x, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float v = x[i];
  y[0 * n + i] = __expf(v);
  y[1 * n + i] = expf(v);
  y[2 * n + i] = tanhf(v);
  y[3 * n + i] = erff(v);
  y[4 * n + i] = log1pf(fabsf(v));
  y[5 * n + i] = rsqrtf(fabsf(v) + 0x1p-20f);
  y[6 * n + i] = __fdividef(v, 3.0f);
})");
  constexpr int n = 10000;
  std::vector<float> x(n);
  for (int i = 0; i < n; ++i)
    x[i] = -86.0f + 173.0f * i / n;
  DevicePointer y = upload(std::vector<float>(7 * n), "y");
  ASSERT_FALSE(launch("k", {(n + 127) / 128}, {128}, 0, upload(x, "x"), y, n));
  std::vector<float> values = download<float>(y, 7 * n);
  for (int i = 0; i < n; ++i) {
    double v = x[i], ulp = std::ldexp(1.0, -23), a = std::abs(v);
    double expected[] = {std::exp(v), std::exp(v), std::tanh(v), std::erf(v), std::log1p(a), 1 / std::sqrt(a + 0x1p-20), v / 3};
    double allowed[] = {3, 2, 2, 2, 2, 2, 2}; // ulps
    for (int f = 0; f < 7; ++f)
      ASSERT_NEAR(values[f * n + i], expected[f], allowed[f] * ulp * std::abs(expected[f])) << "function " << f << " of " << v;
  }
}

TEST_F(HostTest, MathFunctionsKeepTheHardwaresCorners) {
  compile(R"(extern "C" __global__ void k(float *y) {
  float inf = __int_as_float(0x7f800000), nan = __int_as_float(0x7fffffff);
  y[0] = __fdividef(1.0f, 0x1p127f); // 0: beyond 2^126 the hardware gives up
  y[1] = __fdividef(1.0f, 0x1p125f);
  y[2] = __fdividef(inf, 0x1p127f);
  y[3] = __fdividef(1.0f, inf);
  y[4] = fmaxf(nan, 1.0f);
  y[5] = nan < 0.0f ? 0.0f : nan;
  y[6] = __expf(-inf);
  y[7] = __expf(inf);
  y[8] = __expf(nan);
  y[9] = 0x1p-140f * 1.0f;
})");
  DevicePointer y = upload(std::vector<float>(10), "y");
  ASSERT_FALSE(launch("k", {1}, {1}, 0, y));
  std::vector<float> v = download<float>(y, 10);
  EXPECT_EQ(v[0], 0.0f);
  EXPECT_EQ(v[1], 0x1p-125f);
  EXPECT_TRUE(std::isnan(v[2]));
  EXPECT_EQ(v[3], 0.0f);
  EXPECT_EQ(v[4], 1.0f);
  EXPECT_TRUE(std::isnan(v[5]));
  EXPECT_EQ(v[6], 0.0f);
  EXPECT_EQ(v[7], INFINITY);
  EXPECT_TRUE(std::isnan(v[8]));
  EXPECT_EQ(v[9], 0x1p-140f);
}

} // namespace
} // namespace fusion::test
