// Matrix product on tensor cores: one block computes a tile of C[m, n] = sum over k of A[m, k] * B[n, k]. In 3xTF32 each fp32 operand is
// big + small, both rounded to TF32; three products (small * big, big * small, big * big) leave an error like that of fp32. Other formats
// round the operands and multiply once.
// requires: base.cuh, copies.cuh, mma.cuh, tiles.cuh, matmul.cuh
//
// Tile T: rows, cols, warpRows x warpCols per warp (multiples of 32), threads, pitch of the output tile, stages in flight; Factors: Split
// for 3xTF32, or Tf32, Bf16, Fp16. In 3xTF32 tm, tn and depth are for `matmul`, which computes short sums, and a tile again when a sum is
// not finite: Inf and NaN have no big and small part.
// Operands are those of `matmul`; `vector` may also be 8, with eight(to, outer, k), which loads and widens eight neighbours of 16 bits.
//
// Shared memory (`pipe`, 16-byte aligned): a buffer per stage with 16 k of both operands, tensorPipeFloats = stages * 16 * (rows + cols).

constexpr int TensorSlice = 16; // k of a stage

template <class T> DEV constexpr int tensorPipeFloats() { return T::stages * TensorSlice * (T::rows + T::cols); }

// The nearest TF32, ties away from zero. A NaN may be lost here, but not from the rest, x minus this.
DEV unsigned roundedToTf32(float x) { return __float_as_uint(x) + 0x1000u & 0xffffe000u; }

// One operand's part of a buffer: [outer][16 k] where memory runs along k, else [16 k][outer] with its quads dealt to other banks by k, so
// that the quads of a fragment, k = 4 c + (0..3) for lane 4 g + c, hit every bank once in both.
template <class Op, int Outer, int Threads> struct TensorStage {
  static constexpr int Count = ceilDiv(Outer * TensorSlice / Op::vector, Threads), Last = Outer * TensorSlice / Op::vector;
  float v[Op::vector == 4 ? 1 : Count][Op::vector == 8 ? 8 : 1]; // only what is computed or widened on the way goes through registers

  DEV static int cell(int outer, int k) {
    return Op::alongK ? outer * TensorSlice + k : k * Outer + (outer / 4 ^ k / 4 * 2) * 4 + outer % 4;
  }
  DEV static int outer(int i) { return Op::alongK ? i * Op::vector / TensorSlice : i * Op::vector % Outer; }
  DEV static int inner(int i) { return Op::alongK ? i * Op::vector % TensorSlice : i * Op::vector / Outer; }

  DEV void load(float *to, const Op &op, int o0, int k0, int outers, int K) {
    const int liveOuter = smaller(outers - o0, Outer);
    const int liveInner = smaller(K - k0, TensorSlice);
#pragma unroll
    for (int j = 0; j < Count; j++) {
      const int i = threadIdx.x + j * Threads;
      const int o = o0 + outer(i);
      const int k = k0 + inner(i);
      const bool inside = outer(i) < liveOuter && inner(i) < liveInner;
      if constexpr (Op::vector == 4) {
        if (Last % Threads == 0 || i < Last)
          copyQuadLater(to + cell(outer(i), inner(i)), inside ? op.at(o, k) : op.at(0, 0), inside);
      } else if (inside && (Last % Threads == 0 || i < Last)) {
        if constexpr (Op::vector == 8)
          op.eight(v[j], o, k);
        else
          v[j][0] = op(o, k);
      } else {
#pragma unroll
        for (int q = 0; q < (Op::vector == 8 ? 8 : 1); q++)
          v[j][q] = 0.0f;
      }
    }
  }

  DEV void store(float *to) const {
    if constexpr (Op::vector != 4) {
#pragma unroll
      for (int j = 0; j < Count; j++) {
        const int i = threadIdx.x + j * Threads;
        if (Last % Threads != 0 && i >= Last)
          continue;
        if constexpr (Op::vector == 8) {
#pragma unroll
          for (int q = 0; q < 8; q += 4)
            *(float4 *)(to + cell(outer(i) + (Op::alongK ? 0 : q), inner(i) + (Op::alongK ? q : 0))) =
                float4{v[j][q], v[j][q + 1], v[j][q + 2], v[j][q + 3]};
        } else {
          to[cell(outer(i), inner(i))] = v[j][0];
        }
      }
    }
  }

  // The outer index of unit u of a warp's share for group g of its lanes: a unit is what one lane holds of eight outer indices.
  DEV static int outerOf(int u, int g) { return Op::alongK ? 8 * u + g : u / 4 * 32 + 4 * g + u % 4; }

  // Units 4 run .. 4 run + 3 of the share that starts at `first`, for k = 4 c + (0..3).
  DEV static void fragments(float (&x)[4][4], const float *from, int first, int run, int lane) {
    const int g = lane / 4;
    const int c = lane % 4;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const float4 quad = *(const float4 *)(from + (Op::alongK ? cell(first + outerOf(4 * run + i, g), 4 * c)
                                                               : cell(first + outerOf(4 * run, g), 4 * c + i)));
      const float four[4] = {quad.x, quad.y, quad.z, quad.w};
#pragma unroll
      for (int j = 0; j < 4; j++)
        (Op::alongK ? x[i][j] : x[j][i]) = four[j];
    }
  }
};

