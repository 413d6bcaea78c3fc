// How a window lies in shared memory for the products of warpgroups, and how its places are dealt to them.
// requires: base.cuh, window.cuh
//
// Four words of neighbouring reduction channels lie together, as a quad of 16 bytes: those of a place of the patch, and those of a tap and
// an output channel. A step multiplies two quads. All quads of the same channels form a plane, in which places lie in the order of the
// patch: a tap is a distance, the same for all places. Runs of eight neighbouring places, the same distance apart, make tiles of 64 places:
// either 64 places in a row that runs on into what lies around the box (what falls there is computed and dropped), or squares of eight
// by eight; whichever covers the box with fewer tiles.
// Tile T: box, channels, slice (a multiple of a step's channels), threads, pitch as in window.cuh; tapSlice: how many taps' weights are
// staged at a time, all of them or, where all taps meet every place, fewer; `walks`: blocks walk boxes (window-walk.cuh); warpPlaces (16
// per tile of 64) x warpChannels per warp, of every phase; `stagers` threads, the last ones, that bring operands, each `batch` quads of the
// patch at a time; `Products` names the warpgroup's struct (wgmma.cuh), whose columns are warpChannels. Shared memory (`pipe`, 16-byte
// aligned): tables, then one buffer of weights, or two with several slices, then one of the patch, or two with several slices of channels
// or where blocks walk. Sizes per axis, in plain arithmetic:
//   spread, step, period, phases (nothing is paired) and cover as in window.cuh
//
//   parts = dilation == 1 ? min(step, taps) : step    (only those that a tap reads)
//
//   sub = ceil(patch / step), patch from window.cuh with full = cover; row = sub.w, part = volume(sub)
//
//   lines = ceil(((cover.h - 1) * row + cover.w) / 64), squares = ceil(cover.w / 8) * ceil(cover.h / 8)
//
//   tiles = cover.d * min(lines, squares)
//
//   over = squares < lines ? (ceil(cover.h / 8) * 8 - cover.h) * row + ceil(cover.w / 8) * 8 - cover.w
//                          : lines * 64 - (cover.h - 1) * row - cover.w
//
//   plane = volume(parts) * part + over, wide = ceil(channels / warpChannels) * warpChannels + 1
//
//   table = ceil(((walks ? 2 : 1) * volume(phases) * (4 + volume(ceil(taps / period))) + 2 * volume(taps) + plane) / 4) * 4
//
//   floats = table + slice / pack * ((slice < reduced or tapSlice < volume(taps) ? 2 : 1) * tapSlice * wide + (slice < reduced or walks ?
//   2 : 1) * plane)

