// Matrix product of warpgroups on tensor cores: what tensor.cuh does, with the right operand read from shared memory by the products.
// requires: wgmma.cuh, tensor.cuh
//
// Tile T: that of tensor.cuh; each warp has warpRows (a multiple of 16) rows of all cols (a multiple of 32), four warps multiply together.
// Factors: Split or Tf32.
// Shared memory (`pipe`, 16-byte aligned): a buffer per stage with 32 k of both operands. The left one lies as [rows][36] where memory runs
// along k, else as [32][rows + 8], and becomes factors in registers. The right one lies in bricks of eight columns x four k (wgmma.cuh),
// [8][cols + 1] quads, as factors; in 3xTF32 a second set holds the small parts.
//   togetherPipeFloats = stages * (36 * rows + (3xTF32 ? 2 : 1) * 32 * (cols + 1)), rows at least 64

constexpr int TogetherSlice = 32; // k of a stage; in 3xTF32 fp32 additions then take over the sums of tensor cores, which truncate

template <class T> DEV constexpr int togetherPipeFloats() {
  return T::stages * (36 * T::rows + (TensorFactors<typename T::Factors>::exact ? 2 : 1) * TogetherSlice * (T::cols + 1));
}

// Where the elements of a thread's turns lie in a stage, for operands that memory holds along k or along the outer index.
template <class Op, int Outer, int Threads> struct TogetherPlace {
  static constexpr int Vector = Op::vector == 4 ? 4 : 1, AcrossK = TogetherSlice / Vector, Items = Outer * TogetherSlice / Vector;
  static constexpr int Period = Op::alongK ? AcrossK : 4 * (Outer / Vector); // items until the other index moves
  static constexpr bool Even = Threads % Period == 0;                        // each turn lies as far behind the one before
  static constexpr int NextOuter = Op::alongK ? Threads / AcrossK : 0, NextInner = Op::alongK ? 0 : Threads / Period * 4;
  int o, k; // of the first turn

  DEV TogetherPlace() : o(outerOf(threadIdx.x)), k(innerOf(threadIdx.x)) {}
  DEV int outer(int turn) const { return Even ? o + turn * NextOuter : outerOf(threadIdx.x + turn * Threads); }
  DEV int inner(int turn) const { return Even ? k + turn * NextInner : innerOf(threadIdx.x + turn * Threads); }
  DEV static bool exists(int turn) { return Items % Threads == 0 || (int)threadIdx.x + turn * Threads < Items; }

  // Along the outer index eight neighbours of four k share a warp: their sectors are whole and their bricks in banks of their own.
  DEV static int outerOf(int i) { return Op::alongK ? i / AcrossK : (i % 8 + i / 32 % (Outer / Vector / 8) * 8) * Vector; }
  DEV static int innerOf(int i) { return Op::alongK ? i % AcrossK * Vector : i / 8 % 4 + i / Period * 4; }
};

// The address of (o, k) + (outer, inner) by way of that of (o, k), which turns share.
template <class Op> DEV const float *turnOf(const Op &op, const float *first, int outer, int inner) {
  return first + (op.at(outer, inner) - op.at(0, 0));
}

template <class Op, int Rows, int Threads> struct TogetherLeft {
  using Place = TogetherPlace<Op, Rows, Threads>;
  static constexpr int Count = ceilDiv(Place::Items, Threads);
  static constexpr bool copied = Op::vector == 4;
  float v[copied ? 1 : Count];

  DEV static int cell(int outer, int k) { return Op::alongK ? outer * 36 + k : k * (Rows + 8) + outer; }
  DEV void load(float *to, const Op &op, int o0, int k0, int outers, int K) {
    const Place at;
#pragma unroll
    for (int j = 0; j < Count; j++) {
      const int o = at.outer(j);
      const int k = at.inner(j);
      const bool inside = o < outers - o0 && k < K - k0 && Place::exists(j);
      if constexpr (copied) {
        const float *of =
            Place::Even ? turnOf(op, op.at(o0 + at.o, k0 + at.k), j * Place::NextOuter, j * Place::NextInner) : op.at(o0 + o, k0 + k);
        if (Place::exists(j))
          copyQuadLater(to + cell(o, k), inside ? of : op.at(0, 0), inside);
      } else {
        v[j] = inside ? op(o0 + o, k0 + k) : 0.0f;
      }
    }
  }
  DEV void store(float *to) const {
    if constexpr (!copied) {
      const Place at;
#pragma unroll
      for (int j = 0; j < Count; j++)
        if (Place::exists(j))
          to[cell(at.outer(j), at.inner(j))] = v[j];
    }
  }
};

