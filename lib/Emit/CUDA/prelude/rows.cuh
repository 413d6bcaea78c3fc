// Fixed-order sums over partials in global memory: what finish kernels and row reductions are made of.
// requires: base.cuh, reduce.cuh

// The block's sum of `rows` runs of `count` consecutive floats, `stride` apart. Eight chains per thread keep eight loads in flight.
template <int Threads> DEV float sumRows(const float *p, int rows, index_t stride, index_t count, float *scratch) {
  float chain[8] = {};
#pragma unroll 1
  for (int r = 0; r < rows; r++, p += stride) {
#pragma unroll 1
    for (index_t i = threadIdx.x; i < count; i += 8 * Threads) {
#pragma unroll
      for (int j = 0; j < 8; j++)
        chain[j] += count - i > j * Threads ? p[i + j * Threads] : 0.0f;
    }
  }
  return blockSum<Threads>(((chain[0] + chain[1]) + (chain[2] + chain[3])) + ((chain[4] + chain[5]) + (chain[6] + chain[7])), scratch);
}

// The block's merge of `rows` runs of `count` partial moments, `stride` apart, in three planes `plane` apart.
template <int Threads> DEV Moments mergeRows(const float *p, int rows, index_t stride, index_t plane, index_t count, float *scratch) {
  Moments all = {0.0f, 0.0f, 0.0f};
#pragma unroll 1
  for (index_t i = threadIdx.x; i < count; i += Threads) {
    const float *part = p + i;
#pragma unroll 4 // so many runs' loads are in flight
    for (int r = 0; r < rows; r++, part += stride)
      all.merge(Moments{part[0], part[plane], part[2 * plane]});
  }
  return blockMerge<Threads>(all, scratch);
}

// The sum of `count` floats that lie `stride` apart, for each of 32 neighbouring columns of the block: thread t has part of column t % 32,
// and the sum of column t for t < 32. `scratch` holds Threads floats.
template <int Threads> DEV float sumColumns(const float *p, bool live, index_t stride, index_t count, float *scratch) {
  constexpr int Shares = Threads / 32;
  float chain[4] = {};
#pragma unroll 1
  for (index_t i = threadIdx.x / 32; i < count; i += 4 * Shares) {
#pragma unroll
    for (int j = 0; j < 4; j++)
      chain[j] += live && count - i > j * Shares ? p[(i + j * Shares) * stride] : 0.0f;
  }
  __syncthreads(); // free again when the block sums more than once
  scratch[threadIdx.x] = (chain[0] + chain[1]) + (chain[2] + chain[3]);
  __syncthreads();
  float sum = 0.0f;
  if (threadIdx.x < 32) {
#pragma unroll
    for (int j = 0; j < Shares; j++)
      sum += scratch[j * 32 + threadIdx.x];
  }
  return sum;
}

// The sum of element `i` of `Splits` products, `elements` apart, in their order.
template <int Splits> DEV float sumSplits(const float *p, index_t elements, index_t i) {
  float sum = p[i];
#pragma unroll 16 // so many loads are in flight
  for (int s = 1; s < Splits; s++)
    sum += p[s * elements + i];
  return sum;
}
