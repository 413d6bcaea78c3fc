// The weight gradient of windowed product-sums by warpgroups on tensor cores: what weight.cuh does, with rounded factors and fp32 sums.
// Some warps multiply a box while others bring the next one.
// requires: wgmma.cuh, patch.cuh, weight.cuh, mma.cuh
//
// A matrix product: rows are S channels, columns are (tap along w, L channel), k the positions of a staged box. Four neighbouring positions
// along w lie together, as a quad of 16 bytes: S as [quad of the box][channel], L as [line of its patch][quad of the box][tap along w]
// [channel]. Taps along w have copies of their own, each shifted so that its quads meet those of S; taps along d and h are distances
// between lines. Products read both where they lie.
// Tile T: box (w a multiple of 8, a multiple of 32 positions), as and bs (a multiple of 8) as in weight.cuh, taps: those of a block, which
// the taps of the window are dealt to (grid.y has them innermost); a warpgroup has 64 S channels and `lines` lines of taps; `stagers`
// threads, the last ones, bring operands, each `batch` times eight channels of a position at a time; `Products` names the warpgroup's
// struct (wgmma.cuh), whose columns are bs * taps.w. Factors: Tf32. Shared memory (`pipe`, 16-byte aligned), in plain arithmetic:
//   rows = ceil(as / 64) * 64, columns = bs * taps.w
//
//   patch = (box - 1) * stride + (taps - 1) * dilation + 1 per axis
//
//   buffer = volume(box) * (rows + 1) + patch.d * patch.h * box.w * (columns + 1)
//
//   floats = 2 * buffer + 32 * rows

// Positions whose sums stay in tensor cores, which truncate; then fp32 additions take them over.
constexpr int TogetherPositions = 16384;

template <class P, class T> struct WeightTogetherShape : WeightExtents<P, T> {
  static constexpr int Rows = ceilDiv(T::as, 64), Columns = T::bs * T::taps.w, Lines = T::taps.d * T::taps.h;
  static constexpr Vec3 tapBlocks = {ceilDiv(P::taps.d, T::taps.d), ceilDiv(P::taps.h, T::taps.h), ceilDiv(P::taps.w, T::taps.w)};
  static constexpr Vec3 patch = {(T::box.d - 1) * P::stride.d + (T::taps.d - 1) * P::dilation.d + 1,
                                 (T::box.h - 1) * P::stride.h + (T::taps.h - 1) * P::dilation.h + 1,
                                 (T::box.w - 1) * P::stride.w + (T::taps.w - 1) * P::dilation.w + 1};
  static constexpr int LineQuads = T::box.w / 4, PitchS = 64 * Rows + 1, PitchL = Columns + 1; // odd: quads of eight positions, all banks
  static constexpr int SizeS = volume(T::box) * PitchS, SizeL = patch.d * patch.h * T::box.w * PitchL, Buffer = SizeS + SizeL;
  static constexpr int PipeFloats = 2 * Buffer + 32 * 64 * Rows;
  static constexpr int LineGroups = ceilDiv(Lines, T::lines), Multiplying = 128 * Rows * LineGroups; // the first threads
  static constexpr int Run = ceilDiv(TogetherPositions, volume(T::box));                             // boxes until a take-over
  static_assert(T::Factors::pack == 1, "expected factors of a word");
  static_assert(T::bs % 8 == 0 && T::Products::columns == Columns, "expected products of all columns");
  static_assert(T::box.w % 8 == 0 && volume(T::box) % 32 == 0, "expected steps along w and positions for all lanes");
  static_assert(Multiplying + T::stagers == T::threads && T::stagers % 32 == 0 && T::stagers > 0, "expected one share per warpgroup");
};

template <class P, class T> DEV constexpr int weightTogetherPipeFloats() { return WeightTogetherShape<P, T>::PipeFloats; }

