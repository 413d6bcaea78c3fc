// Fixed-order sums over partials in global memory: what finish kernels and row reductions are made of.
// requires: base.cuh, reduce.cuh

// The block's sum of `count` consecutive floats. Four chains per thread keep four loads in flight.
template <int Threads> DEV float sumRow(const float *p, index_t count, float *scratch) {
  float chain[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  index_t i = threadIdx.x;
#pragma unroll 1
  for (; count - i > 3 * Threads; i += 4 * Threads) {
#pragma unroll
    for (int j = 0; j < 4; j++)
      chain[j] += p[i + j * Threads];
  }
#pragma unroll 1
  for (; i < count; i += Threads)
    chain[0] += p[i];
  return blockSum<Threads>((chain[0] + chain[1]) + (chain[2] + chain[3]), scratch);
}

// The block's merge of `n` partial moments stored as three rows.
template <int Threads> DEV Moments mergeRow(const float *count, const float *mean, const float *m2, index_t n, float *scratch) {
  Moments all = {0.0f, 0.0f, 0.0f};
#pragma unroll 1
  for (index_t i = threadIdx.x; i < n; i += Threads)
    all.merge(Moments{count[i], mean[i], m2[i]});
  return blockMerge<Threads>(all, scratch);
}

// One thread's sum of `count` floats that lie `stride` apart; neighbouring threads take neighbouring columns.
DEV float sumColumn(const float *p, index_t stride, index_t count) {
  float sum = 0.0f;
  index_t i = 0;
#pragma unroll 1
  for (; count - i >= 8; i += 8) {
    float v[8];
#pragma unroll
    for (int j = 0; j < 8; j++)
      v[j] = p[(i + j) * stride];
#pragma unroll
    for (int j = 0; j < 8; j++)
      sum += v[j];
  }
#pragma unroll 1
  for (; i < count; i++)
    sum += p[i * stride];
  return sum;
}
