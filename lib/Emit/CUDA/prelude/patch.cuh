// Brings a box of positions of several channels from an operand to shared memory, with zeros outside the operand.
// requires: base.cuh, copies.cuh

// Operand functor: `plain` and at(image, channel, p), the address of an element; or not plain and operator()(image, channel, p), its value.
// Geometry G: `in` extents of the operand, `patch` extents of the box, `channels` staged at a time, `plane` and `row` floats from
// channel to channel and from row to row, `split` runs that a row is dealt into by its w remainder, `threads`.
// `first` is the operand channel of staged channel 0, `count` how many exist; `base` is where the box starts, maybe outside.
// A plain operand arrives with waitForCopies. What is computed is stored as words of `Words`, in the place of their first channel; with
// packed words `channels` is even.
//
// A functor of tensors that lie channels-last says `channelsLast`. Its lanes take eight neighbouring channels, a sector, of as many places.
template <class Load> DEV constexpr auto liesChannelsLast(int) -> decltype(bool(Load::channelsLast)) { return Load::channelsLast; }
template <class Load> DEV constexpr bool liesChannelsLast(long) { return false; }

template <class G, class Action = Bring, class Words = AsComputed, class Load>
DEV void stagePatch(float *to, const Load &load, int image, int first, int count, Vec3 base) {
  constexpr int Pixels = volume(G::patch);
  constexpr bool Last = liesChannelsLast<Load>(0);
  // Lanes that share a place, each with `Side` channels in a row: those of a word.
  constexpr int Side = Last ? Words::pack : 1, Lanes = Last ? smaller(8 / Side, ceilDiv(G::channels, Side)) : 1;
  // Channels per thread and pixel, and pixels per turn: their loads are in flight together and share the arithmetic of a place.
  constexpr int Run = Last                                           ? Side * smaller(4 / Side, ceilDiv(G::channels, Side * Lanes))
                      : G::channels <= 8 && Pixels >= G::threads / 2 ? G::channels
                      : G::channels < 4                              ? G::channels
                                                                     : 4;
  constexpr int Items = Pixels * Lanes * ceilDiv(G::channels, Run * Lanes);
  constexpr int Turn = Load::plain ? 1 : smaller(ceilDiv(Items, G::threads), Run <= 2 ? 4 : Run <= 4 ? 2 : 1);
  constexpr bool Whole = Items % (Turn * G::threads) == 0, Even = G::channels % (Run * Lanes) == 0;
#pragma unroll 1
  for (int i = threadIdx.x; i < Items; i += Turn * G::threads) {
    float v[Turn][Run];
    int cell[Turn], run[Turn]; // of the thread's first channel
#pragma unroll
    for (int j = 0; j < Turn; j++) {
      // Behind the last item comes the last one again, so that everything is in range. Unsigned numbers are cheaper to divide.
      const unsigned item = Whole || Turn == 1 ? i + j * G::threads : smaller(i + j * G::threads, Items - 1);
      const unsigned place = item / Lanes;
      const unsigned pixel = G::channels <= Run * Lanes ? place : place % Pixels;
      run[j] = (G::channels <= Run * Lanes ? 0 : place / Pixels * (Run * Lanes)) + item % Lanes * Side;
      const unsigned px = pixel % G::patch.w;
      const unsigned line = pixel / G::patch.w;
      const unsigned py = G::patch.d == 1 ? line : line % G::patch.h;
      const unsigned pz = G::patch.d == 1 ? 0 : line / G::patch.h;
      const int x = base.w + (int)px;
      const int y = base.h + (int)py;
      const int z = base.d + (int)pz;
      const bool inside = (unsigned)x < (unsigned)G::in.w && (unsigned)y < (unsigned)G::in.h && (unsigned)z < (unsigned)G::in.d;
      const int p = inside ? (z * G::in.h + y) * G::in.w + x : 0; // outside, any element will do: no branch parts the loads
      cell[j] = run[j] * G::plane + line * G::row + px % G::split * (G::row / G::split) + px / G::split;
#pragma unroll
      for (int c = 0; c < Run; c++) {
        const int ahead = c / Side * (Side * Lanes) + c % Side; // channels from the thread's first one
        const bool exists = (count == G::channels && Even) || run[j] + ahead < count;
        const int channel = first + (exists ? run[j] + ahead : 0);
        if constexpr (!Load::plain) {
          const float value = load(image, channel, p);
          v[j][c] = inside && exists ? value : 0.0f;
        } else if (Even || run[j] + ahead < G::channels) {
          float *at = to + cell[j] + ahead * G::plane;
          if constexpr (Action::brings)
            Action::one(at, load.at(image, channel, p), inside && exists);
          else if (c % Action::pack == 0)
            Action::words(at, G::plane);
        }
      }
    }
    if constexpr (!Load::plain) {
#pragma unroll
      for (int j = 0; j < Turn; j++)
#pragma unroll
        for (int c = 0; c < Run; c += Words::pack) {
          const int ahead = c / Side * (Side * Lanes) + c % Side;
          if ((Whole || i + j * G::threads < Items) && (Even || run[j] + ahead < G::channels))
            to[cell[j] + ahead * G::plane] = Words::word(v[j][c], Words::pack > 1 ? v[j][(c + 1) % Run] : 0.0f);
        }
    }
  }
}
