// The weight gradient of windowed product-sums on tensor cores: what weight.cuh does, with rounded factors and fp32 sums.
// requires: base.cuh, patch.cuh, weight.cuh, mma.cuh
//
// A matrix product: rows are S channels, columns are (tap, L channel), k the positions of a staged box. Nothing is copied into matrix form:
// what a column multiplies at a position lies in the patch of L at the position's corner plus an offset that belongs to the column.
// Tile T: box (w a multiple of 4, at least 8 positions), as, bs as in weight.cuh; warpA (a multiple of 16) x warpQ (of 8) outputs per warp,
// threads = n * 32 * ceil(as / warpA) * ceil(bs * taps / warpQ), where n warps share the positions of an output; stages = 2 brings the next
// box while one is multiplied, 1 takes half the room. Factors: Tf32, rounded where they lie, or Bf16 or Fp16, packed when they are read,
// two neighbouring positions along w in a word (`pack` = 2; box.w is a multiple of 8 or the box one of 16 positions then). Shared memory
// (`pipe`, 16-byte aligned), a buffer per stage, in plain arithmetic (ceil = ceilDiv):
//   planeS as in weight.cuh, patch too but with patch.w up to a multiple of stride.w
//   planeL = the least from volume(patch) on with planeL % 8 == 4, or for bs <= 4 with planeL % 16 == 8
//   tensorWeightPipeFloats = max(stages * (as * planeS + bs * planeL), as * bs * volume(taps), threads)

constexpr int TensorWeightRun = 32; // steps of 8 words whose sums stay in tensor cores, which truncate; fp32 additions then take them over

template <class P, class T> struct TensorWeightShape : WeightExtents<P, T> {
  using E = WeightExtents<P, T>;
  using Small = typename E::Small;
  static constexpr int Taps = E::Taps, Columns = E::Columns;
  using Factors = typename T::Factors;
  static constexpr int pack = Factors::pack, Ahead = 4 * pack; // neighbours that four lanes read
  struct Large { // geometry of the staged L, w split by remainder: neighbours of S meet neighbours of L
    static constexpr int channels = T::bs, threads = T::threads, split = P::stride.w;
    static constexpr Vec3 in = P::large, patch = {E::reach.d, E::reach.h, roundUp(E::reach.w, split)};
    static constexpr int row = patch.w, slab = row * patch.h;
    // Lanes read four neighbours of eight columns: eight channels, or fewer channels and neighbouring taps.
    static constexpr int apart = T::bs <= 4 ? 8 : 4;
    static constexpr int up = roundUp(slab * patch.d, apart);
    static constexpr int plane = up % (2 * apart) == apart ? up : up + apart;
  };

  static constexpr int WarpsA = ceilDiv(T::as, T::warpA), WarpsQ = ceilDiv(Columns, T::warpQ);
  static constexpr int Groups = T::threads / (32 * WarpsA * WarpsQ); // warps that share an output, each with its own positions
  static_assert(T::warpA % 16 == 0 && T::warpQ % 8 == 0 && Groups >= 1 && Groups * 32 * WarpsA * WarpsQ == T::threads,
                "expected one share per warp");
  static_assert(volume(T::box) % (2 * Ahead) == 0 && T::box.w % Ahead == 0, "expected steps of 8 words along w");
  static_assert(T::stages == 1 || T::stages == 2, "expected one or two buffers");
  static constexpr int SizeS = T::as * Small::plane, Buffer = SizeS + T::bs * Large::plane;
  static constexpr int OutFloats = T::as * Columns;
  static constexpr int Most = T::stages * Buffer > OutFloats ? T::stages *Buffer : OutFloats;
  static constexpr int PipeFloats = Most > T::threads ? Most : T::threads;

  static constexpr int Run =
      smaller(ceilDiv(TensorWeightRun * 2 * Ahead * Groups, volume(T::box)), TensorWeightRun); // boxes until a take-over
  // Whether some box reaches over the end of S.
  static constexpr bool Edges = P::small.d % T::box.d != 0 || P::small.h % T::box.h != 0 || P::small.w % T::box.w != 0;

  DEV static constexpr int tapOffset(int t) {
    const int ahead = t % P::taps.w * P::dilation.w;
    return t / (P::taps.h * P::taps.w) * P::dilation.d * Large::slab + t / P::taps.w % P::taps.h * P::dilation.h * Large::row +
           ahead % Large::split * (Large::row / Large::split) + ahead / Large::split;
  }
};

template <class P, class T> DEV constexpr int tensorWeightPipeFloats() { return TensorWeightShape<P, T>::PipeFloats; }

