// Windowed product-sums on tensor cores: what window.cuh does, with both operands rounded to what tensor cores multiply and fp32 sums.
// requires: base.cuh, copies.cuh, patch.cuh, window.cuh, mma.cuh
//
// A matrix product per phase: rows are the places of a box that belong to the phase, columns are output channels, k runs over taps and
// staged channels. Nothing is copied into matrix form: a table of where k lies in the staged patch and weights stands for it.
// Tile T: box, channels, slice, threads, pitch as in window.cuh; warpPlaces (a multiple of 16) x warpChannels (of 8) per warp, of every
// phase; threads = 32 * ceil(volume(cover) / warpPlaces) * ceil(channels / warpChannels). Factors: Tf32, or Bf16 or Fp16, whose words hold
// the same place or tap of two neighbouring reduction channels, in the place of the first (`pack` = 2; slice is even then).
// Shared memory (`pipe`, 16-byte aligned): the table, then one buffer, or two with several slices, so that the next slice arrives while one
// is multiplied. A buffer holds the weights of a slice of reduction channels and the patch as [slice][d][h][w], w split by remainder in a
// strided gather. Weights lie as in memory where quads of them can be copied (`direct`): [channel][slice * taps] in a gather,
// [slice][channel * taps] in a scatter; else as [slice * taps][channel]. Sizes per axis, in plain arithmetic (all loops stop at the least):
//   spread, step, period, phases (nothing is paired) and cover as in window.cuh; patch from it with full = cover, patch.w up to a multiple
//   of split; written and reduced: channels per group; all = volume(taps)
//
//   most = volume(ceil(taps / period))
//
//   entries = volume(phases) * ceil(slice / pack * most / 8) * 8, table = ceil((2 * entries + volume(phases)) / 4) * 4
//
//   wide = ceil(channels / warpChannels) * warpChannels
//
//   direct, gather: reduced * all % 4 == 0 and slice * all % 4 == 0
//
//   direct, scatter: all % 4 == 0, or all odd with channels % 4 == 0 and written * all % 4 == 0
//
//   weights, direct gather: wide * (from slice * all on, % 8 == 4)
//
//   weights, direct scatter: slice * wide * (all + 4) for all % 4 == 0, else slice * (from wide * all on, % 32 in {8 * all, 24 * all}; with
//   pairs % 16 in {4 * all, 12 * all})
//
//   weights, else: slice * all * pitch, pitch from wide on with pitch * all * pack % 32 in {8, 24}, or odd where all * pack % 16 == 0
//
//   plane = from volume(patch) on, % 32 in {8, 24}; with pairs % 8 == 4
//
//   tensorWindowPipeFloats = table + (slice < reduced ? 2 : 1) * (weights + slice * plane)