// The block's channels and taps.
template <class P, class T> struct WeightTogetherPlace {
  using S = WeightTogetherShape<P, T>;
  Vec3 tap;   // the first
  bool first; // of those that see the same S
  int group, firstA, firstB, countA, countB;

  DEV WeightTogetherPlace() {
    const int taps = blockIdx.y % volume(S::tapBlocks);
    const int channels = blockIdx.y / volume(S::tapBlocks);
    tap = Vec3{taps / (S::tapBlocks.w * S::tapBlocks.h) * T::taps.d, taps / S::tapBlocks.w % S::tapBlocks.h * T::taps.h,
               taps % S::tapBlocks.w * T::taps.w};
    first = taps == 0 && channels % S::BlocksB == 0;
    group = channels / S::BlocksB / S::BlocksA;
    firstA = channels / S::BlocksB % S::BlocksA * T::as;
    firstB = channels % S::BlocksB * T::bs;
    countA = smaller(T::as, S::GroupA - firstA);
    countB = smaller(T::bs, S::GroupB - firstB);
  }
};

// A warpgroup's share of the sums.
template <class P, class T> struct WeightTogetherShare {
  using S = WeightTogetherShape<P, T>;
  static constexpr int Units = S::Columns / 8;
  int row, line;       // the first of each
  int start[T::lines]; // where each line of taps begins in L, in quads
  float sums[T::lines][Units][4];

  DEV explicit WeightTogetherShare(int number) : row(number % S::Rows * 64), line(number / S::Rows * T::lines), sums{} {
#pragma unroll
    for (int i = 0; i < T::lines; i++) {
      const int n = smaller(line + i, S::Lines - 1); // what is behind the last is multiplied and dropped
      start[i] = (n / T::taps.h * P::dilation.d * S::patch.h + n % T::taps.h * P::dilation.h) * (S::LineQuads * S::PitchL);
    }
  }

  // sums += the products of a staged box, of which `left` lies in front of the end of S; they run on behind the return.
  DEV void multiply(const float *s, const float *l, Vec3 left) {
    const unsigned fromS = quadOf(s) + row;
    const unsigned fromL = quadOf(l);
    const int lines = smaller(left.h, T::box.h);
    startProducts();
#pragma unroll 1
    for (int d = 0; d < smaller(left.d, T::box.d); d++)
#pragma unroll 1
      for (int h = 0; h < lines; h++) {
        const unsigned a = fromS + (d * T::box.h + h) * (S::LineQuads * S::PitchS);
        const unsigned b = fromL + (d * P::stride.d * S::patch.h + h * P::stride.h) * (S::LineQuads * S::PitchL);
#pragma unroll
        for (int quad = 0; quad < S::LineQuads; quad += 2)
#pragma unroll
          for (int i = 0; i < T::lines; i++)
            T::Products::multiply(sums[i], warpgroupOperand(a + quad * S::PitchS, S::PitchS, 8),
                                  warpgroupOperand(b + start[i] + quad * S::PitchL, S::PitchL, 8));
      }
    endOfProducts();
  }

  // to[a, b, tap] gets the sums, or more of them; they are zero then.
  DEV void deposit(float *to, const WeightTogetherPlace<P, T> &at, bool more) {
    const int a = row + (int)threadIdx.x / 32 % 4 * 16 + (int)threadIdx.x % 32 / 4;
    const int b = 2 * (threadIdx.x % 4);
#pragma unroll
    for (int i = 0; i < T::lines; i++) {
      const int d = at.tap.d + (line + i) / T::taps.h;
      const int h = at.tap.h + (line + i) % T::taps.h;
      float *lineOf = to + ((index_t)(at.firstA + at.group * S::GroupA + a) * S::GroupB + at.firstB + b) * S::Taps +
                      (d * P::taps.h + h) * P::taps.w + at.tap.w;
      const bool exists = line + i < S::Lines && d < P::taps.d && h < P::taps.h;
#pragma unroll
      for (int r = 0; r < 2; r++)
#pragma unroll
        for (int j = 0; j < Units; j++)
#pragma unroll
          for (int q = 0; q < 2; q++) {
            const int w = 8 * j / T::bs;
            const int ahead = 8 * j % T::bs + q; // channels
            float &sum = sums[i][j][2 * r + q];
            if (exists && a + 8 * r < at.countA && b + ahead < at.countB && at.tap.w + w < P::taps.w) {
              float *cell = lineOf + (index_t)(8 * r) * (S::GroupB * S::Taps) + (ahead * S::Taps + w);
              *cell = more ? *cell + sum : sum;
            }
            sum = 0.0f;
          }
    }
  }
};

