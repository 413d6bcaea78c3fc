// Where the weights of a window lie in shared memory for the products of warpgroups.
// requires: base.cuh, window.cuh

// How the weights of a slice lie for warpgroups: bricks of four k, each with a quad per output channel and a quad in between. Taps that
// meet a phase together form a class, whose k are neighbours and begin a step of eight.
template <class P, class T, bool Scatter, int Wide> struct TensorWindowBricks {
  using E = WindowExtents<P, T, Scatter>;
  static constexpr Vec3 period = E::period;
  static constexpr int Classes = volume(period), Brick = 4 * (Wide + 1);
  // Quads of k lie together in memory too.
  static constexpr bool Direct = !Scatter && E::Reduced * E::Taps % 4 == 0 && T::slice * E::Taps % 4 == 0;
  // Else a quad holds a tap of four channels, where slices have so many, or any four words.
  static constexpr bool Fours = !Direct && T::slice % 4 == 0, TapsFirst = !Fours;
  DEV static constexpr int tapsOf(int extent, int period, int residue) { return residue < extent ? ceilDiv(extent - residue, period) : 0; }
  DEV static constexpr int tapsOfClass(int number) {
    return tapsOf(P::taps.d, period.d, number / (period.h * period.w)) * tapsOf(P::taps.h, period.h, number / period.w % period.h) *
           tapsOf(P::taps.w, period.w, number % period.w);
  }
  DEV static constexpr int firstOf(int number) {
    int k = 0;
    for (int i = 0; i < number; i++)
      k += roundUp(T::slice * tapsOfClass(i), 8);
    return k;
  }
  DEV static constexpr int classOf(Vec3 tap) { return (tap.d % period.d * period.h + tap.h % period.h) * period.w + tap.w % period.w; }
  // The place of a tap among those of its class along one axis, as phases come to them.
  DEV static constexpr int within(int tap, int extent, int period) {
    return Scatter ? tapsOf(extent, period, tap % period) - 1 - tap / period : tap;
  }
  static constexpr int Words = firstOf(Classes), Floats = Words / 4 * Brick; // of a slice, with what fills up the steps
  static constexpr bool Filled = Words != T::slice * E::Taps;
  static constexpr int TableInts = Direct ? 0 : Fours ? E::Taps : 2 * Words;

  DEV static int at(int k) { return k / 4 * Brick + k % 4; }
  // The first k of a tap, and from reduction channel to reduction channel.
  DEV static int2 placeOf(int tap) {
    const Vec3 t = {tap / (P::taps.h * P::taps.w), tap / P::taps.w % P::taps.h, tap % P::taps.w};
    const int number = classOf(t);
    const int index = (within(t.d, P::taps.d, period.d) * tapsOf(P::taps.h, period.h, t.h % period.h) + within(t.h, P::taps.h, period.h)) *
                          tapsOf(P::taps.w, period.w, t.w % period.w) +
                      within(t.w, P::taps.w, period.w);
    return int2{firstOf(number) + (TapsFirst ? index : index * T::slice), TapsFirst ? tapsOfClass(number) : 1};
  }
  // Notes what stages of weights look up: the first k of each tap, or each word's place in memory (-1 where there is none) and channel.
  DEV static void note(int *table) {
    if constexpr (Fours) {
      for (int tap = threadIdx.x; tap < E::Taps; tap += T::threads)
        table[tap] = placeOf(tap).x;
    } else if constexpr (!Direct) {
      int2 *words = (int2 *)table;
#pragma unroll 1
      for (int number = 0; number < Classes; number++) { // each cell by one thread
        const int last = firstOf(number + 1);
        for (int k = firstOf(number) + T::slice * tapsOfClass(number) + threadIdx.x; k < last; k += T::threads)
          words[k] = int2{-1, 0};
      }
#pragma unroll 1
      for (int i = threadIdx.x; i < T::slice * E::Taps; i += T::threads) {
        const int channel = i / E::Taps;
        const int tap = i % E::Taps;
        const int2 place = placeOf(tap);
        words[place.x + channel * place.y] = int2{channel * ((Scatter ? E::Written : 1) * E::Taps) + tap, channel};
      }
    }
  }
};
