// Windowed product-sums on tensor cores: what window.cuh does, with both operands rounded to TF32 and fp32 sums.
// requires: base.cuh, patch.cuh, window.cuh, mma.cuh
//
// A matrix product per phase: rows are the places of a box that belong to the phase, columns are output channels, k runs over taps and
// staged channels. Nothing is copied into matrix form: a table of where k lies in the staged patch and weights stands for it.
// Tile T: box, channels, slice, threads, pitch as in window.cuh; warpPlaces (a multiple of 16) x warpChannels (of 8) per warp, of every
// phase; threads = 32 * ceil(volume(cover) / warpPlaces) * ceil(channels / warpChannels).
// Shared memory (`pipe`, 16-byte aligned), per slice of reduction channels: the table, the weights as [slice * taps][pitch], the patch as
// [slice][d][h][w], w split by remainder in a strided gather. Sizes per axis, in plain arithmetic:
//   spread, step, period, phases (nothing is paired), cover as in window.cuh, patch from it with full = cover, patch.w up to a multiple of
//   split most = volume(ceil(taps / period)), entries = volume(phases) * ceil(slice * most / 8) * 8, table = ceil((2 * entries +
//   volume(phases)) / 4) * 4 wide = ceil(channels / warpChannels) * warpChannels, pitch = the least from wide on with pitch * volume(taps)
//   % 32 in {8, 24}; with volume(taps) a multiple of 16, the least odd one plane = the least from volume(patch) on with plane % 32 in {8,
//   24} tensorWindowPipeFloats = table + slice * (volume(taps) * pitch + plane)

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
  // Lanes read eight neighbours of four channels, or of four taps.
  static constexpr int plane = roundUp(slab * patch.d, 8) % 16 == 8 ? roundUp(slab * patch.d, 8) : roundUp(slab * patch.d, 8) + 8;
  static constexpr int channels = T::slice, threads = T::threads;

  static constexpr int WarpsPlaces = ceilDiv(Places, T::warpPlaces), WarpsChannels = ceilDiv(T::channels, T::warpChannels);
  static_assert(T::warpPlaces % 16 == 0 && T::warpChannels % 8 == 0 && WarpsPlaces * WarpsChannels * 32 == T::threads,
                "expected one share per warp");
  static constexpr int Wide = WarpsChannels * T::warpChannels;
  static constexpr int pitchFrom(int n) {
    while (E::Taps % 16 == 0 ? n % 2 == 0 : n * E::Taps % 32 != 8 && n * E::Taps % 32 != 24)
      n++;
    return n;
  }
  static constexpr int Pitch = pitchFrom(Wide);

  static constexpr int MostTaps = ceilDiv(P::taps.d, period.d) * ceilDiv(P::taps.h, period.h) * ceilDiv(P::taps.w, period.w);
  static constexpr int PhaseEntries = roundUp(T::slice * MostTaps, 8);
  static constexpr int TableFloats = roundUp(2 * Phases * PhaseEntries + Phases, 4);
  static constexpr int WeightFloats = T::slice * E::Taps * Pitch;
  static constexpr int PipeFloats = TableFloats + WeightFloats + T::slice * plane;
  // Whether some phase may have k that fill up a step of eight: their products must not see Inf and NaN.
  static constexpr bool Filled = T::slice % 8 != 0;
};

template <class P, class T, bool Scatter> DEV constexpr int tensorWindowPipeFloats() {
  return TensorWindowShape<P, T, Scatter>::PipeFloats;
}