// Neighbouring channels of a position on their way to shared memory, of which `count` exist; `Whole` says that all do.
template <bool Whole, int Run, class Load>
DEV void takeChannels(float (&v)[Run], const Load &load, int image, int first, int count, int p, bool inside) {
  if constexpr (Load::plain) {
#pragma unroll
    for (int c = 0; c < Run; c++)
      v[c] = 0.0f;
    if (inside) {
#pragma unroll
      for (int c = 0; c < Run; c++)
        if (Whole || c < count)
          v[c] = *load.at(image, first + c, p);
    }
  } else { // no branch parts the loads
#pragma unroll
    for (int c = 0; c < Run; c++) {
      const bool exists = inside && (Whole || c < count);
      const float value = load(image, Whole ? first + c : first + (exists ? c : 0), p);
      v[c] = exists ? value : 0.0f;
    }
  }
}

// How what a box needs comes to shared memory: in turns, of S first and then of L. A thread has `Batch` times `Run` channels of a position
// in each, and loads those of the next turn before it stores those of the one at hand.
template <class P, class T> struct WeightTogetherTurns {
  using S = WeightTogetherShape<P, T>;
  static constexpr int Run = 8, Warps = T::stagers / 32, Chunks = volume(T::box) / 32, Runs = ceilDiv(8 * S::Rows, Warps); // of S
  static constexpr int Places = volume(S::patch), Items = Places * (T::bs / Run);                                          // of L
  static constexpr int TurnsS = ceilDiv(Chunks * Runs, T::batch), TurnsL = ceilDiv(ceilDiv(Items, T::stagers), T::batch);
  static constexpr int BatchS = ceilDiv(Chunks * Runs, TurnsS), BatchL = ceilDiv(ceilDiv(Items, T::stagers), TurnsL);
  static constexpr int Turns = TurnsS + TurnsL, Batch = BatchS > BatchL ? BatchS : BatchL;
  static constexpr bool WholeS = S::GroupA % T::as == 0 && T::as % 64 == 0, WholeL = S::GroupB % T::bs == 0;

  const WeightTogetherPlace<P, T> &place;
  int me, lane; // of those that bring operands

  DEV int channelS(int item) const { return 8 * (me / 32 + item / Chunks * Warps); }
  DEV int positionS(int item) const { return item % Chunks * 32 + lane; }

  template <class Load> DEV void loadS(float (&v)[Batch][Run], int turn, const Load &load, int image, Vec3 at) const {
#pragma unroll
    for (int j = 0; j < BatchS; j++) {
      const int item = smaller(turn * BatchS + j, Chunks * Runs - 1); // behind the last comes the last one again
      const int position = positionS(item);
      const int channel = channelS(item);
      const int count = place.countA - channel;
      const int w = at.w + position % T::box.w;
      const int h = at.h + position / T::box.w % T::box.h;
      const int d = at.d + position / (T::box.w * T::box.h);
      const bool inside = d < P::small.d && h < P::small.h && w < P::small.w && (WholeS || count > 0);
      takeChannels<WholeS>(v[j], load, image, place.group * S::GroupA + place.firstA + (WholeS || count > 0 ? channel : 0), count,
                           inside ? (d * P::small.h + h) * P::small.w + w : 0, inside);
    }
  }
  // `summed` adds what is stored to the sums of each lane.
  DEV void storeS(float *to, float *sums, bool summed, const float (&v)[Batch][Run], int turn) const {
#pragma unroll
    for (int j = 0; j < BatchS; j++) {
      const int item = turn * BatchS + j;
      const int channel = channelS(item);
      const int position = positionS(item);
      if (item < Chunks * Runs && (8 * S::Rows % Warps == 0 || channel < 64 * S::Rows)) {
        float *cell = to + (position / 4 * S::PitchS + channel) * 4 + position % 4;
#pragma unroll
        for (int c = 0; c < Run; c++)
          cell[4 * c] = halfUpTf32(v[j][c]);
        if (summed)
#pragma unroll
          for (int c = 0; c < Run; c++)
            sums[(channel + c) * 32 + lane] += v[j][c];
      }
    }
  }

  template <class Load> DEV void loadL(float (&v)[Batch][Run], int turn, const Load &load, int image, Vec3 at) const {
    const Vec3 base = {at.d * P::stride.d - P::padding.d + place.tap.d * P::dilation.d,
                       at.h * P::stride.h - P::padding.h + place.tap.h * P::dilation.h,
                       at.w * P::stride.w - P::padding.w + place.tap.w * P::dilation.w};
#pragma unroll
    for (int j = 0; j < BatchL; j++) {
      const unsigned item = smaller(me + (turn * BatchL + j) * T::stagers, Items - 1);
      const unsigned number = item % Places;
      const int channel = item / Places * Run;
      const int line = number / S::patch.w;
      const int w = base.w + number % S::patch.w;
      const int h = base.h + line % S::patch.h;
      const int d = base.d + line / S::patch.h;
      const int count = place.countB - channel;
      const bool inside = (unsigned)d < (unsigned)P::large.d && (unsigned)h < (unsigned)P::large.h && (unsigned)w < (unsigned)P::large.w &&
                          (WholeL || count > 0);
      takeChannels<WholeL>(v[j], load, image, place.group * S::GroupB + place.firstB + (WholeL || count > 0 ? channel : 0), count,
                           inside ? (d * P::large.h + h) * P::large.w + w : 0, inside);
    }
  }
  // A copy for each tap along w.
  DEV void storeL(float *to, float (&v)[Batch][Run], int turn, Vec3 at) const {
    const bool inFront = P::small.w % T::box.w == 0 || at.w + T::box.w <= P::small.w; // of the end of S
#pragma unroll
    for (int j = 0; j < BatchL; j++) {
      const unsigned item = me + (turn * BatchL + j) * T::stagers;
      const unsigned number = item % Places;
      const int channel = item / Places * Run;
      const int ahead = number % S::patch.w;
      const int cell = number / S::patch.w * (S::LineQuads * S::PitchL) + channel;
#pragma unroll
      for (int c = 0; c < Run; c++)
        v[j][c] = halfUpTf32(v[j][c]);
#pragma unroll
      for (int tap = 0; tap < T::taps.w; tap++) {
        const int strided = ahead - tap * P::dilation.w;
        const int k = strided / P::stride.w;
        if (item < Items && strided >= 0 && strided % P::stride.w == 0 && k < T::box.w) {
          float *first = to + (cell + k / 4 * S::PitchL + tap * T::bs) * 4 + k % 4;
          if (inFront || at.w + k < P::small.w) {
#pragma unroll
            for (int c = 0; c < Run; c++)
              first[4 * c] = v[j][c];
          } else { // what only the end of S meets may be Inf or NaN
#pragma unroll
            for (int c = 0; c < Run; c++)
              first[4 * c] = 0.0f;
          }
        }
      }
    }
  }
};