// What a warp makes of the fragments of four units, and the products of two by four of them: of rows `half` and `half` + 1.
template <class F> struct TensorFactors {
  static constexpr bool exact = false; // as fp32 sums are
  static constexpr int Words = 4 / F::pack;
  unsigned words[4][Words];

  DEV void take(const float (&x)[4][4]) {
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
      for (int j = 0; j < Words; j++)
        words[i][j] = __float_as_uint(F::word(x[i][F::pack * j], x[i][(F::pack * j + 1) % 4]));
  }
  template <int Units, int Runs>
  DEV static void multiply(float (&sums)[Units][4], const TensorFactors &a, int half, const TensorFactors (&b)[Runs]) {
#pragma unroll
    for (int k = 0; k < Words; k += 2) {
      const unsigned left[4] = {a.words[half][k], a.words[half + 1][k], a.words[half][k + 1], a.words[half + 1][k + 1]};
#pragma unroll
      for (int u = 0; u < Units; u++) {
        const unsigned right[2] = {b[u / 4].words[u % 4][k], b[u / 4].words[u % 4][k + 1]};
        F::multiply(sums[u], left, right);
      }
    }
  }
};

// 3xTF32.
struct Split {
  using Factors = Split;
  using Products = NoWarpgroup;
};
template <> struct TensorFactors<Split> {
  static constexpr bool exact = true;
  unsigned big[4][4], small[4][4];

  DEV void take(const float (&x)[4][4]) {
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
      for (int j = 0; j < 4; j++) {
        big[i][j] = roundedToTf32(x[i][j]);
        // At most 12 bits and a sign; tensor cores take 11 bits of them, which costs what rounding would: the last one.
        small[i][j] = __float_as_uint(x[i][j] - __uint_as_float(big[i][j]));
      }
  }
  template <int Units, int Runs>
  DEV static void multiply(float (&sums)[Units][4], const TensorFactors &a, int half, const TensorFactors (&b)[Runs]) {
#pragma unroll
    for (int k = 0; k < 4; k += 2) {
      const unsigned bigA[4] = {a.big[half][k], a.big[half + 1][k], a.big[half][k + 1], a.big[half + 1][k + 1]};
      const unsigned smallA[4] = {a.small[half][k], a.small[half + 1][k], a.small[half][k + 1], a.small[half + 1][k + 1]};
#pragma unroll
      for (int term = 0; term < 3; term++) // the smallest first
#pragma unroll
        for (int u = 0; u < Units; u++) {
          const unsigned (&of)[4] = term == 1 ? b[u / 4].small[u % 4] : b[u / 4].big[u % 4];
          const unsigned pair[2] = {of[k], of[k + 1]};
          mma16n8k8(sums[u], term == 0 ? smallA : bigA, pair);
        }
    }
  }
};

