// What a block that sweeps over runs of elements gathers per reduction, and how the threads' shares merge, in an order that depends on
// thread numbers only.
// requires: base.cuh, extremes.cuh, reduce.cuh, part.cuh

DEV float negativeInfinity() { return __int_as_float(0xff800000); }

struct SumOf {
  float value;
  static DEV SumOf none() { return SumOf{0.0f}; }
  DEV void add(float v, int) { value += v; }
  DEV void merge(const SumOf &other) { value += other.value; }
};

struct MaxOf {
  float value;
  static DEV MaxOf none() { return MaxOf{negativeInfinity()}; }
  DEV void add(float v, int) { value = largerOrNan(value, v); }
  DEV void merge(const MaxOf &other) { add(other.value, 0); }
};

struct MinOf {
  float value;
  static DEV MinOf none() { return MinOf{-negativeInfinity()}; }
  DEV void add(float v, int) { value = smallerOrNan(value, v); }
  DEV void merge(const MinOf &other) { add(other.value, 0); }
};

// Moments of the values one thread meets, without a division each: sums about the first value, which lies as close to the mean as the
// values spread, so that nothing cancels even where the mean is a million times the deviation.
struct MomentsOf {
  float shift, s, q;
  int n;
  static DEV MomentsOf none() { return MomentsOf{0.0f, 0.0f, 0.0f, 0}; }
  DEV void add(float v, int) {
    shift = n == 0 ? v : shift;
    const float d = v - shift;
    s += d;
    q += d * d;
    n++;
  }
  DEV Moments moments() const {
    if (n == 0)
      return Moments{0.0f, 0.0f, 0.0f};
    const float count = (float)n;
    const float offset = s / count;
    const float m2 = q - s * offset;
    return Moments{count, shift + offset, m2 < 0.0f ? 0.0f : m2}; // keeps NaN
  }
};

// The place of the first extreme. NaN is more extreme than any number; `Sign` -1 looks for the minimum.
template <int Sign> struct PlaceOf {
  float best;
  int place;
  static DEV PlaceOf none() { return PlaceOf{Sign * negativeInfinity(), 0x7fffffff}; }
  DEV void add(float v, int at) {
    const bool ahead = Sign > 0 ? v > best : v < best;
    const bool level = v == best || (v != v && best != best);
    const bool firstNan = v != v && best == best;
    if (firstNan || (best == best && ahead) || (level && at < place)) {
      best = v;
      place = at;
    }
  }
  DEV void merge(const PlaceOf &other) { add(other.best, other.place); }
};

DEV SumOf shuffled(const SumOf &v, int step) { return SumOf{__shfl_xor_sync(0xffffffffu, v.value, step)}; }
DEV MaxOf shuffled(const MaxOf &v, int step) { return MaxOf{__shfl_xor_sync(0xffffffffu, v.value, step)}; }
DEV MinOf shuffled(const MinOf &v, int step) { return MinOf{__shfl_xor_sync(0xffffffffu, v.value, step)}; }
template <int Sign> DEV PlaceOf<Sign> shuffled(const PlaceOf<Sign> &v, int step) {
  PlaceOf<Sign> other;
  other.best = __shfl_xor_sync(0xffffffffu, v.best, step);
  other.place = __shfl_xor_sync(0xffffffffu, v.place, step);
  return other;
}
DEV Moments shuffled(const Moments &v, int step) {
  Moments other;
  other.count = __shfl_xor_sync(0xffffffffu, v.count, step);
  other.mean = __shfl_xor_sync(0xffffffffu, v.mean, step);
  other.m2 = __shfl_xor_sync(0xffffffffu, v.m2, step);
  return other;
}

// The warp's merge, the same bits in every lane: of two lanes the upper one is always merged into the lower one.
template <class T> DEV T warpAll(T mine) {
#pragma unroll 1
  for (int step = 1; step < 32; step *= 2) {
    const T other = shuffled(mine, step);
    const bool upper = threadIdx.x & step;
    T low = upper ? other : mine;
    const T high = upper ? mine : other;
    low.merge(high);
    mine = low;
  }
  return mine;
}

// The block's merge in every thread. The first barrier makes `scratch`, one entry per warp, free to use again at once.
template <int Threads, class T> DEV T blockAll(T mine, T *scratch) {
  mine = warpAll(mine);
  __syncthreads();
  if (threadIdx.x % 32 == 0)
    scratch[threadIdx.x / 32] = mine;
  __syncthreads();
  T all = scratch[0];
#pragma unroll 1
  for (int warp = 1; warp < Threads / 32; warp++)
    all.merge(scratch[warp]);
  return all;
}

// The merge over the threads of one column, `Lanes` apart, in each of them. `scratch` has an entry per thread. `Part`: the first `Threads`
// of a block.
template <int Lanes, int Threads, bool Part, class T> DEV T columnAll(T mine, T *scratch) {
  meetEpilogue<Threads, Part>();
  scratch[threadIdx.x] = mine;
  meetEpilogue<Threads, Part>();
  T all = scratch[threadIdx.x % Lanes];
#pragma unroll 1
  for (int from = threadIdx.x % Lanes + Lanes; from < Threads; from += Lanes)
    all.merge(scratch[from]);
  return all;
}