// partial[split][weight] gets every element of the block's slice once, partialS[split][a] (when SumS) the sums of S in fp32.
template <class P, class T, bool SumS, class LoadS, class LoadL>
DEV void weightTogether(float *pipe, const LoadS &s, const LoadL &l, int images, float *partial, float *partialS) {
  using S = WeightTogetherShape<P, T>;
  const WeightTogetherPlace<P, T> place;
  float *sums = pipe + 2 * S::Buffer;
  const int steps = images * volume(S::boxes);
  const bool sumsHere = SumS && place.first;
  if (sumsHere)
#pragma unroll 1
    for (int i = threadIdx.x; i < 32 * 64 * S::Rows; i += T::threads)
      sums[i] = 0.0f;
  __syncthreads();
  // Both sides meet behind each box: this buffer has been read, and the next one is full.
  if (const int number = warpgroupNumber(); number < S::Multiplying / 128) {
    WeightTogetherShare<P, T> share(number);
    float *to = partial + (index_t)blockIdx.x * ((index_t)P::A * S::GroupB * S::Taps);
    int step = blockIdx.x;
    int turn = 0;
    bool more = false;
    meetAnywhere();
#pragma unroll 1
    do {
#pragma unroll 1
      for (int end = turn + S::Run; turn < end && step < steps; turn++) {
        const float *now = pipe + turn % 2 * S::Buffer;
        const Vec3 at = WeightPlace<P, T>::corner(step);
        share.multiply(now, now + S::SizeS, Vec3{P::small.d - at.d, P::small.h - at.h, P::small.w - at.w});
        waitForProducts<0>();
        meetAnywhere();
        step += gridDim.x;
      }
      share.deposit(to, place, more);
      more = true;
    } while (step < steps);
  } else {
    using Turns = WeightTogetherTurns<P, T>;
    Turns turns{place, (int)threadIdx.x - S::Multiplying, (int)threadIdx.x % 32};
    constexpr int PerImage = volume(S::boxes);
    float v[Turns::Batch][Turns::Run];
    int boxes = 0;
    if ((int)blockIdx.x < steps)
      turns.loadS(v, 0, s, blockIdx.x / PerImage, WeightPlace<P, T>::corner(blockIdx.x));
#pragma unroll 1
    for (int step = blockIdx.x; step - (int)gridDim.x < steps; step += gridDim.x) {
      if (step < steps) {
        float *to = pipe + boxes++ % 2 * S::Buffer;
        const Vec3 at = WeightPlace<P, T>::corner(step);
        const int after = step + gridDim.x;
        // The same number, but as a new one to the compiler, which would else keep what follows from it for all turns in registers.
        turns.me = __shfl_sync(0xffffffffu, turns.me, turns.lane);
#pragma unroll
        for (int turn = 0; turn < Turns::Turns; turn++) {
          float next[Turns::Batch][Turns::Run];
          if (turn + 1 < Turns::TurnsS)
            turns.loadS(next, turn + 1, s, step / PerImage, at);
          else if (turn + 1 < Turns::Turns)
            turns.loadL(next, turn + 1 - Turns::TurnsS, l, step / PerImage, at);
          if (turn < Turns::TurnsS)
            turns.storeS(to, sums, sumsHere, v, turn);
          else
            turns.storeL(to + S::SizeS, v, turn - Turns::TurnsS, at);
          if (turn + 1 < Turns::Turns) {
#pragma unroll
            for (int j = 0; j < Turns::Batch; j++)
#pragma unroll
              for (int c = 0; c < Turns::Run; c++)
                v[j][c] = next[j][c];
          }
        }
        showToWarpgroups(); // which would wait for loads under way
        if (after < steps)
          turns.loadS(v, 0, s, after / PerImage, WeightPlace<P, T>::corner(after));
      }
      meetAnywhere();
    }
  }
  if (sumsHere) {
    __syncthreads();
    if ((int)threadIdx.x < place.countA) {
      float all = 0.0f;
#pragma unroll 1
      for (int lane = 0; lane < 32; lane++)
        all += sums[threadIdx.x * 32 + lane];
      partialS[(index_t)blockIdx.x * P::A + place.group * S::GroupA + place.firstA + threadIdx.x] = all;
    }
  }
}
