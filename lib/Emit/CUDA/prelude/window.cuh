// Windowed product-sums on CUDA cores: one block fills a box of output positions for a run of output channels, as gather
// (convolution) or scatter (transposed convolution), and leaves the raw sums in shared memory for the caller's epilogue.
// requires: base.cuh, patch.cuh
//
// Names: S is the small tensor with A channels, L the large one with B channels, l = i * stride - padding + t * dilation.
//   gather:   S[n,a,i] = sum over b, t of L[n,b,l] * W[a,b,t]           scatter:   L[n,b,l] = sum over a, t, i of S[n,a,i] * W[a,b,t]
// Both are one loop here. The outputs of a phase lie `spread` apart (gather 1, scatter `stride`); inside a phase, neighbouring
// outputs read inputs `step` apart, and the taps that meet the phase read inputs `reach` apart. So a scatter multiplies no zeros.
// Where a box starts at a multiple of stride.w, a scatter is `paired`: each thread owns all phases along w, which share inputs.
//
// Shared memory (`pipe`, 16-byte aligned), per slice of reduction channels: the weights as [slice * taps][pitch], then the
// input patch as [slice][d][h][w]. In a strided gather w is split by remainder, so that lanes read neighbouring floats.
// Sizes, in plain arithmetic, per axis (ceil = ceilDiv, all integer):
//   paired = scatter and 1 < stride.w and rows % stride.w == 0 and taps.w <= 8 and (box.w % stride.w == 0 or box.w >= large.w)
//   places = paired ? rows / stride.w : rows                                spread = scatter ? stride : 1
//   rows.h = largest divisor of places <= cover.h, rows.d = largest divisor of places / rows.h <= cover.d, rows.w = what is left
//   cover = ceil(box / spread), full = ceil(cover / rows) * rows
//   patch = gather: (full - 1) * stride + (taps - 1) * dilation + 1         scatter: (full * stride - 1 + (taps - 1) * dilation) / stride +
//   1 plane = patch.d * patch.h * ceil(patch.w / split) * split               split = gather ? stride.w : 1 wide  = ceil(ceil(channels /
//   cols) * cols / 4) * 4, pitch = wide / 4 odd ? wide : wide + 4 windowPipeFloats = slice * (volume(taps) * pitch + plane) items =
//   volume(phases) * lanes (lanes rounded up to 32 when there are several phases), phases = min(spread, box), paired: phases.w = 1 lanes =
//   volume(ceil(cover / rows)) * ceil(channels / cols);  resident = items <= threads: then `tile` may alias `pipe`

// Inputs that `full` outputs per phase read along one axis.
template <bool Scatter> DEV constexpr int windowSpan(int full, int stride, int taps, int dilation) {
  return Scatter ? (full * stride - 1 + (taps - 1) * dilation) / stride + 1 : (full - 1) * stride + (taps - 1) * dilation + 1;
}

// What does not depend on how the sums are dealt to threads.
template <class P, class T, bool Scatter> struct WindowExtents {
  static constexpr int Reduced = (Scatter ? P::A : P::B) / P::G; // channels summed over
  static constexpr int Written = (Scatter ? P::B : P::A) / P::G; // output channels of a group
  static constexpr Vec3 in = Scatter ? P::small : P::large;
  static constexpr Vec3 out = Scatter ? P::large : P::small;
  static constexpr Vec3 boxes = {ceilDiv(out.d, T::box.d), ceilDiv(out.h, T::box.h), ceilDiv(out.w, T::box.w)};
  static constexpr int Taps = volume(P::taps);
  static constexpr Vec3 spread = Scatter ? P::stride : Vec3{1, 1, 1};
  static constexpr Vec3 step = Scatter ? Vec3{1, 1, 1} : P::stride;
  // Taps `period` apart meet the same phase.
  static constexpr Vec3 period = {spread.d / commonDivisor(spread.d, P::dilation.d), spread.h / commonDivisor(spread.h, P::dilation.h),
                                  spread.w / commonDivisor(spread.w, P::dilation.w)};
  static constexpr Vec3 reach = {period.d * P::dilation.d / spread.d, period.h *P::dilation.h / spread.h,
                                 period.w *P::dilation.w / spread.w};
  static constexpr Vec3 cover = {ceilDiv(T::box.d, spread.d), ceilDiv(T::box.h, spread.h), ceilDiv(T::box.w, spread.w)};
};

