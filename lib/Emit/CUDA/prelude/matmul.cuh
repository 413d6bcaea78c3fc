// Matrix product on CUDA cores: one block computes a tile of C[m, n] = sum over k of A[m, k] * B[n, k], operands through functors.
// requires: base.cuh, aligned.cuh, tiles.cuh
//
// Tile T: rows, cols, depth of a step (a multiple of 8), tm x tn per thread (multiples of 4), threads, at least as many as that takes,
// pitch of the output tile. Shared memory (`pipe`, 16-byte aligned): two buffers of [depth][rows + 4] and [depth][cols + 4], k outermost:
//   matmulPipeFloats = 2 * depth * (rows + 4 + cols + 4)

template <class T> DEV constexpr int matmulPipeFloats() { return 2 * T::depth * (T::rows + 4 + T::cols + 4); }

// One operand's share of a step, in registers between global and shared memory.
template <class Op, int Outer, int Depth, int Threads> struct MatmulStage {
  static constexpr int Vector = Op::vector == 4 ? 4 : 1;
  static constexpr int Pitch = Outer + 4; // an odd number of quads: the transposed stores below hit every bank once
  static constexpr int Count = ceilDiv(Outer * Depth / Vector, Threads), Last = Outer * Depth / Vector;
  float v[Count * Vector];

  // Element i of the step, as (outer, k): whole 32-byte sectors for the loads and distinct banks for the stores.
  DEV static int outer(int i) {
    if (!Op::alongK)
      return i % (Outer / Vector) * Vector;
    return Vector == 4 ? i / 2 % Outer : i / 8 % 4 + i / (4 * Depth) * 4;
  }
  DEV static int inner(int i) {
    if (!Op::alongK)
      return i / (Outer / Vector);
    return Vector == 4 ? i % 2 * 4 + i / (2 * Outer) * 8 : i % 8 + i / 32 % (Depth / 8) * 8;
  }

  DEV void load(const Op &op, int o0, int k0, int outers, int K) {
    const int liveOuter = smaller(outers - o0, Outer);
    const int liveInner = smaller(K - k0, Depth);
#pragma unroll
    for (int j = 0; j < Count; j++) {
      const int i = threadIdx.x + j * Threads;
      const int o = o0 + outer(i);
      const int k = k0 + inner(i);
      const bool inside = outer(i) < liveOuter && inner(i) < liveInner && (Last % Threads == 0 || i < Last);
      if constexpr (Vector == 4) {
        float4 quad = {0.0f, 0.0f, 0.0f, 0.0f};
        if (inside) {
          const float *from = op.at(o, k);
          if constexpr (alignedTensors)
            quad = *(const float4 *)from;
          else
            quad = float4{from[0], from[1], from[2], from[3]};
        }
        v[4 * j] = quad.x;
        v[4 * j + 1] = quad.y;
        v[4 * j + 2] = quad.z;
        v[4 * j + 3] = quad.w;
      } else {
        v[j] = inside ? op(o, k) : 0.0f;
      }
    }
  }

  DEV void store(float *to) const {
#pragma unroll
    for (int j = 0; j < Count; j++) {
      const int i = threadIdx.x + j * Threads;
      if (Last % Threads != 0 && i >= Last)
        continue;
      float *cell = to + inner(i) * Pitch + outer(i);
      if constexpr (Vector == 1) {
        *cell = v[j];
      } else if constexpr (Op::alongK) {
#pragma unroll
        for (int q = 0; q < 4; q++)
          cell[q * Pitch] = v[4 * j + q];
      } else {
        *(float4 *)cell = float4{v[4 * j], v[4 * j + 1], v[4 * j + 2], v[4 * j + 3]};
      }
    }
  }
};

