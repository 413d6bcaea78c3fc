// Merges over the few neighbouring lanes of a warp that hold a run in their registers; every lane gets the same bits.
// requires: base.cuh, reduce.cuh, sweep.cuh

// The lane `step` away adds the same two values: the order of a sum's operands does not show.
template <int Lanes> DEV float lanesSum(float v) {
  static_assert(Lanes >= 1 && Lanes <= 32 && (Lanes & (Lanes - 1)) == 0, "expected a power of two of at most 32 lanes");
#pragma unroll
  for (int step = 1; step < Lanes; step *= 2)
    v += __shfl_xor_sync(0xffffffffu, v, step);
  return v;
}

template <int Lanes> DEV SumOf lanesAll(const SumOf &mine) { return SumOf{lanesSum<Lanes>(mine.value)}; }

// Of two lanes the upper one is always merged into the lower one.
template <int Lanes, class T> DEV T lanesAll(T mine) {
#pragma unroll
  for (int step = 1; step < Lanes; step *= 2) {
    const T other = shuffled(mine, step);
    const bool upper = threadIdx.x & step;
    T low = upper ? other : mine;
    const T high = upper ? mine : other;
    low.merge(high);
    mine = low;
  }
  return mine;
}

// The moments of a run of `Count` values without a division per merge: a mean from all lanes' sums, then the sums about it, whose first
// takes back what the mean was rounded by.
template <int Lanes, int Count> DEV Moments lanesMoments(const MomentsOf &mine) {
  constexpr float one = 1.0f / (float)Count;
  const float n = (float)mine.n;
  const float mean = lanesSum<Lanes>(mine.shift * (n * one) + mine.s * one);
  const float away = mean - mine.shift;
  const float s = lanesSum<Lanes>(mine.s - n * away);
  const float q = lanesSum<Lanes>(mine.q - away * (2.0f * mine.s - n * away));
  const float offset = s * one;
  const float m2 = q - s * offset;
  return Moments{(float)Count, mean + offset, m2 < 0.0f ? 0.0f : m2}; // keeps NaN
}