template <class P, class T, bool Scatter> struct WindowShape : WindowExtents<P, T, Scatter> {
  using E = WindowExtents<P, T, Scatter>;
  static constexpr Vec3 spread = E::spread, step = E::step, period = E::period, cover = E::cover;

  static constexpr bool Paired =
      Scatter && P::stride.w > 1 && T::rows % P::stride.w == 0 && P::taps.w <= 8 && (T::box.w % P::stride.w == 0 || T::box.w >= P::large.w);
  static constexpr int Pair = Paired ? P::stride.w : 1, Places = T::rows / Pair;
  static constexpr Vec3 phases = {smaller(spread.d, T::box.d), smaller(spread.h, T::box.h), Paired ? 1 : smaller(spread.w, T::box.w)};
  static constexpr int MostH = ceilDiv(P::taps.h, period.h); // taps of a phase along h, at most

  static constexpr int RowsH = divisorWithin(Places, cover.h);
  static constexpr int RowsD = divisorWithin(Places / RowsH, cover.d);
  static constexpr int RowsW = Places / RowsH / RowsD;
  static constexpr Vec3 lanes = {ceilDiv(cover.d, RowsD), ceilDiv(cover.h, RowsH), ceilDiv(cover.w, RowsW)};
  static constexpr Vec3 full = {lanes.d * RowsD, lanes.h * RowsH, lanes.w * RowsW};
  static constexpr bool Exact = full.d * spread.d == T::box.d && full.h * spread.h == T::box.h && full.w * spread.w == T::box.w;

  static constexpr Vec3 patch = {windowSpan<Scatter>(full.d, P::stride.d, P::taps.d, P::dilation.d),
                                 windowSpan<Scatter>(full.h, P::stride.h, P::taps.h, P::dilation.h),
                                 windowSpan<Scatter>(full.w, P::stride.w, P::taps.w, P::dilation.w)};
  static constexpr int split = step.w, row = roundUp(patch.w, split), slab = row * patch.h, plane = slab * patch.d;
  static constexpr int channels = T::slice, threads = T::threads; // for stagePatch

  static constexpr int ColGroups = ceilDiv(T::channels, T::cols);
  static constexpr int Wide = roundUp(ColGroups * T::cols, 4);
  static constexpr int Pitch = Wide / 4 % 2 ? Wide : Wide + 4; // an odd number of quads spreads transposed stores over the banks
  static constexpr int WeightFloats = T::slice * E::Taps * Pitch;
  static constexpr int PipeFloats = WeightFloats + T::slice * plane;

  static constexpr int Positions = volume(lanes); // lane positions of a phase
  static constexpr int Phases = volume(phases);
  static constexpr int PhaseItems = Phases > 1 ? roundUp(Positions *ColGroups, 32) : Positions *ColGroups; // warps stay in one phase
  static constexpr int Items = Phases * PhaseItems;
  static constexpr bool Resident = Items <= T::threads; // one item per thread: sums stay in registers over all slices
};

template <class P, class T, bool Scatter> DEV constexpr int windowPipeFloats() { return WindowShape<P, T, Scatter>::PipeFloats; }

