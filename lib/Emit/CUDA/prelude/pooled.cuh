// Pools of a contraction's tile: windows do not overlap, and a tile's box is made of whole windows, so each lies in one block.
// requires: window.cuh, pool.cuh

template <class P, class T> struct PooledBox {
  static constexpr Vec3 box = {T::box.d / P::stride.d, T::box.h / P::stride.h, T::box.w / P::stride.w};
  static constexpr Vec3 out = P::small;
  static constexpr Vec3 covered = {roundUp(P::large.d, T::box.d) / P::stride.d, roundUp(P::large.h, T::box.h) / P::stride.h,
                                   roundUp(P::large.w, T::box.w) / P::stride.w};
  static_assert(box.d * P::stride.d == T::box.d && box.h * P::stride.h == T::box.h && box.w * P::stride.w == T::box.w,
                "expected a box of whole windows");
  // Whether the last windows reach over the edge.
  static constexpr bool Clipped = (P::small.d - 1) * P::stride.d + (P::kernel.d - 1) * P::dilation.d >= P::large.d ||
                                  (P::small.h - 1) * P::stride.h + (P::kernel.h - 1) * P::dilation.h >= P::large.h ||
                                  (P::small.w - 1) * P::stride.w + (P::kernel.w - 1) * P::dilation.w >= P::large.w;
};

// Where a block's windows lie in the pool's result.
template <class P, class T> struct PooledPlace : BoxPlace<PooledBox<P, T>> {
  template <class At> DEV PooledPlace(const At &at) {
    this->image = at.image;
    this->channel = at.channel;
    this->channels = at.channels;
    this->d = at.d / P::stride.d;
    this->h = at.h / P::stride.h;
    this->w = at.w / P::stride.w;
  }
};

// Calls visit(element) for the elements of the block's window q, which `line`, a channel of the tile, holds: 16-byte aligned, and whole
// rows of a window at a time where they lie side by side.
template <class P, class T, class Place, class Visit> DEV void eachTapOfTile(const float *line, const Place &at, int q, Visit visit) {
  constexpr int Unroll = volume(P::kernel) <= 32 ? 32 : 1; // long loops would bloat the code
  constexpr bool Aligned = !PooledBox<P, T>::Clipped && P::dilation.w == 1 && P::stride.w == P::kernel.w && T::pitch % 4 == 0;
  constexpr int Fours = Aligned && P::kernel.w % 4 == 0 && T::box.w % 4 == 0;
  constexpr int Wide = Fours ? 4 : Aligned && P::kernel.w % 2 == 0 && T::box.w % 2 == 0 ? 2 : 1;
  const Vec3 i = placeIn(PooledBox<P, T>::box, q);
#pragma unroll Unroll
  for (int td = 0; td < P::kernel.d; td++) {
#pragma unroll Unroll
    for (int th = 0; th < P::kernel.h; th++) {
#pragma unroll Unroll
      for (int tw = 0; tw < P::kernel.w; tw += Wide) {
        const int d = i.d * P::stride.d + td * P::dilation.d;
        const int h = i.h * P::stride.h + th * P::dilation.h;
        const int w = i.w * P::stride.w + tw * P::dilation.w;
        const float *from = line + ((d * T::box.h + h) * T::box.w + w);
        if constexpr (Wide == 4) {
          const float4 v = *(const float4 *)from;
          visit(v.x);
          visit(v.y);
          visit(v.z);
          visit(v.w);
        } else if constexpr (Wide == 2) {
          const float2 v = *(const float2 *)from;
          visit(v.x);
          visit(v.y);
        } else if (!PooledBox<P, T>::Clipped || (at.d + d < P::large.d && at.h + h < P::large.h && at.w + w < P::large.w)) {
          visit(*from);
        }
      }
    }
  }
}

// `element` is applied to each element first.
template <class P, class T, class Place, class Element>
DEV float averageOfTile(const float *line, const Place &at, const Element &element, int q) {
  float sum = 0.0f;
  eachTapOfTile<P, T>(line, at, q, [&](float v) { sum += element(v); });
  if constexpr (P::divisor != 0 || !PooledBox<P, T>::Clipped) {
    return sum / (float)(P::divisor != 0 ? P::divisor : volume(P::kernel));
  } else {
    const Vec3 i = placeIn(PooledBox<P, T>::box, q);
    return sum / averageDivisor<P>(Vec3{at.d / P::stride.d + i.d, at.h / P::stride.h + i.h, at.w / P::stride.w + i.w});
  }
}
template <class P, class T, class Place> DEV float averageOfTile(const float *line, const Place &at, int q) {
  return averageOfTile<P, T>(line, at, [](float v) { return v; }, q);
}

// A window's largest value; NaN is handed on.
template <class P, class T, class Place, class Element>
DEV float maxOfTile(const float *line, const Place &at, const Element &element, int q) {
  float best = __int_as_float(0xff800000);
  eachTapOfTile<P, T>(line, at, q, [&](float v) { best = largerOrNan(best, element(v)); });
  return best;
}
template <class P, class T, class Place> DEV float maxOfTile(const float *line, const Place &at, int q) {
  return maxOfTile<P, T>(line, at, [](float v) { return v; }, q);
}
