// Matrix product of warpgroups on tensor cores: what tensor.cuh does, with the right operand read from shared memory by the products. Some
// warps multiply a slice while others bring the next ones.
// requires: aligned.cuh, wgmma.cuh, tensor.cuh
//
// Tile T: that of tensor.cuh; each warp that multiplies has warpRows = 16 rows of all cols (a multiple of 32), four of them work together;
// T::threads counts them and those who bring slices.
// Factors: Split or Tf32.
// Shared memory (`pipe`, 16-byte aligned): a buffer per stage with 32 k of both operands. The left one lies as [rows][36] where memory runs
// along k, else as [32][rows + 8], and becomes factors in registers. The right one lies in bricks of eight columns x four k (wgmma.cuh),
// [8][cols + 1] quads, as factors; in 3xTF32 a second set holds the small parts.
//   togetherPipeFloats = stages * (36 * rows + (3xTF32 ? 2 : 1) * 32 * (cols + 1)), rows at least 64

constexpr int TogetherSlice = 32; // k of a stage; in 3xTF32 fp32 additions then take over the sums of tensor cores, which truncate

template <class T> DEV constexpr int togetherPipeFloats() {
  return T::stages * (36 * T::rows + (TensorFactors<typename T::Factors>::exact ? 2 : 1) * TogetherSlice * (T::cols + 1));
}

// A thread's part of an operand's slice, in registers between global and shared memory. Copies behind the thread's back would fill shared
// memory in pieces of 32 bytes, while products read it. An item is four neighbours along k; where memory runs along the outer index, four
// of those at four k; where it offers no fours, or they are computed, one element.
template <class Op, int Outer, int Threads, bool Right> struct TogetherItems {
  static constexpr bool Fours = Op::vector == 4, Blocks = Fours && !Op::alongK;
  static constexpr int Each = Blocks ? 16 : Fours ? 4 : 1, Items = Outer * TogetherSlice / Each, Count = ceilDiv(Items, Threads);
  // Behind so many items one index has come round, and the other one moves on.
  static constexpr int Period = Op::alongK ? TogetherSlice / (Fours ? 4 : 1) : !Fours ? 4 * Outer : Right ? Outer : Outer / 4;
  static constexpr bool Even = Threads % Period == 0; // each turn of the threads lies as far behind the one before
  float v[Count][Each];

  // Where item i begins: lanes read whole sectors, and write to banks of their own.
  DEV static constexpr int outerOf(int i) {
    return Op::alongK ? i / Period : !Fours ? i % 8 + i / 32 % (Outer / 8) * 8 : (Right ? i / 4 : i) % (Outer / 4) * 4;
  }
  DEV static constexpr int innerOf(int i) {
    return Op::alongK ? i % Period * (Fours ? 4 : 1)
           : !Fours   ? i / 8 % 4 + i / Period * 4
                      : ((Right ? i % 4 : 0) + i / Period * (Right ? 4 : 1)) * 4;
  }
  DEV static bool exists(int i) { return Items % Threads == 0 || i < Items; }
  // Of a turn's item, those of the first one at hand.
  DEV static int outer(int turn, int me) { return Even ? outerOf(me) + turn * outerOf(Threads) : outerOf(me + turn * Threads); }
  DEV static int inner(int turn, int me) { return Even ? innerOf(me) + turn * innerOf(Threads) : innerOf(me + turn * Threads); }

  // Loads what thread `me` brings of the slice at k0, zeros behind the ends.
  DEV void load(const Op &op, int o0, int k0, int outers, int K, int me) {
#pragma unroll
    for (int j = 0; j < Count; j++) {
      const int o = outer(j, me);
      const int k = inner(j, me);
      const bool inside = o < outers - o0 && exists(me + j * Threads);
      if constexpr (Fours) {
        const float *first = nullptr;
        if constexpr (Even) // the address of the first turn's item serves all
          first = op.at(o0 + outerOf(me), k0 + innerOf(me)) + (op.at(j * outerOf(Threads), j * innerOf(Threads)) - op.at(0, 0));
        else
          first = op.at(o0 + o, k0 + k);
#pragma unroll
        for (int q = 0; q < Each / 4; q++) {
          float4 quad = {0.0f, 0.0f, 0.0f, 0.0f};
          if (inside && k + q < K - k0) {
            const float *from = first + (op.at(0, q) - op.at(0, 0));
            if constexpr (alignedTensors)
              quad = *(const float4 *)from;
            else
              quad = float4{from[0], from[1], from[2], from[3]};
          }
          v[j][4 * q] = quad.x;
          v[j][4 * q + 1] = quad.y;
          v[j][4 * q + 2] = quad.z;
          v[j][4 * q + 3] = quad.w;
        }
      } else {
        v[j][0] = inside && k < K - k0 ? op(o0 + o, k0 + k) : 0.0f;
      }
    }
  }
};

