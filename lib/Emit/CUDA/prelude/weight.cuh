// The weight gradient of windowed product-sums on CUDA cores: W[a,b,t] = sum over n, i of S[n,a,i] * L[n,b,i * stride - padding +
// t * dilation], as one partial per split of the images and boxes, for a fixed-order sum afterwards.
// requires: base.cuh, patch.cuh
//
// grid.x = splits, grid.y = groups * ceil(A/G / as) * ceil(B/G / bs), L channel blocks innermost. A block walks its steps
// (image, box of S positions), stages S as [as][d][h][w] and L with its halo as [bs][d][h][w], and keeps its as x (bs * taps)
// outputs in registers: ta S channels by tq (channel, tap) pairs per thread, the positions dealt to threads / output tiles groups.
// Tile T: box (w a multiple of 4), as (a multiple of ta), bs, ta, tq, threads. tq covers whole channels (tq = n * taps, n divides bs) or
// a slice of one channel's taps without a carry (a divisor of taps.w, taps.w times a divisor of taps.h, ...).
// Shared memory (`pipe`, 16-byte aligned), in plain arithmetic (ceil = ceilDiv):
//   planeS = volume(box) / 4 odd ? volume(box) : volume(box) + 4
//   patch  = (box - 1) * stride + (taps - 1) * dilation + 1 per axis, planeL = volume(patch) odd ? volume(patch) : volume(patch) + 1
//   weightPipeFloats = max(as * planeS + bs * planeL, as * bs * volume(taps), threads)

// What follows from the problem and the box on either kind of cores.
template <class P, class T> struct WeightExtents {
  static constexpr int GroupA = P::A / P::G, GroupB = P::B / P::G, Taps = volume(P::taps), Columns = T::bs * Taps;
  static constexpr int BlocksA = ceilDiv(GroupA, T::as), BlocksB = ceilDiv(GroupB, T::bs);
  static constexpr Vec3 boxes = {ceilDiv(P::small.d, T::box.d), ceilDiv(P::small.h, T::box.h), ceilDiv(P::small.w, T::box.w)};
  // What a box of S meets in L.
  static constexpr Vec3 reach = {(T::box.d - 1) * P::stride.d + (P::taps.d - 1) * P::dilation.d + 1,
                                 (T::box.h - 1) * P::stride.h + (P::taps.h - 1) * P::dilation.h + 1,
                                 (T::box.w - 1) * P::stride.w + (P::taps.w - 1) * P::dilation.w + 1};
  static constexpr int Parts = T::threads / T::as; // threads that share one channel's sum
  static_assert(Parts >= 1 && T::box.w % 4 == 0, "expected at least one thread per S channel and box.w in multiples of 4");

  struct Small { // geometry of the staged S
    static constexpr Vec3 in = P::small, patch = T::box;
    static constexpr int channels = T::as, threads = T::threads, split = 1, row = T::box.w;
    static constexpr int plane = volume(T::box) / 4 % 2 ? volume(T::box) : volume(T::box) + 4; // odd in quads: lanes read many channels
  };
};

template <class P, class T> struct WeightShape : WeightExtents<P, T> {
  using E = WeightExtents<P, T>;
  using Small = typename E::Small;
  static constexpr int Taps = E::Taps, Columns = E::Columns;
  struct Large { // geometry of the staged L
    static constexpr Vec3 in = P::large, patch = E::reach;
    static constexpr int channels = T::bs, threads = T::threads, split = 1, row = patch.w;
    static constexpr int plane = volume(patch) | 1; // odd: lanes read floats of many channels
  };

  static constexpr int TilesA = T::as / T::ta, TilesQ = Columns / T::tq, Tiles = TilesA * TilesQ;
  static constexpr int Groups = T::threads / Tiles; // threads that share an output tile, each with its own positions
  static constexpr int StageFloats = T::as * Small::plane + T::bs * Large::plane, OutFloats = T::as * Columns;
  static constexpr int Most = StageFloats > OutFloats ? StageFloats : OutFloats;
  static constexpr int PipeFloats = Most > T::threads ? Most : T::threads;

  // Patch offset of a tap; additive as long as the tap indices do not carry.
  DEV static constexpr int tapOffset(int t) {
    return t / (P::taps.h * P::taps.w) * P::dilation.d * Large::row * Large::patch.h +
           t / P::taps.w % P::taps.h * P::dilation.h * Large::row + t % P::taps.w * P::dilation.w;
  }
  static constexpr bool Whole = T::tq % Taps == 0;
  static constexpr int Area = P::taps.h * P::taps.w;
  static constexpr bool Slice = (T::tq <= P::taps.w && P::taps.w % T::tq == 0) ||
                                (T::tq % P::taps.w == 0 && T::tq <= Area && P::taps.h % (T::tq / P::taps.w) == 0) ||
                                (T::tq % Area == 0 && P::taps.d % (T::tq / Area) == 0);
  static_assert(Whole ? T::bs % (T::tq / Taps) == 0 : Slice, "expected tq to cover whole channels or a slice of one channel's taps");
  static_assert(T::as % T::ta == 0, "expected as in multiples of ta");
  static_assert(Groups >= 1, "expected at least one thread per output tile");
};