template <class P, class T, bool Scatter> struct TogetherShape : WindowExtents<P, T, Scatter> {
  using E = WindowExtents<P, T, Scatter>;
  using Factors = typename T::Factors;
  static constexpr Vec3 spread = E::spread, step = E::step, period = E::period, cover = E::cover;
  static constexpr Vec3 phases = {smaller(spread.d, T::box.d), smaller(spread.h, T::box.h), smaller(spread.w, T::box.w)};
  static constexpr int Phases = volume(phases);
  static constexpr int Quad = 4 * Factors::pack, Step = 2 * Quad; // channels
  static_assert(T::slice % Step == 0, "expected whole steps");

  DEV static constexpr int partsOf(int step, int taps, int dilation) { return dilation == 1 ? smaller(step, taps) : step; }
  static constexpr Vec3 parts = {partsOf(step.d, P::taps.d, P::dilation.d), partsOf(step.h, P::taps.h, P::dilation.h),
                                 partsOf(step.w, P::taps.w, P::dilation.w)};
  static constexpr Vec3 sub = {ceilDiv(windowSpan<Scatter>(cover.d, P::stride.d, P::taps.d, P::dilation.d), step.d),
                               ceilDiv(windowSpan<Scatter>(cover.h, P::stride.h, P::taps.h, P::dilation.h), step.h),
                               ceilDiv(windowSpan<Scatter>(cover.w, P::stride.w, P::taps.w, P::dilation.w), step.w)};
  static constexpr int row = sub.w, slab = row * sub.h, part = slab * sub.d;

  static constexpr int Run = (cover.h - 1) * row + cover.w; // places of a slab, with what lies between its lines
  static constexpr int Lines = ceilDiv(Run, 64), Across = ceilDiv(cover.w, 8), Down = ceilDiv(cover.h, 8);
  static constexpr bool Squares = Across * Down < Lines;
  static constexpr int SlabTiles = Squares ? Across * Down : Lines, Tiles = cover.d * SlabTiles;
  static constexpr int Over = Squares ? (8 * Down - cover.h) * row + 8 * Across - cover.w : 64 * Lines - Run;
  static constexpr int plane = volume(parts) * part + Over;
  static constexpr int NextRun = Squares ? row : 8; // places between the runs of a tile

  static constexpr int Rows = T::warpPlaces / 16; // tiles of a warpgroup
  static constexpr int PlaceGroups = ceilDiv(Tiles, Rows), ChannelGroups = ceilDiv(T::channels, T::warpChannels);
  static constexpr int Multiplying = PlaceGroups * ChannelGroups * 128; // the first threads
  static_assert(T::warpPlaces % 16 == 0 && Multiplying + T::stagers == T::threads && T::Products::columns == T::warpChannels,
                "expected one share per warpgroup");
  static_assert(T::stagers % 32 == 0 && T::stagers > 0, "expected warps that stage");

  // Taps that meet a phase together form a class: quads of weights lie by class, then channels, then taps, then output channels, with one
  // quad in between that spares banks.
  static constexpr int Classes = volume(period), Wide = ChannelGroups * T::warpChannels + 1, Quads = T::slice / Quad;
  DEV static constexpr int tapsOf(int extent, int period, int residue) { return residue < extent ? ceilDiv(extent - residue, period) : 0; }
  DEV static constexpr int tapsOfClass(int number) {
    return tapsOf(P::taps.d, period.d, number / (period.h * period.w)) * tapsOf(P::taps.h, period.h, number / period.w % period.h) *
           tapsOf(P::taps.w, period.w, number % period.w);
  }
  DEV static constexpr int firstOf(int number) { // quads of an output channel in front of a class
    int k = 0;
    for (int i = 0; i < number; i++)
      k += Quads * tapsOfClass(i);
    return k;
  }
  DEV static constexpr int classOf(Vec3 tap) { return (tap.d % period.d * period.h + tap.h % period.h) * period.w + tap.w % period.w; }
  // The place of a tap among those of its class along one axis, as phases come to them.
  DEV static constexpr int within(int tap, int extent, int period) {
    return Scatter ? tapsOf(extent, period, tap % period) - 1 - tap / period : tap;
  }
  // Whether as many taps meet each phase.
  static constexpr bool Alike = period.d == spread.d && period.h == spread.h && period.w == spread.w && P::taps.d % period.d == 0 &&
                                P::taps.h % period.h == 0 && P::taps.w % period.w == 0;
  static constexpr int MostTaps = ceilDiv(P::taps.d, period.d) * ceilDiv(P::taps.h, period.h) * ceilDiv(P::taps.w, period.w);
  // Where blocks walk boxes, those who stage may be a box ahead of those who multiply.
  static constexpr int PhaseTables = T::walks ? 2 : 1;
  static constexpr int TableFloats = roundUp(PhaseTables * Phases * (4 + MostTaps) + 2 * E::Taps + plane, 4);
  // A turn multiplies a slice of taps of a slice of channels.
  static constexpr int TapSlices = ceilDiv(E::Taps, T::tapSlice), Turns = ceilDiv(E::Reduced, T::slice) * TapSlices;
  static_assert(TapSlices == 1 || (Classes == 1 && Phases == 1), "expected slices of taps where all meet every place");
  static constexpr int WeightFloats = 4 * Quads * T::tapSlice * Wide, PatchFloats = 4 * Quads * plane;
  static constexpr int WeightBuffers = Turns > 1 ? 2 : 1, PatchBuffers = T::walks || Turns > TapSlices ? 2 : 1;
  static constexpr bool Stays = Turns <= WeightBuffers; // all weights
  // Where in the buffers the weights and the patch lie for a turn of a block's box number `box`.
  DEV static constexpr int weightsOf(int box, int turn) { return (Stays ? turn : (box * Turns + turn) % 2) * WeightFloats; }
  DEV static constexpr int patchOf(int box, int turn) {
    return WeightBuffers * WeightFloats + (box * (Turns / TapSlices) + turn / TapSlices) % 2 * PatchFloats;
  }
  static constexpr int PipeFloats = TableFloats + WeightBuffers * WeightFloats + PatchBuffers * PatchFloats;
  // Quads of weights between quads of channels.
  DEV static constexpr int nextQuad(int count) { return (TapSlices == 1 ? count : T::tapSlice) * Wide; }
  static_assert(plane < 16384 && nextQuad(MostTaps) < 16384, "expected distances that a product's description can hold");
};

template <class P, class T, bool Scatter> DEV constexpr int togetherPipeFloats() { return TogetherShape<P, T, Scatter>::PipeFloats; }