// On return tile[r * T::pitch + c] holds C[m0 + r, n0 + c], zero outside M x N. `tile` may alias `pipe`.
template <class T, class LoadA, class LoadB>
DEV void matmulTensor(float *tile, float *pipe, const LoadA &a, const LoadB &b, long long m0, int n0, int M, int N, int K) {
  using Factors = TensorFactors<typename T::Factors>;
  // The dropped small * small shows where few terms average it: none of them is summed here, and `matmul` is called where it is anyway.
  const int depth = Factors::exact && K < 2 * TensorSlice ? 0 : K;
  static_assert(T::rows / T::warpRows * (T::cols / T::warpCols) * 32 == T::threads, "expected one share per warp");
  static_assert(T::rows % T::warpRows == 0 && T::cols % T::warpCols == 0 && T::warpRows % 32 == 0 && T::warpCols % 32 == 0,
                "expected shares in multiples of 32");
  constexpr int SizeA = T::rows * TensorSlice, Buffer = TensorSlice * (T::rows + T::cols);
  constexpr int UnitsA = T::warpRows / 8, UnitsB = T::warpCols / 8;
  constexpr int Run = 2; // stages whose sums stay in tensor cores, which truncate; fp32 additions then take them over
  using StageA = TensorStage<LoadA, T::rows, T::threads>;
  using StageB = TensorStage<LoadB, T::cols, T::threads>;
  StageA stageA;
  StageB stageB;
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  const int firstA = warp % (T::rows / T::warpRows) * T::warpRows;
  const int firstB = warp / (T::rows / T::warpRows) * T::warpCols;

  float acc[UnitsA / 2][UnitsB][4] = {}, part[UnitsA / 2][UnitsB][4] = {};
  float (&sums)[UnitsA / 2][UnitsB][4] = Factors::exact ? part : acc; // rounded factors lose more than tensor cores that truncate
#pragma unroll 1
  for (int s = 0; s < T::stages - 1; s++) {
    if (s * TensorSlice < depth) { // nothing may be under way when the sums are written
      float *to = pipe + s * Buffer;
      stageA.load(to, a, (int)m0, s * TensorSlice, M, K);
      stageB.load(to + SizeA, b, n0, s * TensorSlice, N, K);
      stageA.store(to);
      stageB.store(to + SizeA);
    }
    endOfCopies();
  }
  int now = 0, next = (T::stages - 1) * Buffer;
#pragma unroll 1
  for (long long k0 = 0; k0 < depth; k0 += TensorSlice) {
    waitForAllBut<T::stages - 2>();
    __syncthreads(); // this buffer is full, and everybody has read the one that is filled next
    const long long ahead = k0 + (T::stages - 1) * TensorSlice;
    if (ahead < K) {
      stageA.load(pipe + next, a, (int)m0, (int)ahead, M, K);
      stageB.load(pipe + next + SizeA, b, n0, (int)ahead, N, K);
    }
    endOfCopies();

    Factors right[UnitsB / 4];
#pragma unroll
    for (int r = 0; r < UnitsB / 4; r++) {
      float x[4][4];
      StageB::fragments(x, pipe + now + SizeA, firstB, r, lane);
      right[r].take(x);
    }
#pragma unroll
    for (int r = 0; r < UnitsA / 4; r++) {
      float x[4][4];
      Factors left;
      StageA::fragments(x, pipe + now, firstA, r, lane);
      left.take(x);
#pragma unroll
      for (int half = 0; half < 4; half += 2)
        Factors::multiply(sums[2 * r + half / 2], left, half, right);
    }
    if (Factors::exact && k0 / TensorSlice % Run == Run - 1)
      takeOver(acc, part);
    if (ahead < K) {
      stageA.store(pipe + next);
      stageB.store(pipe + next + SizeA);
    }
    now = now == (T::stages - 1) * Buffer ? 0 : now + Buffer;
    next = next == (T::stages - 1) * Buffer ? 0 : next + Buffer;
  }

  if constexpr (Factors::exact) {
    takeOver(acc, part);
    float zero = 0.0f; // NaN where a sum is not finite
#pragma unroll
    for (int i = 0; i < UnitsA / 2; i++)
#pragma unroll
      for (int u = 0; u < UnitsB; u++)
#pragma unroll
        for (int q = 0; q < 4; q++)
          zero += acc[i][u][q] * 0.0f;
    if (__syncthreads_or(depth < K || zero != 0.0f)) {
      matmul<T>(tile, pipe, a, b, m0, n0, M, N, K);
      return;
    }
  } else {
    __syncthreads(); // everybody has read the last buffer
  }
#pragma unroll
  for (int i = 0; i < UnitsA / 2; i++)
#pragma unroll
    for (int u = 0; u < UnitsB; u++)
#pragma unroll
      for (int q = 0; q < 4; q++) {
        const int row = firstA + StageA::outerOf(2 * i + q / 2, lane / 4);
        const int column = firstB + StageB::outerOf(u, lane % 4 * 2 + q % 2);
        tile[row * T::pitch + column] = acc[i][u][q];
      }
  __syncthreads();
  clearOutside<T>(tile, m0, n0, M, N);
}