// A warp's share of the sums: S channels x columns, over its share of the positions.
template <class P, class T> struct TensorWeightShare {
  using S = TensorWeightShape<P, T>;
  using Large = typename S::Large;
  using Factors = typename S::Factors;
  static constexpr int Rows = T::warpA / 16, Columns = T::warpQ / 8, PlaneS = S::Small::plane, Pack = S::pack;
  int group, quarter, number, firstA, firstQ; // of the lane and of its warp
  int row[2 * Rows], column[Columns];         // where the lane's channels lie in S and its columns in L
  float acc[Rows][Columns][4], part[Rows][Columns][4];

  DEV TensorWeightShare()
      : group(threadIdx.x % 32 / 4), quarter(threadIdx.x % 4), number(threadIdx.x / 32 / (S::WarpsA * S::WarpsQ)),
        firstA(threadIdx.x / 32 % S::WarpsA * T::warpA), firstQ(threadIdx.x / 32 / S::WarpsA % S::WarpsQ * T::warpQ), acc{}, part{} {
    // Sums behind the last channel or column go nowhere.
#pragma unroll
    for (int r = 0; r < 2 * Rows; r++)
      row[r] = (T::as % T::warpA == 0 ? firstA + 8 * r + group : smaller(firstA + 8 * r + group, T::as - 1)) * PlaneS + Pack * quarter;
#pragma unroll
    for (int j = 0; j < Columns; j++) {
      const int n = S::Columns % T::warpQ == 0 ? firstQ + 8 * j + group : smaller(firstQ + 8 * j + group, S::Columns - 1);
      column[j] = n % T::bs * Large::plane + S::tapOffset(n / T::bs) + Pack * quarter;
    }
  }

  // The first of the neighbours in the box that four lanes read.
  DEV static Vec3 place(int run) {
    constexpr int Runs = T::box.w / S::Ahead;
    return {run / (Runs * T::box.h), run / Runs % T::box.h, run % Runs * S::Ahead};
  }
  DEV static int corner(Vec3 at) { return at.d * P::stride.d * Large::slab + at.h * P::stride.h * Large::row + at.w; }
  DEV static bool inside(Vec3 at, int ahead, Vec3 left) { return at.d < left.d && at.h < left.h && at.w + ahead < left.w; }

  // A word of L, of neighbours that exist: L may hold Inf or NaN behind the end.
  DEV static unsigned word(const float *at, const bool (&exists)[Pack]) {
    if constexpr (Pack == 1)
      return exists[0] ? __float_as_uint(*at) : 0u; // rounded already
    else
      return __float_as_uint(Factors::word(exists[0] ? at[0] : 0.0f, exists[1] ? at[1] : 0.0f));
  }
  DEV static unsigned word(const float *at) { // of S, where it lies in pairs
    if constexpr (Pack == 1)
      return __float_as_uint(*at);
    const float2 pair = *(const float2 *)at;
    return __float_as_uint(Factors::word(pair.x, pair.y));
  }

  // part += the products of a staged box, of which `left` lies in front of the end of S.
  template <bool Edge> DEV void multiply(const float *s, const float *l, Vec3 left) {
#pragma unroll 1
    for (int i = number; i < volume(T::box) / (2 * S::Ahead); i += S::Groups) {
      const Vec3 near = place(2 * i); // of words 8 i + quarter
      const Vec3 far = place(2 * i + 1);
      if (Edge && !inside(near, 0, left) && !inside(far, 0, left))
        continue;
      bool nearExists[Pack], farExists[Pack];
#pragma unroll
      for (int e = 0; e < Pack; e++) {
        nearExists[e] = !Edge || inside(near, Pack * quarter + e, left);
        farExists[e] = !Edge || inside(far, Pack * quarter + e, left);
      }
      const float *fromS = s + 2 * S::Ahead * i;
      const float *fromL = l + corner(near);
      const int ahead = T::box.w % (2 * S::Ahead) == 0 ? S::Ahead : corner(far) - corner(near);
      unsigned b[Columns][2];
#pragma unroll
      for (int j = 0; j < Columns; j++) {
        b[j][0] = word(fromL + column[j], nearExists);
        b[j][1] = word(fromL + column[j] + ahead, farExists);
      }
#pragma unroll
      for (int r = 0; r < Rows; r++) {
        const unsigned a[4] = {word(fromS + row[2 * r]), word(fromS + row[2 * r + 1]), word(fromS + row[2 * r] + S::Ahead),
                               word(fromS + row[2 * r + 1] + S::Ahead)};
#pragma unroll
        for (int j = 0; j < Columns; j++)
          Factors::multiply(part[r][j], a, b[j]);
      }
    }
  }

  // to[a][L channel, tap] += the sums.
  DEV void deposit(float *to) const {
#pragma unroll
    for (int r = 0; r < Rows; r++)
#pragma unroll
      for (int j = 0; j < Columns; j++)
#pragma unroll
        for (int q = 0; q < 4; q++) {
          const int a = firstA + 16 * r + q / 2 * 8 + group;
          const int n = firstQ + 8 * j + 2 * quarter + q % 2;
          if ((T::as % T::warpA == 0 || a < T::as) && (S::Columns % T::warpQ == 0 || n < S::Columns))
            to[a * S::Columns + n % T::bs * S::Taps + n / T::bs] += acc[r][j][q];
        }
  }
};