template <class Op, class Factors, int Cols, int Threads> struct TogetherRight {
  using Place = TogetherPlace<Op, Cols, Threads>;
  static constexpr int Count = ceilDiv(Place::Items, Threads), Vector = Place::Vector, Brick = 4 * (Cols + 1);
  static constexpr int Small = TogetherSlice / 4 * Brick; // from a factor's big part to its small one
  static constexpr bool copied = Op::vector == 4 && Op::alongK;
  static_assert(Cols % 32 == 0, "expected columns in multiples of 32");
  float v[copied ? 1 : Count * Vector];

  DEV static int cell(int outer, int k) { return k / 4 * Brick + 4 * outer + k % 4; }
  DEV void load(float *to, const Op &op, int o0, int k0, int outers, int K) {
    const Place at;
#pragma unroll
    for (int j = 0; j < Count; j++) {
      const int o = at.outer(j);
      const int k = at.inner(j);
      const bool inside = o < outers - o0 && k < K - k0 && Place::exists(j);
      if constexpr (copied) {
        const float *of =
            Place::Even ? turnOf(op, op.at(o0 + at.o, k0 + at.k), j * Place::NextOuter, j * Place::NextInner) : op.at(o0 + o, k0 + k);
        if (Place::exists(j))
          copyQuadLater(to + cell(o, k), inside ? of : op.at(0, 0), inside);
      } else if constexpr (Vector == 4) {
        float4 quad = {0.0f, 0.0f, 0.0f, 0.0f};
        if (inside) {
          const float *from = op.at(o0 + o, k0 + k);
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
        v[j] = inside ? op(o0 + o, k0 + k) : 0.0f;
      }
    }
  }

  DEV static float big(float x) { return Factors::exact ? __uint_as_float(roundedToTf32(x)) : nearTf32(x); }
  DEV static void put(float *to, float x) {
    to[0] = big(x);
    if constexpr (Factors::exact)
      to[Small] = x - big(x);
  }
  // Makes factors of what this thread copied to a stage.
  DEV static void make(float *stage) {
    if constexpr (copied) {
      const Place at;
#pragma unroll
      for (int j = 0; j < Count; j++) {
        if (!Place::exists(j))
          continue;
        float *to = stage + cell(at.outer(j), at.inner(j));
        const float4 x = *(const float4 *)to;
        const float4 rounded = {big(x.x), big(x.y), big(x.z), big(x.w)};
        *(float4 *)to = rounded;
        if constexpr (Factors::exact)
          *(float4 *)(to + Small) = float4{x.x - rounded.x, x.y - rounded.y, x.z - rounded.z, x.w - rounded.w};
      }
    }
  }
  // Makes factors of what this thread loaded.
  DEV void store(float *stage) const {
    if constexpr (!copied) {
      const Place at;
#pragma unroll
      for (int j = 0; j < Count; j++) {
        if (!Place::exists(j))
          continue;
        const int o = at.outer(j);
        const int k = at.inner(j);
        if constexpr (Vector == 1) {
          put(stage + cell(o, k), v[j]);
        } else { // lanes begin with different columns of their quads, so that they write to different banks
          const int turn = o / 8 % 4;
          float x[4] = {v[4 * j], v[4 * j + 1], v[4 * j + 2], v[4 * j + 3]};
          const float once[4] = {turn % 2 ? x[1] : x[0], turn % 2 ? x[2] : x[1], turn % 2 ? x[3] : x[2], turn % 2 ? x[0] : x[3]};
#pragma unroll
          for (int q = 0; q < 4; q++)
            put(stage + cell(o + (q + turn) % 4, k), turn / 2 ? once[(q + 2) % 4] : once[q]);
        }
      }
    }
  }
};

// The left factors of a step of eight k for the 16 rows of a warp, and their products with all columns.
template <class Factors> struct TogetherFactors {
  unsigned words[4];
  DEV void take(const float (&x)[4]) {
#pragma unroll
    for (int i = 0; i < 4; i++)
      words[i] = __float_as_uint(nearTf32(x[i]));
  }
  template <class Products, bool First, int Units>
  DEV void multiply(float (&sums)[Units][4], unsigned long long b, unsigned long long) const {
    Products::template multiply<true>(sums, words, b);
  }
};
template <> struct TogetherFactors<Split> {
  unsigned big[4], small[4];
  DEV void take(const float (&x)[4]) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      big[i] = roundedToTf32(x[i]);
      small[i] = __float_as_uint(x[i] - __uint_as_float(big[i]));
    }
  }
  template <class Products, bool First, int Units>
  DEV void multiply(float (&sums)[Units][4], unsigned long long b, unsigned long long smallB) const {
    Products::template multiply<!First>(sums, small, b); // the smallest first
    Products::template multiply<true>(sums, big, smallB);
    Products::template multiply<true>(sums, big, b);
  }
};