template <class P, class T, bool Scatter> struct TensorWindowShape : WindowExtents<P, T, Scatter> {
  using E = WindowExtents<P, T, Scatter>;
  static constexpr Vec3 spread = E::spread, step = E::step, period = E::period, cover = E::cover;
  static constexpr Vec3 phases = {smaller(spread.d, T::box.d), smaller(spread.h, T::box.h), smaller(spread.w, T::box.w)};
  static constexpr int Phases = volume(phases), Places = volume(cover);

  static constexpr int split = step.w; // the names of stagePatch
  static constexpr Vec3 patch = {windowSpan<Scatter>(cover.d, P::stride.d, P::taps.d, P::dilation.d),
                                 windowSpan<Scatter>(cover.h, P::stride.h, P::taps.h, P::dilation.h),
                                 roundUp(windowSpan<Scatter>(cover.w, P::stride.w, P::taps.w, P::dilation.w), split)};
  static constexpr int row = patch.w, slab = row * patch.h;
  using Factors = typename T::Factors;
  static constexpr int pack = Factors::pack, Words = T::slice / pack; // words of a slice at a place or tap
  static_assert(T::slice % pack == 0, "expected whole words");
  // Lanes read eight neighbours of four words of channels, or of four taps.
  static constexpr int apart = 8 / pack, up = roundUp(slab * patch.d, apart);
  static constexpr int plane = up % (2 * apart) == apart ? up : up + apart;
  static constexpr int channels = T::slice, threads = T::threads;

  static constexpr int WarpsPlaces = ceilDiv(Places, T::warpPlaces), WarpsChannels = ceilDiv(T::channels, T::warpChannels);
  static_assert(T::warpPlaces % 16 == 0 && T::warpChannels % 8 == 0 && WarpsPlaces * WarpsChannels * 32 == T::threads,
                "expected one share per warp");
  static constexpr int Wide = WarpsChannels * T::warpChannels;
  static constexpr int SliceTaps = T::slice * E::Taps;
  static constexpr bool Apart = Scatter && E::Taps % 4 == 0; // four floats of padding from output channel to output channel
  static constexpr bool Direct = Scatter ? Apart || (E::Taps % 2 == 1 && T::channels % 4 == 0 && E::Written * E::Taps % 4 == 0)
                                         : E::Reduced * E::Taps % 4 == 0 && SliceTaps % 4 == 0;
  // The lanes of a fragment differ in four k and in eight output channels, and must not meet in a bank.
  DEV static constexpr int pitchFrom(int n) {
    for (;; n++) {
      const int apart = n * (Direct ? 1 : E::Taps) * pack % 32; // from word to word
      if (Direct && !Scatter         ? n % 8 == 4
          : Apart                    ? true
          : Direct                   ? apart == 8 * E::Taps % 32 || apart == 24 * E::Taps % 32
          : E::Taps * pack % 16 == 0 ? n % 2 == 1
                                     : apart == 8 || apart == 24)
        return n;
    }
  }
  static constexpr int Pitch = pitchFrom(!Direct ? Wide : Scatter ? Wide * (E::Taps + (Apart ? 4 : 0)) : SliceTaps);
  static constexpr int ChannelPitch = !Direct   ? 1
                                      : Apart   ? E::Taps + 4
                                      : Scatter ? E::Taps
                                                : Pitch; // from output channel to output channel
  static constexpr int WeightFloats = (!Direct ? SliceTaps : Scatter ? T::slice : Wide) * Pitch;
  // Four neighbouring words are taps where weights lie in their order and that spares banks, else reduction channels.
  static constexpr bool TapsFirst = Direct && (E::Taps % 2 == 0 || (pack == 2 && !Scatter));
  // Where the weight of (reduction channel, tap) lies for output channel 0.
  DEV static constexpr int weightAt(int channel, int tap) {
    return !Direct ? (channel * E::Taps + tap) * Pitch : Scatter ? channel * Pitch + tap : channel * E::Taps + tap;
  }

  static constexpr int MostTaps = ceilDiv(P::taps.d, period.d) * ceilDiv(P::taps.h, period.h) * ceilDiv(P::taps.w, period.w);
  static constexpr int PhaseEntries = roundUp(Words * MostTaps, 8);
  static constexpr int TableFloats = roundUp(2 * Phases * PhaseEntries + Phases, 4);
  static constexpr int BufferFloats = WeightFloats + T::slice * plane, Buffers = T::slice < E::Reduced ? 2 : 1;
  static constexpr int PipeFloats = TableFloats + Buffers * BufferFloats;
  // A factor becomes a word where it lies when it is read often enough or shares the word, else whenever it is read.
  static constexpr bool RoundsPatch = pack > 1 || E::Taps * Places * WarpsChannels >= 8 * volume(patch);
  static constexpr bool RoundsWeights = pack > 1 || (Direct && WarpsPlaces >= 8);
  // Whether some phase may have words that fill up a step of eight: their products must not see Inf and NaN.
  static constexpr bool Filled = (Phases == 1 && volume(spread) == 1 ? Words * E::Taps : Words) % 8 != 0;
};

template <class P, class T, bool Scatter> DEV constexpr int tensorWindowPipeFloats() {
  return TensorWindowShape<P, T, Scatter>::PipeFloats;
}