// The tables in front of the buffers.
template <class P, class T, bool Scatter> struct TogetherTables {
  using S = TogetherShape<P, T, Scatter>;
  // Taps that meet each; its first quad of weights; quads of weights from a tap to the same one of the next quad of channels; turns.
  int4 *phases;
  int2 *quads; // of each tap: its first quad of weights, and as in `phases`
  int *taps;   // of each phase: how far the places that a tap reads lie from its box's corner
  int *places; // of a plane: where in a channel of memory, -1 outside

  // `box`: of which of the boxes that blocks walk.
  DEV explicit TogetherTables(float *at, int box = 0)
      : phases((int4 *)at + box % S::PhaseTables * S::Phases), quads((int2 *)((int4 *)at + S::PhaseTables * S::Phases)),
        taps((int *)(quads + S::Taps) + box % S::PhaseTables * S::Phases * S::MostTaps),
        places((int *)(quads + S::Taps) + S::PhaseTables * S::Phases * S::MostTaps) {}

  // One turn is looked up: ptxas would clear sums where a phase's products begin, and have products wait for each other.
  DEV int turns() const { return S::Turns > 1 ? S::Turns : phases[0].w; }

  // What belongs to a box; thread `me` of All.
  template <int All> DEV void fillBox(const WindowPlace<P, T, Scatter> &at, int me) const {
    const Vec3 base = {windowBase<Scatter>(at.d, P::stride.d, P::taps.d, P::padding.d, P::dilation.d),
                       windowBase<Scatter>(at.h, P::stride.h, P::taps.h, P::padding.h, P::dilation.h),
                       windowBase<Scatter>(at.w, P::stride.w, P::taps.w, P::padding.w, P::dilation.w)};
#pragma unroll 1
    for (int i = me; i < S::Phases * S::MostTaps; i += All) {
      const int number = i / S::MostTaps;
      const int k = i % S::MostTaps;
      const WindowPhase fd = windowPhase<Scatter>(number / (S::phases.w * S::phases.h), at.d, base.d, P::stride.d, P::taps.d, P::padding.d,
                                                  P::dilation.d, S::period.d);
      const WindowPhase fh = windowPhase<Scatter>(number / S::phases.w % S::phases.h, at.h, base.h, P::stride.h, P::taps.h, P::padding.h,
                                                  P::dilation.h, S::period.h);
      const WindowPhase fw =
          windowPhase<Scatter>(number % S::phases.w, at.w, base.w, P::stride.w, P::taps.w, P::padding.w, P::dilation.w, S::period.w);
      const int count = fd.count * fh.count * fw.count;
      if (k == 0) {
        const int number2 = count > 0 ? S::classOf(Vec3{fd.tap, fh.tap, fw.tap}) : 0;
        phases[number] = int4{count, S::firstOf(number2) * S::Wide, S::nextQuad(count), S::Turns};
      }
      if (k < count) {
        const int w = fw.first + k % fw.count * S::reach.w;
        const int h = fh.first + k / fw.count % fh.count * S::reach.h;
        const int d = fd.first + k / (fw.count * fh.count) * S::reach.d;
        taps[i] = ((d % S::step.d * S::parts.h + h % S::step.h) * S::parts.w + w % S::step.w) * S::part + d / S::step.d * S::slab +
                  h / S::step.h * S::row + w / S::step.w;
      }
    }
#pragma unroll 1
    for (int i = me; i < S::plane; i += All) {
      const int part = i / S::part;
      const int in = i % S::part;
      const int w = base.w + in % S::row * S::step.w + part % S::parts.w;
      const int h = base.h + in / S::row % S::sub.h * S::step.h + part / S::parts.w % S::parts.h;
      const int d = base.d + in / S::slab * S::step.d + part / (S::parts.w * S::parts.h);
      const bool inside =
          part < volume(S::parts) && (unsigned)w < (unsigned)S::in.w && (unsigned)h < (unsigned)S::in.h && (unsigned)d < (unsigned)S::in.d;
      places[i] = inside ? (d * S::in.h + h) * S::in.w + w : -1;
    }
  }

  // What belongs to all boxes.
  template <int All> DEV void fillQuads(int me) const {
#pragma unroll 1
    for (int tap = me; tap < S::Taps; tap += All) {
      const Vec3 t = {tap / (P::taps.h * P::taps.w), tap / P::taps.w % P::taps.h, tap % P::taps.w};
      const int number = S::classOf(t);
      const int index = (S::within(t.d, P::taps.d, S::period.d) * S::tapsOf(P::taps.h, S::period.h, t.h % S::period.h) +
                         S::within(t.h, P::taps.h, S::period.h)) *
                            S::tapsOf(P::taps.w, S::period.w, t.w % S::period.w) +
                        S::within(t.w, P::taps.w, S::period.w);
      quads[tap] = int2{(S::firstOf(number) + index) * S::Wide, S::nextQuad(S::tapsOfClass(number))};
    }
  }
};