// Rounds what was copied and is not packed, and S also where its sums are wanted: those lose no bits. Returns the thread's share of them.
template <class P, class T, bool SumS, class LoadS, class LoadL> DEV float tensorWeightRound(float *stageS, float *stageL) {
  using S = TensorWeightShape<P, T>;
  constexpr bool Rounds = S::pack == 1;
  float sum = 0.0f;
  if (SumS) {
    if ((int)threadIdx.x < S::Parts * T::as) {
      float *row = stageS + threadIdx.x / S::Parts * S::Small::plane;
#pragma unroll 4
      for (int i = threadIdx.x % S::Parts; i < volume(T::box); i += S::Parts) {
        sum += row[i];
        if (Rounds)
          row[i] = toTf32(row[i]);
      }
    }
  } else if (Rounds && LoadS::plain) {
    roundRows<T::as, volume(T::box), T::threads>(stageS, S::Small::plane);
  }
  if (Rounds && LoadL::plain)
    roundRows<T::bs, S::Large::slab * S::Large::patch.d, T::threads>(stageL, S::Large::plane);
  return sum;
}

// partial[split][weight] gets every element of the block's slice once, partialS[split][a] (when SumS) the sums of S in fp32.
template <class P, class T, bool SumS, class LoadS, class LoadL>
DEV void weightTensor(float *pipe, const LoadS &s, const LoadL &l, int images, float *partial, float *partialS) {
  using S = TensorWeightShape<P, T>;
  const WeightPlace<P, T> place;
  using WordsS = StagedAlone<typename S::Factors, !SumS>;
  using WordsL = StagedAlone<typename S::Factors, true>;
  TensorWeightShare<P, T> share;
  float sum = 0.0f;
  const int steps = images * volume(S::boxes);
  int now = 0, boxes = 0;
  // With two buffers a turn brings one box and multiplies the one before it.
  constexpr bool Ahead = T::stages == 2;
#pragma unroll 1
  for (int next = blockIdx.x; next - (Ahead ? (int)gridDim.x : 0) < steps; next += gridDim.x) {
    if (Ahead) {
      waitForCopies();
      __syncthreads(); // the box before is here, and everybody has left the buffer that is filled next
    }
    if (!Ahead || next < steps) {
      float *to = pipe + (Ahead ? S::Buffer - now : 0);
      place.template stage<typename S::Large, WordsS, WordsL>(to, to + S::SizeS, s, l, next);
    }
    if (!Ahead) {
      waitForCopies();
      __syncthreads();
    }
    if (!Ahead || next >= (int)gridDim.x) {
      float *stageS = pipe + now;
      float *stageL = stageS + S::SizeS;
      sum += tensorWeightRound<P, T, SumS, LoadS, LoadL>(stageS, stageL);
      if (S::pack == 1)
        __syncthreads();
      const Vec3 at = place.corner(next - (Ahead ? (int)gridDim.x : 0));
      const Vec3 left = {P::small.d - at.d, P::small.h - at.h, P::small.w - at.w};
      if (S::Edges && (left.d < T::box.d || left.h < T::box.h || left.w < T::box.w))
        share.template multiply<true>(stageS, stageL, left);
      else
        share.template multiply<false>(stageS, stageL, left);
      if (++boxes % S::Run == 0)
        takeOver(share.acc, share.part);
    }
    if (Ahead)
      now = S::Buffer - now;
    else
      __syncthreads();
  }
  takeOver(share.acc, share.part);

  // The shares of an output add up in order of their number.
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < S::OutFloats; i += T::threads)
    pipe[i] = 0.0f;
  __syncthreads();
#pragma unroll 1
  for (int turn = 0; turn < S::Groups; turn++) {
    if (share.number == turn)
      share.deposit(pipe);
    __syncthreads();
  }
  place.template write<SumS>(pipe, sum, partial, partialS);
}