// Where the words of k of each phase lie: distance in the patch from a place's corner (-1 for what only fills up a step), and row of
// weights. Behind the table stands how many steps of eight words each phase has.
template <class P, class T, bool Scatter> DEV void tensorWindowTable(int2 *table, const WindowPlace<P, T, Scatter> &at, Vec3 base) {
  using S = TensorWindowShape<P, T, Scatter>;
#pragma unroll 1
  for (int i = threadIdx.x; i < S::Phases * S::PhaseEntries; i += T::threads) {
    const int number = i / S::PhaseEntries;
    const int k = i % S::PhaseEntries;
    const WindowPhase fd = windowPhase<Scatter>(number / (S::phases.w * S::phases.h), at.d, base.d, P::stride.d, P::taps.d, P::padding.d,
                                                P::dilation.d, S::period.d);
    const WindowPhase fh = windowPhase<Scatter>(number / S::phases.w % S::phases.h, at.h, base.h, P::stride.h, P::taps.h, P::padding.h,
                                                P::dilation.h, S::period.h);
    const WindowPhase fw =
        windowPhase<Scatter>(number % S::phases.w, at.w, base.w, P::stride.w, P::taps.w, P::padding.w, P::dilation.w, S::period.w);
    const int count = fd.count * fh.count * fw.count * S::Words;
    int2 entry = {-1, 0};
    if (k < count) {
      const int taps = fd.count * fh.count * fw.count;
      const int channel = (S::TapsFirst ? k / taps : k % S::Words) * S::pack;
      const int tap = S::TapsFirst ? k % taps : k / S::Words;
      const int kw = tap % fw.count;
      const int kh = tap / fw.count % fh.count;
      const int kd = tap / (fw.count * fh.count);
      const int ahead = kw * S::reach.w;
      entry.x = channel * S::plane + (fd.first + kd * S::reach.d) * S::slab + (fh.first + kh * S::reach.h) * S::row + fw.first +
                ahead % S::split * (S::row / S::split) + ahead / S::split;
      const int of = ((fd.tap + kd * fd.next) * P::taps.h + fh.tap + kh * fh.next) * P::taps.w + fw.tap + kw * fw.next;
      entry.y = S::weightAt(channel, of);
    }
    table[i] = entry;
    if (k == 0)
      ((int *)(table + S::Phases * S::PhaseEntries))[number] = ceilDiv(count, 8);
  }
}