template <class P, class T> DEV constexpr int weightPipeFloats() { return WeightShape<P, T>::PipeFloats; }

// The block's channels.
template <class P, class T> struct WeightPlace {
  using E = WeightExtents<P, T>;
  int blockB, group, firstA, firstB, countA, countB; // the first ones inside the group

  DEV WeightPlace()
      : blockB(blockIdx.y % E::BlocksB), group(blockIdx.y / E::BlocksB / E::BlocksA),
        firstA((int)blockIdx.y / E::BlocksB % E::BlocksA * T::as), firstB(blockB * T::bs),
        countA(E::GroupA % T::as == 0 ? T::as : smaller(T::as, E::GroupA - firstA)),
        countB(E::GroupB % T::bs == 0 ? T::bs : smaller(T::bs, E::GroupB - firstB)) {}

  // Where the box of a step starts in S.
  DEV static Vec3 corner(int step) {
    return {step / (E::boxes.w * E::boxes.h) % E::boxes.d * T::box.d, step / E::boxes.w % E::boxes.h * T::box.h,
            step % E::boxes.w * T::box.w};
  }

  template <class Large, class WordsS = AsComputed, class WordsL = AsComputed, class LoadS, class LoadL>
  DEV void stage(float *stageS, float *stageL, const LoadS &s, const LoadL &l, int step) const {
    const Vec3 at = corner(step);
    const int image = step / volume(E::boxes);
    stagePatch<typename E::Small, Bring, WordsS>(stageS, s, image, group * E::GroupA + firstA, countA, at);
    const Vec3 base = {at.d * P::stride.d - P::padding.d, at.h * P::stride.h - P::padding.h, at.w * P::stride.w - P::padding.w};
    stagePatch<Large, Bring, WordsL>(stageL, l, image, group * E::GroupB + firstB, countB, base);
  }

  // The block's slice, [as][bs * taps] in `pipe`, leaves in rows of consecutive elements; then the threads' sums of S.
  template <bool SumS> DEV void write(float *pipe, float sum, float *partial, float *partialS) const {
    const index_t split = (index_t)blockIdx.x * ((index_t)P::A * E::GroupB * E::Taps);
    const int rowFloats = countB * E::Taps;
#pragma unroll 1
    for (int i = threadIdx.x; i < countA * rowFloats; i += T::threads) {
      const int a = i / rowFloats;
      const int rest = i - a * rowFloats;
      partial[split + ((index_t)(group * E::GroupA + firstA + a) * E::GroupB + firstB) * E::Taps + rest] = pipe[a * E::Columns + rest];
    }
    if (SumS && blockB == 0) {
      __syncthreads();
      pipe[threadIdx.x] = sum;
      __syncthreads();
      if ((int)threadIdx.x < countA) {
        float all = 0.0f;
#pragma unroll 1
        for (int i = 0; i < E::Parts; i++)
          all += pipe[threadIdx.x * E::Parts + i];
        partialS[(index_t)blockIdx.x * P::A + group * E::GroupA + firstA + threadIdx.x] = all;
      }
    }
  }
};

