// What both families of matrix products share: operands, the order of tiles, and zeros outside the result.
// requires: base.cuh
//
// Operand functor: `alongK` (memory runs along k, else along the outer index), `vector` (1, or 4 when every run of four aligned
// elements in that direction may be read at once), operator()(outer, k) for the value of an element and, with vector 4,
// at(outer, k) for its address.

// The tile of a block: blocks that run together have neighbouring numbers, and walk `Band` rows of tiles column by column, so that they
// share rows and columns of the operands. The last band may be lower. Grid: (rows of tiles, columns of tiles), fewer than 2^31 blocks.
struct MatmulPlace {
  int row, column;
};
template <int Band> DEV MatmulPlace matmulPlace() {
  const unsigned block = blockIdx.y * gridDim.x + blockIdx.x;
  const unsigned perBand = Band * gridDim.y;
  const int first = (int)(block / perBand) * Band;
  const int height = smaller((int)gridDim.x - first, Band);
  const int within = (int)(block % perBand);
  return {first + within % height, within / height};
}

// The part of the sum over k that a block of split blockIdx.z takes: whole steps of 32, so that it begins where a vector may.
struct MatmulSplit {
  int first, count;
};
template <int Splits> DEV MatmulSplit matmulSplit(int K) {
  const long long share = ((long long)K + Splits * 32 - 1) / (Splits * 32) * 32;
  const long long first = blockIdx.z * share;
  if (first >= K) // nothing is left for it: its product is zero
    return {0, 0};
  return {(int)first, (int)(K - first < share ? K - first : share)};
}

// At the edge, operands of zero have met Inf and NaN: what lies outside M x N becomes zero only here.
template <class T> DEV void clearOutside(float *tile, long long m0, int n0, int M, int N) {
  const int liveM = smaller(M - (int)m0, T::rows);
  const int liveN = smaller(N - n0, T::cols);
  if (liveM < T::rows || liveN < T::cols) {
#pragma unroll 1
    for (int i = threadIdx.x; i < T::rows * T::cols; i += T::threads)
      if (i / T::cols >= liveM || i % T::cols >= liveN)
        tile[i / T::cols * T::pitch + i % T::cols] = 0.0f;
    __syncthreads();
  }
}