// A box of positions of one image, of which a block holds the channels [channel, channel + channels). `B` has: Vec3 box, the
// extents `out` of what the box is part of, and the extents `covered` of all boxes together.
template <class B> struct BoxPlace {
  int number, image, d, h, w, channel, channels;

  // Boxes of whole lines lie in memory as they lie in the tile.
  static constexpr bool Flat = B::box.w == B::out.w && (B::box.d == 1 || B::box.h == B::out.h);
  DEV int origin() const { return (d * B::out.h + h) * B::out.w + w; }
  DEV int behind() const { return B::box.d == 1 ? (B::out.h - h) * B::out.w : (B::out.d - d) * (B::out.h * B::out.w); } // elements

  // The flat output position of tile element m, or -1 outside the output.
  DEV int position(int m) const {
    if constexpr (Flat)
      return m < behind() ? origin() + m : -1;
    const int x = w + m % B::box.w;
    const int y = h + m / B::box.w % B::box.h;
    const int z = d + m / (B::box.w * B::box.h);
    return x < B::out.w && y < B::out.h && z < B::out.d ? (z * B::out.h + y) * B::out.w + x : -1;
  }

  // Element first + lane of a loop in steps of Step, taken apart so that only what depends on the lane costs an instruction per
  // thread: `first` is the same in the whole warp.
  template <int Step> DEV Vec3 coordinates(int first, int lane) const {
    constexpr bool Within = B::box.w % Step == 0, Whole = Step % B::box.w == 0; // a step lies inside a line, or covers whole ones
    const int m = Within || Whole ? first : first + lane;
    const int line = m / B::box.w + (Whole && !Within ? lane / B::box.w : 0);
    const int x = w + (Whole && !Within ? lane % B::box.w : m % B::box.w + (Within ? lane : 0));
    return Vec3{d + line / B::box.h, h + line % B::box.h, x};
  }
  template <int Step> DEV bool inside(int first, int lane) const {
    if constexpr (Flat)
      return (volume(B::box) % Step == 0 || first + lane < volume(B::box)) &&
             ((B::covered.h <= B::out.h && B::covered.d <= B::out.d) || first + lane < behind());
    const Vec3 at = coordinates<Step>(first, lane);
    return (volume(B::box) % Step == 0 || first + lane < volume(B::box)) && (B::covered.w <= B::out.w || at.w < B::out.w) &&
           (B::covered.h <= B::out.h || at.h < B::out.h) && (B::covered.d <= B::out.d || at.d < B::out.d);
  }
  template <int Step> DEV int offset(int first, int lane) const {
    if constexpr (Flat)
      return origin() + first + lane;
    const Vec3 at = coordinates<Step>(first, lane);
    return (at.d * B::out.h + at.h) * B::out.w + at.w;
  }
};

template <class P, class T, bool Scatter> struct WindowBox {
  static constexpr Vec3 box = T::box, out = WindowExtents<P, T, Scatter>::out;
  static constexpr Vec3 covered = {roundUp(out.d, box.d), roundUp(out.h, box.h), roundUp(out.w, box.w)};
};

// Where this block works: image, origin of its box in the output, first output channel and how many of them there are.
template <class P, class T, bool Scatter> struct WindowPlace : BoxPlace<WindowBox<P, T, Scatter>> {
  DEV WindowPlace() : WindowPlace((int)blockIdx.x) {}
  DEV explicit WindowPlace(int box) {
    using Shape = WindowExtents<P, T, Scatter>;
    constexpr int PerGroup = ceilDiv(Shape::Written, T::channels);
    int rest = box;
    this->number = box;
    this->w = rest % Shape::boxes.w * T::box.w;
    rest /= Shape::boxes.w;
    this->h = rest % Shape::boxes.h * T::box.h;
    rest /= Shape::boxes.h;
    this->d = rest % Shape::boxes.d * T::box.d;
    this->image = rest / Shape::boxes.d;
    const int first = (int)blockIdx.y % PerGroup * T::channels;
    this->channel = (int)blockIdx.y / PerGroup * Shape::Written + first;
    this->channels = Shape::Written % T::channels == 0 ? T::channels : smaller(T::channels, Shape::Written - first);
  }
};

// The input coordinate, possibly negative, that starts the patch of a box which starts at output coordinate `origin`.
template <bool Scatter> DEV constexpr int windowBase(int origin, int stride, int taps, int padding, int dilation) {
  if (!Scatter)
    return origin * stride - padding;
  const int shift = ceilDiv((taps - 1) * dilation, stride); // keeps the dividend positive
  return (origin + padding - (taps - 1) * dilation + (shift + 1) * stride - 1) / stride - shift;
}

// What one phase is along one axis: its first tap and the patch coordinate that this tap reads for the first output of the
// phase, taken so that growing coordinates belong to tap, tap + next, tap + 2 * next, ...
struct WindowPhase {
  int tap, next, count, first;
};
template <bool Scatter>
DEV WindowPhase windowPhase(int phase, int origin, int base, int stride, int taps, int padding, int dilation, int period) {
  if (!Scatter)
    return WindowPhase{0, 1, taps, 0};
  const int sum = origin + phase + padding;
  int tap = taps;
  for (int t = 0; t < smaller(period, taps); t++)
    if ((sum + (stride - 1) * t * dilation) % stride == 0) // sum - t * dilation, kept positive
      tap = t;
  const int count = ceilDiv(taps - tap, period);
  const int last = tap + (count - 1) * period;
  return WindowPhase{last, -period, count, (sum - last * dilation) / stride - base};
}

