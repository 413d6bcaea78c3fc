// A program with kernels that compute something, for devices that run them.
#pragma once
#include "Fixture.h"

namespace fusion::test {

/// The sample program with y = w * x, z = x; grad_x = grad_y, grad_w = column sums of grad_y * z.
inline std::string scaleProgram() {
  runtime::ProgramData data = runtime::test::sampleData();
  data.variants[0].forward.source = R"(
extern "C" __global__ void scale(const float *x, const float *w, float *y, float *z, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (blockIdx.y || blockIdx.z || i >= n * 4) return;
  y[i] = x[i] * w[i % 4];
  z[i] = x[i];
})";
  data.variants[0].backward->source = R"(
extern "C" __global__ void partial(const float *gy, const float *z, float *gx, float *partials, long long n) {
  int i = threadIdx.x;
  if (i >= 4) return;
  long long at = blockIdx.x * 4LL + i;
  gx[at] = gy[at];
  partials[at] = gy[at] * z[at];
}
extern "C" __global__ void finish(const float *partials, float *counter, float *gw, long long n) {
  float sum = 0;
  for (long long row = 0; row < n; ++row) sum += partials[row * 4 + threadIdx.x];
  gw[threadIdx.x] = sum;
})";
  return sampleText(data);
}

} // namespace fusion::test
