// Kernels compute what they compute on a GPU, in every order of threads.
#include "Fixture.h"

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

} // namespace
} // namespace fusion::test