// The elements that a lane needs of `outer` (and every 8 rows behind it) at k and k + 4.
template <class Stage, int Rows> DEV void fragments(float (&x)[Rows][4], const float *stage, int outer, int k) {
#pragma unroll
  for (int r = 0; r < Rows; r++)
#pragma unroll
    for (int i = 0; i < 4; i++)
      x[r][i] = stage[Stage::cell(outer + 16 * r + i % 2 * 8, k + i / 2 * 4)];
}

// On return tile[r * T::pitch + c] holds C[m0 + r, n0 + c], zero outside M x N. `tile` may alias `pipe`.
template <class T, class LoadA, class LoadB>
DEV void matmulTogether(float *tile, float *pipe, const LoadA &a, const LoadB &b, long long m0, int n0, int M, int N, int K) {
  using Factors = TensorFactors<typename T::Factors>;
  // The dropped small * small shows where few terms average it: none of them is summed here, and `matmul` is called where it is anyway.
  const int depth = Factors::exact && K < TogetherSlice ? 0 : K;
  static_assert(T::rows / T::warpRows * 32 == T::threads && T::threads % 128 == 0, "expected whole warpgroups");
  static_assert(T::warpRows % 16 == 0 && T::warpCols == T::cols && T::Products::columns == T::cols, "expected shares of all columns");
  constexpr int SizeA = 36 * T::rows, Buffer = togetherPipeFloats<T>() / T::stages, Rows = T::warpRows / 16, Units = T::cols / 8;
  constexpr int Steps = TogetherSlice / 8;
  using StageA = TogetherLeft<LoadA, T::rows, T::threads>;
  using StageB = TogetherRight<LoadB, Factors, T::cols, T::threads>;
  StageA stageA;
  StageB stageB;
  const int group = threadIdx.x % 32 / 4;
  const int quarter = threadIdx.x % 4;
  const int first = threadIdx.x / 32 * T::warpRows;

  float acc[Rows][Units][4] = {}, part[Rows][Units][4];
  float (&sums)[Rows][Units][4] = Factors::exact ? part : acc; // rounded factors lose more than tensor cores that truncate
#pragma unroll 1
  for (int s = 0; s < T::stages - 1; s++) {
    if (s * TogetherSlice < depth) { // nothing may be under way when the sums are written
      float *to = pipe + s * Buffer;
      stageA.load(to, a, (int)m0, s * TogetherSlice, M, K);
      stageB.load(to + SizeA, b, n0, s * TogetherSlice, N, K);
      stageA.store(to);
      stageB.store(to + SizeA);
    }
    endOfCopies();
  }
  waitForAllBut<T::stages - 2>();
  if (depth > 0)
    StageB::make(pipe + SizeA);
  showToWarpgroups();
  __syncthreads();
  int now = 0, last = (T::stages - 1) * Buffer;
#pragma unroll 1
  for (long long k0 = 0; k0 < depth; k0 += TogetherSlice) {
    const long long ahead = k0 + (T::stages - 1) * TogetherSlice;
    const int after = now == (T::stages - 1) * Buffer ? 0 : now + Buffer;
    const float *left = pipe + now;
    const unsigned long long right = warpgroupOperand(quadOf(left + SizeA), StageB::Brick / 4, 8);
    TogetherFactors<typename T::Factors> factors[2][Rows]; // while products read one, the other is filled
    float x[Rows][4];                                      // of the next step
    fragments<StageA>(x, left, first + group, quarter);
#pragma unroll
    for (int step = 0; step < Steps; step++) {
#pragma unroll
      for (int r = 0; r < Rows; r++)
        factors[step % 2][r].take(x[r]);
      startProducts();
      const unsigned long long at = right + step * (2 * StageB::Brick / 4);
#pragma unroll
      for (int r = 0; r < Rows; r++) {
        if (step == 0)
          factors[step % 2][r].template multiply<typename T::Products, true>(sums[r], at, at + StageB::Small / 4);
        else
          factors[step % 2][r].template multiply<typename T::Products, false>(sums[r], at, at + StageB::Small / 4);
      }
      endOfProducts();
      // What does not need the sums happens while products run.
      if (step + 1 < Steps)
        fragments<StageA>(x, left, first + group, 8 * (step + 1) + quarter);
      if (step == 0) {
        if (ahead < K) { // to the buffer that everybody has multiplied
          stageA.load(pipe + last, a, (int)m0, (int)ahead, M, K);
          stageB.load(pipe + last + SizeA, b, n0, (int)ahead, N, K);
        }
        endOfCopies();
      }
      if (step == 1) {
        waitForAllBut<T::stages - 2>();
        if (k0 + TogetherSlice < K)
          StageB::make(pipe + after + SizeA);
      }
      if (step == Steps - 1 && ahead < K) {
        stageA.store(pipe + last);
        stageB.store(pipe + last + SizeA);
      }
      if (step + 1 < Steps)
        waitForProducts<1>();
    }
    showToWarpgroups();
    waitForProducts<0>();
    if constexpr (Factors::exact) {
#pragma unroll
      for (int r = 0; r < Rows; r++)
#pragma unroll
        for (int u = 0; u < Units; u++)
#pragma unroll
          for (int q = 0; q < 4; q++)
            acc[r][u][q] += part[r][u][q];
    }
    __syncthreads(); // everybody has multiplied this stage, and the next one is there
    last = now;
    now = after;
  }

  if constexpr (Factors::exact) {
    float zero = 0.0f; // NaN where a sum is not finite
#pragma unroll
    for (int r = 0; r < Rows; r++)
#pragma unroll
      for (int u = 0; u < Units; u++)
#pragma unroll
        for (int q = 0; q < 4; q++)
          zero += acc[r][u][q] * 0.0f;
    if (__syncthreads_or(depth < K || zero != 0.0f)) {
      matmul<T>(tile, pipe, a, b, m0, n0, M, N, K);
      return;
    }
  }
#pragma unroll
  for (int r = 0; r < 2 * Rows; r++) {
    float *row = tile + (first + 8 * r + group) * T::pitch + 2 * quarter;
#pragma unroll
    for (int u = 0; u < Units; u++)
#pragma unroll
      for (int q = 0; q < 2; q++)
        row[8 * u + q] = acc[r / 2][u][r % 2 * 2 + q];
  }
  __syncthreads();
  clearOutside<T>(tile, m0, n0, M, N);
}
