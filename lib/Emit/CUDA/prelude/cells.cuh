// The gradient of a max pool whose windows do not overlap: the place of each maximum is found once, for all elements around it.
// requires: pool.cuh
//
// A cell is what a window's stride covers: the window, if there is one so near the end, and the elements up to the next. Cells tile a
// tensor.

template <class P> struct MaxCell {
  static constexpr Vec3 cells = {ceilDiv(P::large.d, P::stride.d), ceilDiv(P::large.h, P::stride.h), ceilDiv(P::large.w, P::stride.w)};
  Vec3 at;
  int place = -1; // of the maximum
  float dy = 0.0f;

  // Cells behind the last one have no elements.
  template <class Load, class Input> DEV MaxCell(const Load &load, const Input &input, int image, int channel, int cell) {
    at = placeIn(cells, cell);
    if (at.d >= P::small.d || at.h >= P::small.h || at.w >= P::small.w)
      return;
    place = placeOfMaximum<P>(input, image, channel, at);
    dy = load(image, channel, (at.d * P::small.h + at.h) * P::small.w + at.w);
  }

  // The place of the cell's element e in the tensor, in memory order; -1 outside.
  DEV int element(int e) const {
    const Vec3 in = placeIn(P::stride, e);
    const int d = at.d * P::stride.d + in.d, h = at.h * P::stride.h + in.h, w = at.w * P::stride.w + in.w;
    return d < P::large.d && h < P::large.h && w < P::large.w ? (d * P::large.h + h) * P::large.w + w : -1;
  }

  DEV float gradient(int p) const { return p == place ? dy : 0.0f; }
};