// acc += the outer products of `Count` neighbouring positions along w.
template <class P, class T, int Count> DEV void weightMultiply(float (&acc)[T::ta][T::tq], const float *s, const float *l) {
  using S = WeightShape<P, T>;
  float a[T::ta][Count];
#pragma unroll
  for (int j = 0; j < T::ta; j++) {
    const float *from = s + j * S::TilesA * S::Small::plane;
    if constexpr (Count == 4) {
      const float4 quad = *(const float4 *)from;
      a[j][0] = quad.x;
      a[j][1] = quad.y;
      a[j][2] = quad.z;
      a[j][3] = quad.w;
    } else {
      a[j][0] = *from;
    }
  }
#pragma unroll
  for (int i = 0; i < Count; i++)
#pragma unroll
    for (int q = 0; q < T::tq; q++) {
      const float b = l[q / S::Taps * S::Large::plane + S::tapOffset(q % S::Taps) + i * P::stride.w]; // neighbours share most of these
#pragma unroll
      for (int j = 0; j < T::ta; j++)
        acc[j][q] += a[j][i] * b;
    }
}

// partial[split][weight] gets every element of the block's slice once, partialS[split][a] (when SumS) the sums of S.
template <class P, class T, bool SumS, class LoadS, class LoadL>
DEV void weightGrad(float *pipe, const LoadS &s, const LoadL &l, int images, float *partial, float *partialS) {
  using S = WeightShape<P, T>;
  const WeightPlace<P, T> place;
  float *stageS = pipe;
  float *stageL = pipe + T::as * S::Small::plane;

  const int tile = threadIdx.x % S::Tiles;
  const int share = threadIdx.x / S::Tiles; // which of the threads of this tile
  const int tileA = tile % S::TilesA;
  const int column = tile / S::TilesA * T::tq;
  const float *cornerS = stageS + tileA * S::Small::plane;
  const float *cornerL = stageL + column / S::Taps * S::Large::plane + S::tapOffset(column % S::Taps);

  const bool sums = SumS && place.blockB == 0 && (int)threadIdx.x < S::Parts * T::as;
  float sum = 0.0f;
  float acc[T::ta][T::tq] = {};
  const int steps = images * volume(S::boxes);
#pragma unroll 1
  for (int step = blockIdx.x; step < steps; step += gridDim.x) {
    const Vec3 at = place.corner(step);
    place.template stage<typename S::Large>(stageS, stageL, s, l, step);
    waitForCopies();
    __syncthreads();
    if (sums) {
#pragma unroll 4
      for (int i = threadIdx.x % S::Parts; i < volume(T::box); i += S::Parts)
        sum += stageS[threadIdx.x / S::Parts * S::Small::plane + i];
    }
    if (share < S::Groups) {
      constexpr int Quads = T::box.w / 4;
#pragma unroll 1
      for (int i = share; i < volume(T::box) / 4; i += S::Groups) {
        const int w = i % Quads * 4;
        const int h = i / Quads % T::box.h;
        const int d = i / (Quads * T::box.h);
        if (at.d + d >= P::small.d || at.h + h >= P::small.h)
          continue; // not a zero: L may hold Inf or NaN there
        const float *rowS = cornerS + 4 * i;
        const float *rowL = cornerL + (d * P::stride.d * S::Large::patch.h + h * P::stride.h) * S::Large::row + w * P::stride.w;
        const int left = P::small.w - at.w - w;
        if (left >= 4) {
          weightMultiply<P, T, 4>(acc, rowS, rowL);
        } else {
#pragma unroll 1
          for (int k = 0; k < left; k++)
            weightMultiply<P, T, 1>(acc, rowS + k, rowL + k * P::stride.w);
        }
      }
    }
    __syncthreads();
  }

  // The shares of a tile add up in order of their number.
#pragma unroll 1
  for (int i = threadIdx.x; i < S::OutFloats; i += T::threads)
    pipe[i] = 0.0f;
  __syncthreads();
#pragma unroll 1
  for (int turn = 0; turn < S::Groups; turn++) {
    if (share == turn) {
#pragma unroll
      for (int j = 0; j < T::ta; j++)
#pragma unroll
        for (int q = 0; q < T::tq; q++)
          pipe[(tileA + j * S::TilesA) * S::Columns + column + q] += acc[j][q];
    }
    __syncthreads();
  }
  place.template write<SumS>(pipe, sum, partial, partialS);
}