// A warp's share of the sums: places x channels of every phase.
template <class P, class T, bool Scatter> struct TensorWindowShare {
  using S = TensorWindowShape<P, T, Scatter>;
  static constexpr int Rows = T::warpPlaces / 16, Columns = T::warpChannels / 8;
  // Whether the places of all shares lie alike, so that one corner stands for them all.
  static constexpr bool Alike = S::cover.w % T::warpPlaces == 0 ||
                                (S::cover.w % 8 == 0 && T::warpPlaces % S::cover.w == 0 && S::cover.h % (T::warpPlaces / S::cover.w) == 0);
  int group, quarter, firstPlace, firstChannel; // of the lane and of its warp
  int corner[Alike ? 1 : 2 * Rows];             // of the lane's places in the patch
  float sums[S::Phases][Rows][Columns][4];

  DEV TensorWindowShare()
      : group(threadIdx.x % 32 / 4), quarter(threadIdx.x % 4), firstPlace(threadIdx.x / 32 % S::WarpsPlaces * T::warpPlaces),
        firstChannel(threadIdx.x / 32 / S::WarpsPlaces * T::warpChannels), sums{} {
#pragma unroll
    for (int r = 0; r < (Alike ? 1 : 2 * Rows); r++) {
      const int m = firstPlace + 8 * r + group;
      corner[r] = m < S::Places ? distance(m) : 0; // sums behind the last place go nowhere
    }
  }
  DEV static constexpr int distance(int m) {
    return m / (S::cover.w * S::cover.h) * S::step.d * S::slab + m / S::cover.w % S::cover.h * S::step.h * S::row + m % S::cover.w;
  }

  // sums += the product-sum over the staged channels and all taps that meet each phase.
  // `Rounded`: the patch is, already.
  template <bool Rounded> DEV void multiply(const int2 *table, const float *weights, const float *patch) {
    const int *steps = (const int *)(table + S::Phases * S::PhaseEntries);
    const float *column = weights + (firstChannel + group) * S::ChannelPitch;
    const float *place = patch + (Alike ? corner[0] : 0);
#pragma unroll
    for (int phase = 0; phase < S::Phases; phase++) {
      const int2 *entry = table + phase * S::PhaseEntries + quarter;
      const int count = steps[phase];
#pragma unroll 1
      for (int step = 0; step < count; step++, entry += 8) {
        const int2 k[2] = {entry[0], entry[4]}; // of words 8 step + quarter and + 4
        const float *x[2], *w[2];
#pragma unroll
        for (int i = 0; i < 2; i++) { // what only fills up a step must not see Inf and NaN
          x[i] = place + (S::Filled && k[i].x < 0 ? 0 : k[i].x);
          w[i] = column + k[i].y;
        }
        unsigned b[Columns][2];
#pragma unroll
        for (int j = 0; j < Columns; j++)
#pragma unroll
          for (int i = 0; i < 2; i++) {
            const float x = w[i][8 * j * S::ChannelPitch];
            b[j][i] = __float_as_uint(S::RoundsWeights ? x : S::Factors::word(x, 0.0f));
            b[j][i] = S::Filled && k[i].x < 0 ? 0u : b[j][i];
          }
#pragma unroll
        for (int r = 0; r < Rows; r++) {
          unsigned a[4];
#pragma unroll
          for (int i = 0; i < 4; i++) { // a[g, c], a[g + 8, c], a[g, c + 4], a[g + 8, c + 4]
            const int run = 2 * r + i % 2;
            const float factor = x[i / 2][Alike ? distance(8 * run) : corner[Alike ? 0 : run]];
            a[i] = __float_as_uint(Rounded ? factor : S::Factors::word(factor, 0.0f));
            a[i] = S::Filled && k[i / 2].x < 0 ? 0u : a[i];
          }
#pragma unroll
          for (int j = 0; j < Columns; j++)
            S::Factors::multiply(sums[phase][r][j], a, b[j]);
        }
      }
    }
  }

  DEV void deposit(float *tile) const {
#pragma unroll
    for (int r = 0; r < 2 * Rows; r++) {
      const int m = firstPlace + 8 * r + group;
      const int w = m % S::cover.w * S::spread.w;
      const int h = m / S::cover.w % S::cover.h * S::spread.h;
      const int d = m / (S::cover.w * S::cover.h) * S::spread.d;
#pragma unroll
      for (int phase = 0; phase < S::Phases; phase++) {
        const int x = w + phase % S::phases.w;
        const int y = h + phase / S::phases.w % S::phases.h;
        const int z = d + phase / (S::phases.w * S::phases.h);
        if (m < S::Places && x < T::box.w && y < T::box.h && z < T::box.d) {
          float *to = tile + (firstChannel + 2 * quarter) * T::pitch + (z * T::box.h + y) * T::box.w + x;
#pragma unroll
          for (int j = 0; j < Columns; j++)
#pragma unroll
            for (int q = 0; q < 2; q++)
              if (T::channels % T::warpChannels == 0 || firstChannel + 8 * j + 2 * quarter + q < T::channels)
                to[(8 * j + q) * T::pitch] = sums[phase][r / 2][j][r % 2 * 2 + q];
        }
      }
    }
  }
};

// Brings or rounds the weights of a slice, zeros for channels and rows that do not exist.
template <class Action, class W, class P, class T, bool Scatter>
DEV void tensorStageWeights(float *to, const W *weight, const WindowPlace<P, T, Scatter> &at, int from, int count) {
  using S = TensorWindowShape<P, T, Scatter>;
  if constexpr (!S::Direct) {
    windowStageWeights<S, Action>(to, weight, at, from, count);
  } else {
    const int group = at.channel / S::Written;
    constexpr int Rows = Scatter ? T::slice : S::Wide, Quads = (Scatter ? S::Wide * S::Taps : S::SliceTaps) / 4;
    const W *corner = Scatter ? weight + ((index_t)(group * S::Reduced + from) * S::Written + at.channel - group * S::Written) * S::Taps
                              : weight + ((index_t)at.channel * S::Reduced + from) * S::Taps;
    const int rows = Scatter ? count : at.channels;
    const int floats = (Scatter ? at.channels : count) * S::Taps;
#pragma unroll 2
    for (int i = threadIdx.x; i < Rows * Quads; i += T::threads) {
      const int row = i / Quads;
      const int first = i % Quads * 4;
      const bool exists = row < rows && first < floats;
      Action::quad(to + row * S::Pitch + first + (S::Apart ? first / S::Taps * 4 : 0),
                   corner + (exists ? (index_t)row * ((Scatter ? S::Written : S::Reduced) * S::Taps) + first : 0), exists);
    }
  }
}