// Where k of each phase lies: distance in the patch from a place's corner (-1 for k that only fill up a step), and row of weights. Behind
// the table stands how many steps of eight k each phase has.
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
    const int count = fd.count * fh.count * fw.count * T::slice;
    int2 entry = {-1, 0};
    if (k < count) {
      const int channel = k % T::slice;
      const int tap = k / T::slice;
      const int kw = tap % fw.count;
      const int kh = tap / fw.count % fh.count;
      const int kd = tap / (fw.count * fh.count);
      const int ahead = kw * S::reach.w;
      entry.x = channel * S::plane + (fd.first + kd * S::reach.d) * S::slab + (fh.first + kh * S::reach.h) * S::row + fw.first +
                ahead % S::split * (S::row / S::split) + ahead / S::split;
      const int of = ((fd.tap + kd * fd.next) * P::taps.h + fh.tap + kh * fh.next) * P::taps.w + fw.tap + kw * fw.next;
      entry.y = (channel * S::Taps + of) * S::Pitch;
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
  int group, quarter, firstPlace, firstChannel; // of the lane and of its warp
  int corner[2 * Rows];                         // of the lane's places in the patch
  float sums[S::Phases][Rows][Columns][4];

  DEV TensorWindowShare()
      : group(threadIdx.x % 32 / 4), quarter(threadIdx.x % 4), firstPlace(threadIdx.x / 32 % S::WarpsPlaces * T::warpPlaces),
        firstChannel(threadIdx.x / 32 / S::WarpsPlaces * T::warpChannels), sums{} {
#pragma unroll
    for (int r = 0; r < 2 * Rows; r++) {
      const int m = firstPlace + 8 * r + group;
      const int w = m % S::cover.w;
      const int h = m / S::cover.w % S::cover.h;
      const int d = m / (S::cover.w * S::cover.h);
      corner[r] = m < S::Places ? d * S::step.d * S::slab + h * S::step.h * S::row + w : 0; // sums behind the last place go nowhere
    }
  }

  DEV static unsigned bits(const float *from, int at, bool exists) {
    return S::Filled && !exists ? 0u : __float_as_uint(from[S::Filled && at < 0 ? 0 : at]);
  }

  // sums += the product-sum over the staged channels and all taps that meet each phase.
  DEV void multiply(const int2 *table, const float *weights, const float *patch) {
    const int *steps = (const int *)(table + S::Phases * S::PhaseEntries);
    const float *column = weights + firstChannel + group;
#pragma unroll
    for (int phase = 0; phase < S::Phases; phase++) {
      const int2 *entry = table + phase * S::PhaseEntries + quarter;
      const int count = steps[phase];
#pragma unroll 1
      for (int step = 0; step < count; step++, entry += 8) {
        const int2 near = entry[0]; // of k = 8 step + quarter
        const int2 far = entry[4];
        unsigned b[Columns][2];
#pragma unroll
        for (int j = 0; j < Columns; j++) {
          b[j][0] = __float_as_uint(column[near.y + 8 * j]);
          b[j][1] = __float_as_uint(column[far.y + 8 * j]);
          if (S::Filled) {
            b[j][0] = near.x < 0 ? 0u : b[j][0];
            b[j][1] = far.x < 0 ? 0u : b[j][1];
          }
        }
#pragma unroll
        for (int r = 0; r < Rows; r++) {
          const unsigned a[4] = {bits(patch, near.x + corner[2 * r], near.x >= 0), bits(patch, near.x + corner[2 * r + 1], near.x >= 0),
                                 bits(patch, far.x + corner[2 * r], far.x >= 0), bits(patch, far.x + corner[2 * r + 1], far.x >= 0)};
#pragma unroll
          for (int j = 0; j < Columns; j++)
            mma16n8k8(sums[phase][r][j], a, b[j]);
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

// On return tile[c * T::pitch + m] holds the sum of local channel c < at.channels at every tile element m inside the output. `tile` may
// alias `pipe`.
template <class P, class T, bool Scatter, class Load>
DEV void windowTensor(float *tile, float *pipe, const Load &load, const float *weight, const WindowPlace<P, T, Scatter> &at) {
  using S = TensorWindowShape<P, T, Scatter>;
  static_assert(T::pitch >= volume(T::box), "expected a tile row to hold the box");
  int2 *table = (int2 *)pipe;
  float *weights = pipe + S::TableFloats;
  float *patch = weights + S::WeightFloats;
  const Vec3 base = {windowBase<Scatter>(at.d, P::stride.d, P::taps.d, P::padding.d, P::dilation.d),
                     windowBase<Scatter>(at.h, P::stride.h, P::taps.h, P::padding.h, P::dilation.h),
                     windowBase<Scatter>(at.w, P::stride.w, P::taps.w, P::padding.w, P::dilation.w)};
  tensorWindowTable<P, T, Scatter>(table, at, base);
  const RoundedLoad<Load> rounded{load};
  TensorWindowShare<P, T, Scatter> share;
#pragma unroll 1
  for (int from = 0; from < S::Reduced; from += T::slice) {
    const int count = S::Reduced % T::slice == 0 ? T::slice : smaller(T::slice, S::Reduced - from);
    windowStageWeights<S, P, T, Scatter>(weights, weight, at, from, count);
    stagePatch<S>(patch, rounded, at.image, at.channel / S::Written * S::Reduced + from, count, base);
    waitForCopies();
    __syncthreads();
    roundRows<T::slice * S::Taps, S::Wide, T::threads>(weights, S::Pitch);
    if (Load::plain)
      roundRows<T::slice, S::slab * S::patch.d, T::threads>(patch, S::plane);
    __syncthreads();
    share.multiply(table, weights, patch);
    __syncthreads();
  }
  share.deposit(tile);
  __syncthreads();
}