// Brings `rows` rows of `count` floats each to shared memory with rows innermost, zeros for the rest of `Wide` rows: to[k][row].
// 4 rows x 8 floats per warp read whole sectors and write all banks. They arrive with waitForCopies.
template <class S, class T, int Most, class Action, class W>
DEV void windowTranspose(float *to, const W *from, index_t stride, int rows, int count, int warp) {
  constexpr int WarpsA = divisorWithin(T::threads / 32, S::Wide / 4), WarpsK = T::threads / 32 / WarpsA;
  const int lane = threadIdx.x % 32;
#pragma unroll 1
  for (int row = warp % WarpsA * 4 + lane / 8; row < S::Wide; row += WarpsA * 4) {
    const W *line = from + (row < rows ? row : 0) * stride;
#pragma unroll 4
    for (int k = warp / WarpsA * 8 + lane % 8; k < Most; k += 8 * WarpsK) {
      const bool exists = row < rows && k < count;
      Action::one(to + k * S::Pitch + row, line + (k < count ? k : 0), exists);
    }
  }
}

// Brings the weights of `count` reduction channels from `from` on to shared memory, output channels innermost, zeros beyond them and for
// the rest of a slice.
template <class S, class Action = Bring, class W, class P, class T, bool Scatter>
DEV void windowStageWeights(float *to, const W *weight, const WindowPlace<P, T, Scatter> &at, int from, int count) {
  const int group = at.channel / S::Written;
  const int first = at.channel - group * S::Written;
  const int warp = threadIdx.x / 32;
  if constexpr (Scatter) { // W[a, b, t]: rows are the taps of an output channel b, one set of them per reduction channel a
    const W *w = weight + ((index_t)(group * S::Reduced + from) * S::Written + first) * S::Taps;
#pragma unroll 1
    for (int a = 0; a < T::slice; a++)
      windowTranspose<S, T, S::Taps, Action>(to + a * S::Taps * S::Pitch, w + (index_t)(a < count ? a : 0) * (S::Written * S::Taps),
                                             S::Taps, a < count ? at.channels : 0, S::Taps, warp);
  } else { // W[a, b, t]: rows are the taps of all staged channels of an output channel a
    const W *w = weight + ((index_t)at.channel * S::Reduced + from) * S::Taps;
    windowTranspose<S, T, T::slice * S::Taps, Action>(to, w, S::Reduced * S::Taps, at.channels, count * S::Taps, warp);
  }
}

