// Sums and (count, mean, M2) moments over a warp or a block, in an order that depends on thread numbers only.
// requires: base.cuh

// Every lane receives the same bits: each butterfly step adds the same two values in both lanes.
DEV float warpSum(float v) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2)
    v += __shfl_xor_sync(0xffffffffu, v, step);
  return v;
}

// Count, mean and sum of squared deviations of a set of values.
struct Moments {
  float count, mean, m2;

  // Chan's rule. A side without values leaves the other untouched, NaN and Inf included.
  DEV void merge(const Moments &other) {
    if (other.count == 0.0f)
      return;
    if (count == 0.0f) {
      *this = other;
      return;
    }
    const float total = count + other.count;
    const float share = other.count / total;
    const float delta = other.mean - mean;
    mean += delta * share;
    m2 += other.m2 + delta * delta * count * share;
    count = total;
  }
};

// The rule above is not symmetric in rounding, so both lanes of a pair merge the upper one into the lower one.
DEV Moments warpMerge(Moments m) {
#pragma unroll 1 // five divisions in line would cost more to compile than they save
  for (int step = 16; step > 0; step /= 2) {
    Moments other;
    other.count = __shfl_xor_sync(0xffffffffu, m.count, step);
    other.mean = __shfl_xor_sync(0xffffffffu, m.mean, step);
    other.m2 = __shfl_xor_sync(0xffffffffu, m.m2, step);
    const bool upper = threadIdx.x & step;
    Moments low = upper ? other : m;
    const Moments high = upper ? m : other;
    low.merge(high);
    m = low;
  }
  return m;
}

// The sum over the block, in every thread. The first barrier makes `scratch` free to use again at once.
template <int Threads> DEV float blockSum(float v, float *scratch) {
  static_assert(Threads % 32 == 0 && Threads <= 1024, "expected whole warps");
  const int lane = threadIdx.x % 32;
  v = warpSum(v);
  __syncthreads();
  if (lane == 0)
    scratch[threadIdx.x / 32] = v;
  __syncthreads();
  return warpSum(lane < Threads / 32 ? scratch[lane] : 0.0f);
}

// The moments over the block, in every thread. `scratch` holds 3 * 32 floats.
template <int Threads> DEV Moments blockMerge(Moments m, float *scratch) {
  static_assert(Threads % 32 == 0 && Threads <= 1024, "expected whole warps");
  const int lane = threadIdx.x % 32;
  m = warpMerge(m);
  __syncthreads();
  if (lane == 0) {
    const int warp = threadIdx.x / 32;
    scratch[warp] = m.count;
    scratch[32 + warp] = m.mean;
    scratch[64 + warp] = m.m2;
  }
  __syncthreads();
  Moments part = {0.0f, 0.0f, 0.0f};
  if (lane < Threads / 32) {
    part.count = scratch[lane];
    part.mean = scratch[32 + lane];
    part.m2 = scratch[64 + lane];
  }
  return warpMerge(part);
}

// Moments of the values that a warp's lanes meet one at a time, without a division each: sums about the mean of the first values, which
// lies closer to that of all than the values spread, so that nothing cancels even where the mean is a million times the deviation.
struct ShiftedSums {
  float shift = 0.0f, s = 0.0f, q = 0.0f, count = 0.0f;

  // All lanes call together, `live` where there is a value, as at least one has at the `first` call.
  DEV void add(float x, bool live, bool first) {
    if (first)
      shift = warpSum(live ? x : 0.0f) / warpSum(live ? 1.0f : 0.0f);
    const float d = x - shift;
    if (live) {
      s += d;
      q += d * d;
      count += 1.0f;
    }
  }

  // The moments over the warp, in every lane.
  DEV Moments moments() const {
    const float n = warpSum(count);
    const float sum = warpSum(s);
    const float offset = sum / n;
    const float m2 = warpSum(q) - sum * offset;
    return Moments{n, shift + offset, m2 < 0.0f ? 0.0f : m2}; // keeps NaN
  }
};