// Makes words of the weights that lie in a buffer, whoever brought them.
template <class P, class T, bool Scatter> DEV void tensorPackWeights(float *at) {
  using S = TensorWindowShape<P, T, Scatter>;
  constexpr int Apart = S::weightAt(1, 0) - S::weightAt(0, 0), Items = S::Words * S::Wide * S::Taps;
#pragma unroll 4
  for (int i = threadIdx.x; i < Items; i += T::threads) { // along what lies together
    const int tap = S::Direct ? i % S::Taps : i / S::Wide % S::Taps;
    const int rest = i / S::Taps;
    const int word = S::Direct && !Scatter ? rest % S::Words : i / (S::Wide * S::Taps);
    const int channel = !S::Direct ? i % S::Wide : Scatter ? rest % S::Wide : rest / S::Words;
    float *weight = at + channel * S::ChannelPitch + S::weightAt(word * S::pack, tap);
    MakeWords<typename S::Factors>::words(weight, Apart);
  }
}

// Brings a slice to a buffer, or makes words of what this thread brought there.
template <class Action, class P, class T, bool Scatter, class Load, class W>
DEV void tensorStage(float *to, const Load &load, const W *weight, const WindowPlace<P, T, Scatter> &at, int from, Vec3 base) {
  using S = TensorWindowShape<P, T, Scatter>;
  const int count = S::Reduced % T::slice == 0 ? T::slice : smaller(T::slice, S::Reduced - from);
  if constexpr (Action::brings || (S::RoundsWeights && S::pack == 1))
    tensorStageWeights<Action>(to, weight, at, from, count);
  else if constexpr (S::RoundsWeights)
    tensorPackWeights<P, T, Scatter>(to);
  if constexpr ((S::RoundsPatch && Load::plain) || Action::brings)
    stagePatch<S, Action, typename S::Factors>(to + S::WeightFloats, load, at.image, at.channel / S::Written * S::Reduced + from, count,
                                               base);
}

// What was brought has arrived; a pair of weights was not brought by one thread.
template <int Pack> DEV void tensorArrived() {
  waitForCopies();
  if (Pack > 1)
    __syncthreads();
}

// On return tile[c * T::pitch + m] holds the sum of local channel c < at.channels at every tile element m inside the output. `tile` may
// alias `pipe`.
template <class P, class T, bool Scatter, class Load, class W>
DEV void windowTensor(float *tile, float *pipe, const Load &load, const W *weight, const WindowPlace<P, T, Scatter> &at) {
  using S = TensorWindowShape<P, T, Scatter>;
  static_assert(T::pitch >= volume(T::box), "expected a tile row to hold the box");
  int2 *table = (int2 *)pipe;
  float *now = pipe + S::TableFloats; // the buffer that is multiplied
  float *next = now + (S::Buffers - 1) * S::BufferFloats;
  const Vec3 base = {windowBase<Scatter>(at.d, P::stride.d, P::taps.d, P::padding.d, P::dilation.d),
                     windowBase<Scatter>(at.h, P::stride.h, P::taps.h, P::padding.h, P::dilation.h),
                     windowBase<Scatter>(at.w, P::stride.w, P::taps.w, P::padding.w, P::dilation.w)};
  tensorStage<Bring>(now, load, weight, at, 0, base);
  tensorWindowTable<P, T, Scatter>(table, at, base);
  TensorWindowShare<P, T, Scatter> share;
  using Make = MakeWords<typename S::Factors>;
  tensorArrived<S::pack>();
  tensorStage<Make>(now, load, weight, at, 0, base);
  __syncthreads();
#pragma unroll 1
  for (int from = T::slice;; from += T::slice) {
    if (from < S::Reduced)
      tensorStage<Bring>(next, load, weight, at, from, base);
    share.template multiply<S::RoundsPatch || !Load::plain>(table, now, now + S::WeightFloats);
    if (from < S::Reduced) {
      tensorArrived<S::pack>();
      tensorStage<Make>(next, load, weight, at, from, base);
    }
    __syncthreads(); // everybody has read this buffer, and the next one is full
    if (from >= S::Reduced)
      break;
    float *swap = now;
    now = next;
    next = swap;
  }
  share.deposit(tile);
  __syncthreads();
}