// One work item: a register tile of `rows` positions by `cols` channels in one phase.
template <class P, class T, bool Scatter> struct WindowItem {
  using S = WindowShape<P, T, Scatter>;
  int columns, d, h, w; // first column, and the first position inside the phase
  Vec3 phase;
  bool live;

  DEV explicit WindowItem(int item) {
    const int rest = item % S::PhaseItems;
    const int number = item / S::PhaseItems;
    const int lane = rest % S::Positions;
    live = item < S::Items && rest < S::Positions * S::ColGroups;
    columns = rest / S::Positions * T::cols;
    w = lane % S::lanes.w;
    h = lane / S::lanes.w % S::lanes.h * S::RowsH;
    d = lane / (S::lanes.w * S::lanes.h);
    phase = Vec3{number / (S::phases.w * S::phases.h), number / S::phases.w % S::phases.h, number % S::phases.w};
  }

  // Place of register row r inside the phase: rows are neighbours along h, whose window of inputs they share.
  DEV static constexpr Vec3 offset(int r) {
    return Vec3{r / (S::RowsH * S::RowsW) * S::lanes.d, r % S::RowsH, r / S::RowsH % S::RowsW * S::lanes.w};
  }

  // Paired: the phase along w that tap t meets, and the patch column it reads for the first output of that phase.
  DEV static constexpr int pairPhase(int t) { return S::Paired ? ((t * P::dilation.w - P::padding.w) % S::Pair + S::Pair) % S::Pair : 0; }
  DEV static constexpr int pairColumn(int t) {
    return S::Paired ? (pairPhase(t) + P::padding.w - t * P::dilation.w) / P::stride.w -
                           windowBase<Scatter>(0, P::stride.w, P::taps.w, P::padding.w, P::dilation.w)
                     : 0;
  }

  DEV static void weights(float (&to)[T::cols], const float *from) {
    if constexpr (T::cols % 4 == 0 || S::ColGroups == 1) {
      float4 quad[ceilDiv(T::cols, 4)];
#pragma unroll
      for (int j = 0; j < ceilDiv(T::cols, 4); j++)
        quad[j] = *(const float4 *)(from + 4 * j);
#pragma unroll
      for (int j = 0; j < T::cols; j++)
        to[j] = j % 4 == 0 ? quad[j / 4].x : j % 4 == 1 ? quad[j / 4].y : j % 4 == 2 ? quad[j / 4].z : quad[j / 4].w;
    } else {
#pragma unroll
      for (int j = 0; j < T::cols; j++)
        to[j] = from[j];
    }
  }

  // acc += the product-sum over `count` staged channels and all taps that meet the phase.
  DEV void multiply(float (&acc)[T::rows][T::cols], const float *weight, const float *patch, int count,
                    const WindowPlace<P, T, Scatter> &at, Vec3 base) const {
    const WindowPhase fd = windowPhase<Scatter>(phase.d, at.d, base.d, P::stride.d, P::taps.d, P::padding.d, P::dilation.d, S::period.d);
    const WindowPhase fh = windowPhase<Scatter>(phase.h, at.h, base.h, P::stride.h, P::taps.h, P::padding.h, P::dilation.h, S::period.h);
    const WindowPhase fw =
        S::Paired ? WindowPhase{0, 0, 1, 0}
                  : windowPhase<Scatter>(phase.w, at.w, base.w, P::stride.w, P::taps.w, P::padding.w, P::dilation.w, S::period.w);
    const float *x0 = patch + (fd.first + d * S::step.d) * S::slab + (fh.first + h * S::step.h) * S::row + fw.first + w;
    const float *w0 = weight + ((fd.tap * P::taps.h + fh.tap) * P::taps.w + fw.tap) * S::Pitch + columns;
    constexpr int Unroll = S::MostH <= 8 ? S::MostH : 1; // taps along h share the loaded window of rows; long ones would bloat the code
    constexpr int Across = S::Paired ? P::taps.w : 1;    // taps along w in one go
    // A gather meets all taps along w: one pass over a short window lets the loads of one tap overlap the products of another.
    constexpr int Sweep = !Scatter && T::rows * T::cols * S::MostH * P::taps.w <= 640 ? P::taps.w : 1;
#pragma unroll 1
    for (int c = 0; c < count; c++, x0 += S::plane, w0 += S::Taps * S::Pitch) {
#pragma unroll 1
      for (int kd = 0; kd < fd.count; kd++) {
#pragma unroll Sweep
        for (int kw = 0; kw < fw.count; kw++) {
          const int ahead = kw * S::reach.w;
          const float *x = x0 + kd * S::reach.d * S::slab + ahead % S::split * (S::row / S::split) + ahead / S::split;
          const float *w1 = w0 + (kd * fd.next * (P::taps.h * P::taps.w) + kw * fw.next) * S::Pitch;
#pragma unroll 1
          for (int k0 = 0; k0 < fh.count; k0 += Unroll) {
#pragma unroll
            for (int k = k0; k < k0 + Unroll; k++) {
              if (k < fh.count) {
#pragma unroll
                for (int t = 0; t < Across; t++) {
                  float b[T::cols];
                  weights(b, w1 + (k * fh.next * P::taps.w + t) * S::Pitch);
#pragma unroll
                  for (int r = 0; r < S::Places; r++) {
                    const int up = offset(r).d * S::step.d * S::slab + (offset(r).h * S::step.h + k * S::reach.h) * S::row;
                    const float a = x[up + offset(r).w + pairColumn(t)];
#pragma unroll
                    for (int j = 0; j < T::cols; j++)
                      acc[r * S::Pair + pairPhase(t)][j] += a * b[j];
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  // tile = acc, or tile += acc.
  template <bool Add> DEV void deposit(float *tile, const float (&acc)[T::rows][T::cols]) const {
    constexpr bool Twos = S::Pair == 2 && T::box.w % 2 == 0 && T::pitch % 2 == 0; // both phases of a pair in one store
    const int z = d * S::spread.d + phase.d;
    const int y = h * S::spread.h + phase.h;
    const int x = w * S::spread.w + phase.w;
    float *corner = tile + columns * T::pitch + (z * T::box.h + y) * T::box.w + x;
#pragma unroll
    for (int r = 0; r < T::rows; r += Twos ? 2 : 1) {
      const int down = offset(r / S::Pair).d * S::spread.d; // constants, once the loop is unrolled
      const int below = offset(r / S::Pair).h * S::spread.h;
      const int right = offset(r / S::Pair).w * S::spread.w + r % S::Pair;
      if (S::Exact || (z + down < T::box.d && y + below < T::box.h && x + right < T::box.w)) {
        float *to = corner + (down * T::box.h + below) * T::box.w + right;
#pragma unroll
        for (int j = 0; j < T::cols; j++) {
          if (T::channels % T::cols == 0 || columns + j < T::channels) {
            if constexpr (Twos) {
              float2 *cell = (float2 *)(to + j * T::pitch);
              *cell = Add ? float2{cell->x + acc[r][j], cell->y + acc[r + 1][j]} : float2{acc[r][j], acc[r + 1][j]};
            } else {
              to[j * T::pitch] = Add ? to[j * T::pitch] + acc[r][j] : acc[r][j];
            }
          }
        }
      }
    }
  }
};

template <class P, class T, bool Scatter, class Load, class W>
DEV void window(float *tile, float *pipe, const Load &load, const W *weight, const WindowPlace<P, T, Scatter> &at) {
  using S = WindowShape<P, T, Scatter>;
  using Item = WindowItem<P, T, Scatter>;
  static_assert(T::pitch >= volume(T::box), "expected a tile row to hold the box");
  float *patch = pipe + S::WeightFloats;
  const Vec3 base = {windowBase<Scatter>(at.d, P::stride.d, P::taps.d, P::padding.d, P::dilation.d),
                     windowBase<Scatter>(at.h, P::stride.h, P::taps.h, P::padding.h, P::dilation.h),
                     windowBase<Scatter>(at.w, P::stride.w, P::taps.w, P::padding.w, P::dilation.w)};
  if constexpr (S::Resident) {
    const Item item(threadIdx.x);
    float acc[T::rows][T::cols] = {};
#pragma unroll 1
    for (int from = 0; from < S::Reduced; from += T::slice) {
      const int count = S::Reduced % T::slice == 0 ? T::slice : smaller(T::slice, S::Reduced - from);
      windowStageWeights<S>(pipe, weight, at, from, count);
      stagePatch<S>(patch, load, at.image, at.channel / S::Written * S::Reduced + from, count, base);
      waitForCopies();
      __syncthreads();
      if (item.live)
        item.multiply(acc, pipe, patch, count, at, base);
      __syncthreads();
    }
    if (item.live)
      item.template deposit<false>(tile, acc);
  } else {
#pragma unroll 1
    for (int from = 0; from < S::Reduced; from += T::slice) {
      const int count = S::Reduced % T::slice == 0 ? T::slice : smaller(T::slice, S::Reduced - from);
      windowStageWeights<S>(pipe, weight, at, from, count);
      stagePatch<S>(patch, load, at.image, at.channel / S::Written * S::Reduced + from, count, base);
      waitForCopies();
      __syncthreads();
#pragma unroll 1
      for (int i = threadIdx.x; i < S::Items; i += T::threads) {
        const Item item(i);
        if (item.live) {
          float acc[T::rows][T::cols] = {};
          item.multiply(acc, pipe, patch, count, at, base);
          if (T::slice >= S::Reduced || from == 0)
            item.template deposit<false>(tile, acc);
          else
            item.template deposit<true>(tile, acc);
        }
      }
      __syncthreads();
    }
    return;
  }
  __syncthreads();
}

// On return tile[c * T::pitch + m] holds the sum of local channel c < at.channels at every tile element m inside the output.
// When every thread has at most one item (WindowShape::Resident) `tile` may alias `pipe`.
template <class P, class T, class Load, class W>
DEV void gather(float *tile, float *pipe, const Load &load, const W *weight, const WindowPlace<P, T, false> &at) {
  window<P, T, false>(tile, pipe, load, weight, at);
}
template <class P, class T, class Load, class W>
DEV void scatter(float *tile, float *pipe, const Load &load, const W *weight, const WindowPlace<P, T, true> &at) {
  window<P, T, true>(tile, pipe, load, weight, at);
}