template <class Op, int Rows, int Threads> struct TogetherLeft : TogetherItems<Op, Rows, Threads, false> {
  using Items = TogetherItems<Op, Rows, Threads, false>;

  DEV static int cell(int outer, int k) { return Op::alongK ? outer * 36 + k : k * (Rows + 8) + outer; }
  DEV void store(float *to, int me) const {
#pragma unroll
    for (int j = 0; j < Items::Count; j++) {
      if (!Items::exists(me + j * Threads))
        continue;
      const float (&x)[Items::Each] = this->v[j];
      float *first = to + cell(Items::outer(j, me), Items::inner(j, me));
      if constexpr (Items::Fours) {
#pragma unroll
        for (int q = 0; q < Items::Each / 4; q++)
          *(float4 *)(first + q * (Rows + 8)) = float4{x[4 * q], x[4 * q + 1], x[4 * q + 2], x[4 * q + 3]};
      } else {
        *first = x[0];
      }
    }
  }
};

template <class Op, class Factors, int Cols, int Threads> struct TogetherRight : TogetherItems<Op, Cols, Threads, true> {
  using Items = TogetherItems<Op, Cols, Threads, true>;
  static constexpr int Brick = 4 * (Cols + 1), Small = TogetherSlice / 4 * Brick; // from a factor's big part to its small one
  static_assert(Cols % 32 == 0, "expected columns in multiples of 32");

  DEV static float big(float x) { return Factors::exact ? __uint_as_float(roundedToTf32(x)) : halfUpTf32(x); }
  DEV static void put(float *to, float x, float y, float z, float w) {
    const float4 rounded = {big(x), big(y), big(z), big(w)};
    *(float4 *)to = rounded;
    if constexpr (Factors::exact)
      *(float4 *)(to + Small) = float4{x - rounded.x, y - rounded.y, z - rounded.z, w - rounded.w};
  }
  // Makes factors of what this thread loaded.
  DEV void store(float *stage, int me) const {
#pragma unroll
    for (int j = 0; j < Items::Count; j++) {
      if (!Items::exists(me + j * Threads))
        continue;
      const float (&x)[Items::Each] = this->v[j];
      const int k = Items::inner(j, me);
      float *to = stage + k / 4 * Brick + 4 * Items::outer(j, me);
      if constexpr (Items::Blocks) {
#pragma unroll
        for (int o = 0; o < 4; o++)
          put(to + 4 * o, x[o], x[4 + o], x[8 + o], x[12 + o]);
      } else if constexpr (Items::Fours) {
        put(to, x[0], x[1], x[2], x[3]);
      } else {
        to[k % 4] = big(x[0]);
        if constexpr (Factors::exact)
          to[k % 4 + Small] = x[0] - big(x[0]);
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
      words[i] = __float_as_uint(halfUpTf32(x[i]));
  }
  template <class Products, bool Adds, int Units>
  DEV void multiply(float (&sums)[Units][4], unsigned long long b, unsigned long long) const {
    Products::template multiply<Adds>(sums, words, b);
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
  template <class Products, bool Adds, int Units>
  DEV void multiply(float (&sums)[Units][4], unsigned long long b, unsigned long long smallB) const {
    Products::template multiply<Adds>(sums, small, b); // the smallest first
    Products::template multiply<true>(sums, big, smallB);
    Products::template multiply<true>(sums, big, b);
  }
};

// The sums of the 16 rows of a warp, from slices that others leave in `pipe`.
template <class T, class Left, class Right> struct TogetherSums {
  using Factors = TensorFactors<typename T::Factors>;
  using Products = typename T::Products;
  static constexpr bool exact = Factors::exact;
  // Halves of the columns take turns: while one's partial sums are taken over, tensor cores have the other's products to do.
  static constexpr int Halves = T::cols / Products::columns, Units = Products::columns / 8, Steps = TogetherSlice / 8;
  static constexpr int SizeA = 36 * T::rows, Buffer = togetherPipeFloats<T>() / T::stages;
  static_assert(Halves * Products::columns == T::cols && Halves <= (exact ? 2 : 1), "expected one or two parts of the columns");

  const int group = threadIdx.x % 32 / 4, quarter = threadIdx.x % 4, first = threadIdx.x / 32 * 16;
  float acc[Halves][Units][4] = {}, part[exact ? Halves : 1][exact ? Units : 1][4];
  TogetherFactors<typename T::Factors> factors[2]; // while products read one, the other is filled
  float x[4];                                      // of the next step

  // The elements at k and k + 4 of a step, in two rows.
  DEV void fetch(const float *stage, int step) {
#pragma unroll
    for (int i = 0; i < 4; i++)
      x[i] = stage[Left::cell(first + group + i % 2 * 8, 8 * step + quarter + i / 2 * 4)];
  }
  template <int Step> DEV void multiply(int half, const float *stage) {
    const unsigned long long at =
        warpgroupOperand(quadOf(stage + SizeA) + (2 * Step * Right::Brick / 4 + half * Products::columns), Right::Brick / 4, 8);
    if constexpr (exact)
      factors[Step % 2].template multiply<Products, (Step > 0)>(part[half], at, at + Right::Small / 4);
    else
      factors[Step % 2].template multiply<Products, true>(acc[half], at, at);
    endOfProducts();
  }
  DEV void takeOver(int half) {
    if constexpr (exact)
#pragma unroll
      for (int u = 0; u < Units; u++)
#pragma unroll
        for (int q = 0; q < 4; q++)
          acc[half][u][q] += part[half][u][q];
  }
  template <int Step> DEV void step(const float *stage) {
    if constexpr (Step > 0) {
      fetch(stage, Step);
      if constexpr (Step > 1)
        waitForProducts<Halves>();
      factors[Step % 2].take(x);
      startProducts();
      if constexpr (Halves == 2)
        multiply<Step>(0, stage);
    } else {
      startProducts();
    }
    multiply<Step>(Halves - 1, stage);
    if constexpr (Step + 1 < Steps)
      step<Step + 1>(stage);
  }

  DEV void add(const float *pipe, int slices) {
    const float *stage = pipe;
    fetch(stage, 0);
    factors[0].take(x);
    if constexpr (Halves == 2) {
      startProducts();
      multiply<0>(0, stage);
    }
#pragma unroll 1
    for (int slice = 0; slice < slices; slice++) {
      step<0>(stage);
      meetAnywhere(); // the next slice is there
      // Behind the last slice comes the last one again: its first half is multiplied and dropped.
      if (slice + 1 < slices)
        stage = stage == pipe + (T::stages - 1) * Buffer ? pipe : stage + Buffer;
      fetch(stage, 0);
      waitForProducts<Halves>();
      factors[0].take(x);
      if constexpr (Halves == 2) {
        waitForProducts<1>();
        takeOver(0);
        startProducts();
        multiply<0>(0, stage);
        waitForProducts<1>();
        takeOver(1);
      } else if constexpr (exact) {
        waitForProducts<0>();
        takeOver(0);
      }
    }
    waitForProducts<0>();
  }

  // Leaves the sums in the tile; NaN where one is not finite, else zero.
  DEV float deposit(float *tile) const {
    float zero = 0.0f;
#pragma unroll
    for (int r = 0; r < 2; r++) {
      float *row = tile + (first + 8 * r + group) * T::pitch + 2 * quarter;
#pragma unroll
      for (int u = 0; u < Halves * Units; u++)
#pragma unroll
        for (int q = 0; q < 2; q++) {
          const float sum = acc[u / Units][u % Units][2 * r + q];
          row[8 * u + q] = sum;
          if constexpr (exact)
            zero += sum * 0.0f;
        }
    }
    return zero;
  }
};

// On return tile[r * T::pitch + c] holds C[m0 + r, n0 + c], zero outside M x N. `tile` may alias `pipe`.
template <class T, class LoadA, class LoadB>
DEV void matmulTogether(float *tile, float *pipe, const LoadA &a, const LoadB &b, long long m0, int n0, int M, int N, int K) {
  using Factors = TensorFactors<typename T::Factors>;
  constexpr int Multiplying = T::rows / T::warpRows * 32, Stagers = T::threads - Multiplying;
  static_assert(T::warpRows == 16 && T::warpCols == T::cols && Multiplying % 128 == 0, "expected whole warpgroups with 16 rows per warp");
  static_assert(Stagers > 0 && Stagers % 128 == 0 && T::stages == 3, "expected warps that bring slices to three buffers");
  // The dropped small * small shows where few terms average it: none of them is summed here, and `matmul` is called where it is anyway.
  const int slices = Factors::exact && K < TogetherSlice ? 0 : ceilDiv(K, TogetherSlice);
  using StageA = TogetherLeft<LoadA, T::rows, Stagers>;
  using StageB = TogetherRight<LoadB, Factors, T::cols, Stagers>;
  using Sums = TogetherSums<T, StageA, StageB>;
  float zero = 0.0f;
  // Both sides meet in front of each slice: it is there, and the slice before the last one has been multiplied.
  if (warpgroupNumber() < Multiplying / 128) {
    Sums sums;
    meetAnywhere();
    if (slices > 0)
      sums.add(pipe, slices);
    meetAnywhere(); // the buffers are free
    zero = sums.deposit(tile);
  } else {
    const int me = (int)threadIdx.x - Multiplying;
    StageA stageA;
    StageB stageB;
    float *to = pipe;
    if (slices > 0) {
      stageA.load(a, (int)m0, 0, M, K, me);
      stageB.load(b, n0, 0, N, K, me);
    }
#pragma unroll 1
    for (int slice = 0; slice <= slices; slice++) {
      if (slice < slices) {
        stageA.store(to, me);
        stageB.store(to + Sums::SizeA, me);
        to = to == pipe + (T::stages - 1) * Sums::Buffer ? pipe : to + Sums::Buffer;
      }
      if (slice + 1 < slices) {
        stageA.load(a, (int)m0, (slice + 1) * TogetherSlice, M, K, me);
        stageB.load(b, n0, (slice + 1) * TogetherSlice, N, K, me);
      }
      showToWarpgroups();
      meetAnywhere();
    }
    meetAnywhere();
  }
  if constexpr (Factors::exact) {
    if (__syncthreads_or(slices == 0 || zero != 0.0f)) {
      matmul<T>(tile, pipe, a, b, m0, n0, M, N, K);
      return;
    }
  } else {
    __syncthreads();
  }
  clearOutside<T>(tile, m0, n0, M, N);
}