// A thread's `Count` elements of a row of `Width`, as quads that lie Width / (Count / 4) apart: neighbouring lanes, neighbouring quads.
template <int Count, int Width> DEV void matmulFragment(float (&to)[Count], const float *from, int lane) {
#pragma unroll
  for (int j = 0; j < Count / 4; j++) {
    const float4 quad = *(const float4 *)(from + j * (Width / (Count / 4)) + 4 * lane);
    to[4 * j] = quad.x;
    to[4 * j + 1] = quad.y;
    to[4 * j + 2] = quad.z;
    to[4 * j + 3] = quad.w;
  }
}

// On return tile[r * T::pitch + c] holds C[m0 + r, n0 + c], zero outside M x N. `tile` may alias `pipe`.
template <class T, class LoadA, class LoadB>
DEV void matmul(float *tile, float *pipe, const LoadA &a, const LoadB &b, long long m0, int n0, int M, int N, int K) {
  constexpr int LanesM = T::rows / T::tm, LanesN = T::cols / T::tn;
  static_assert(LanesM * LanesN <= T::threads && T::rows % T::tm == 0 && T::cols % T::tn == 0,
                "expected at most one register tile per thread");
  static_assert(T::tm % 4 == 0 && T::tn % 4 == 0 && T::depth % 8 == 0, "expected register tiles in quads and a depth in eights");
  MatmulStage<LoadA, T::rows, T::depth, T::threads> stageA;
  MatmulStage<LoadB, T::cols, T::depth, T::threads> stageB;
  constexpr int PitchA = T::rows + 4, PitchB = T::cols + 4, Buffer = T::depth * (PitchA + PitchB);
  const int laneN = threadIdx.x % LanesN;
  const int laneM = threadIdx.x / LanesN;

  const bool multiplies = LanesM * LanesN == T::threads || laneM < LanesM; // others only bring operands
  float acc[T::tm][T::tn] = {};
  stageA.load(a, (int)m0, 0, M, K);
  stageB.load(b, n0, 0, N, K);
  float *now = pipe;
  float *next = pipe + Buffer;
#pragma unroll 1
  for (long long k0 = 0; k0 < K; k0 += T::depth) { // in 32 bits ptxas spills where an operand is computed on the way
    stageA.store(now);
    stageB.store(now + T::depth * PitchA);
    __syncthreads(); // this buffer is full; whoever read it two steps ago has passed the barrier in between
    if (k0 + T::depth < K) {
      stageA.load(a, (int)m0, (int)k0 + T::depth, M, K);
      stageB.load(b, n0, (int)k0 + T::depth, N, K);
    }
#pragma unroll 1
    for (int kk = 0; multiplies && kk < T::depth; kk += 2) { // two at a time hide the loads; four cost 16 registers more
#pragma unroll
      for (int k = kk; k < kk + 2; k++) {
        float x[T::tm], y[T::tn];
        matmulFragment<T::tm, T::rows>(x, now + k * PitchA, laneM);
        matmulFragment<T::tn, T::cols>(y, now + T::depth * PitchA + k * PitchB, laneN);
#pragma unroll
        for (int i = 0; i < T::tm; i++)
#pragma unroll
          for (int j = 0; j < T::tn; j++)
            acc[i][j] += x[i] * y[j];
      }
    }
    float *full = now;
    now = next;
    next = full;
  }

  __syncthreads();
#pragma unroll
  for (int i = 0; multiplies && i < T::tm; i++) {
    float *row = tile + (i / 4 * (T::rows / (T::tm / 4)) + 4 * laneM + i % 4) * T::pitch + 4 * laneN;
#pragma unroll
    for (int j = 0; j < T::tn; j += 4) {
      float *to = row + j / 4 * (T::cols / (T::tn / 4));
      if constexpr (T::pitch % 4 == 0) {
        *(float4 *)to = float4{acc[i][j], acc[i][j + 1], acc[i][j + 2], acc[i][j + 3]};
      } else {
#pragma unroll
        for (int q = 0; q < 4; q++)
          to[q] = acc[i][j + q];
      }
    }
  }
  __syncthreads();
  clearOutside<T>(tile, m0, n0, M, N);
}
