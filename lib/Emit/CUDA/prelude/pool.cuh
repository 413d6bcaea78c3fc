// Pooling: one value per window, and the gradient of an element as the sum over the windows that hold it.
// requires: base.cuh, extremes.cuh
//
// `P` has: Vec3 small (windows), large (elements), kernel, stride, padding, dilation; bool adaptive, includePadding; int divisor.

// Element index of tap t of window i along one axis; taps outside the tensor are skipped by their callers.
template <class P> DEV int poolTap(int i, int t, int large, int small, int stride, int padding, int dilation) {
  return P::adaptive ? (int)((long long)i * large / small) + t : i * stride - padding + t * dilation;
}

// One past the last tap of window i along one axis.
template <class P> DEV int poolTaps(int i, int large, int small, int kernel) {
  return P::adaptive ? (int)(((long long)(i + 1) * large + small - 1) / small - (long long)i * large / small) : kernel;
}

// Windows along one axis that may hold element l: [first, last], none for an element behind the end, which lanes without work ask for.
template <class P> DEV int firstWindow(int l, int large, int small, int stride, int padding, int reach) {
  if (P::adaptive)
    return (int)((long long)l * small / large);
  const int over = l + padding - reach + 1;
  return over <= 0 ? 0 : ceilDiv(over, stride);
}
template <class P> DEV int lastWindow(int l, int large, int small, int stride, int padding) {
  const int last = P::adaptive ? (int)(((long long)(l + 1) * small + large - 1) / large) - 1 : (l + padding) / stride;
  return last < small ? last : small - 1;
}

// Elements along one axis that an average divides by.
template <class P> DEV int averageCount(int i, int large, int small, int stride, int padding, int kernel) {
  const int begin = poolTap<P>(i, 0, large, small, stride, padding, 1);
  int end = begin + poolTaps<P>(i, large, small, kernel);
  const int limit = large + (P::includePadding ? padding : 0);
  end = end < limit ? end : limit;
  return end - (P::includePadding || begin > 0 ? begin : 0);
}

template <class P> DEV float averageDivisor(Vec3 i) {
  if (P::divisor != 0)
    return (float)P::divisor;
  constexpr bool whole =
      !P::adaptive && P::padding.d + P::padding.h + P::padding.w == 0 && (P::small.d - 1) * P::stride.d + P::kernel.d <= P::large.d &&
      (P::small.h - 1) * P::stride.h + P::kernel.h <= P::large.h && (P::small.w - 1) * P::stride.w + P::kernel.w <= P::large.w;
  if (whole) // no window reaches over the edge
    return (float)volume(P::kernel);
  return (float)(averageCount<P>(i.d, P::large.d, P::small.d, P::stride.d, P::padding.d, P::kernel.d) *
                 averageCount<P>(i.h, P::large.h, P::small.h, P::stride.h, P::padding.h, P::kernel.h) *
                 averageCount<P>(i.w, P::large.w, P::small.w, P::stride.w, P::padding.w, P::kernel.w));
}

DEV Vec3 placeIn(Vec3 extents, int p) { return Vec3{p / (extents.h * extents.w), p / extents.w % extents.h, p % extents.w}; }

// Calls visit(element) for the elements of window i, in memory order.
template <class P, class Visit> DEV void eachTap(Vec3 i, Visit visit) {
  for (int td = 0; td < poolTaps<P>(i.d, P::large.d, P::small.d, P::kernel.d); td++) {
    const int d = poolTap<P>(i.d, td, P::large.d, P::small.d, P::stride.d, P::padding.d, P::dilation.d);
    if (d < 0 || d >= P::large.d)
      continue;
    for (int th = 0; th < poolTaps<P>(i.h, P::large.h, P::small.h, P::kernel.h); th++) {
      const int h = poolTap<P>(i.h, th, P::large.h, P::small.h, P::stride.h, P::padding.h, P::dilation.h);
      if (h < 0 || h >= P::large.h)
        continue;
      for (int tw = 0; tw < poolTaps<P>(i.w, P::large.w, P::small.w, P::kernel.w); tw++) {
        const int w = poolTap<P>(i.w, tw, P::large.w, P::small.w, P::stride.w, P::padding.w, P::dilation.w);
        if (w >= 0 && w < P::large.w)
          visit((d * P::large.h + h) * P::large.w + w);
      }
    }
  }
}

// Calls visit(window) for the windows that may hold element l, in memory order.
template <class P, class Visit> DEV void eachWindow(Vec3 l, Visit visit) {
  const int reachD = (P::kernel.d - 1) * P::dilation.d + 1, reachH = (P::kernel.h - 1) * P::dilation.h + 1;
  const int reachW = (P::kernel.w - 1) * P::dilation.w + 1;
  for (int d = firstWindow<P>(l.d, P::large.d, P::small.d, P::stride.d, P::padding.d, reachD);
       d <= lastWindow<P>(l.d, P::large.d, P::small.d, P::stride.d, P::padding.d); d++)
    for (int h = firstWindow<P>(l.h, P::large.h, P::small.h, P::stride.h, P::padding.h, reachH);
         h <= lastWindow<P>(l.h, P::large.h, P::small.h, P::stride.h, P::padding.h); h++)
      for (int w = firstWindow<P>(l.w, P::large.w, P::small.w, P::stride.w, P::padding.w, reachW);
           w <= lastWindow<P>(l.w, P::large.w, P::small.w, P::stride.w, P::padding.w); w++)
        visit(Vec3{d, h, w});
}

template <class P, class Load> DEV float averagePool(const Load &load, int image, int channel, int p) {
  const Vec3 i = placeIn(P::small, p);
  float sum = 0.0f;
  eachTap<P>(i, [&](int element) { sum += load(image, channel, element); });
  return sum / averageDivisor<P>(i);
}

// A window's largest value; NaN is handed on.
template <class P, class Load> DEV float maxPool(const Load &load, int image, int channel, int p) {
  float best = __int_as_float(0xff800000);
  eachTap<P>(placeIn(P::small, p), [&](int element) {
    const float v = load(image, channel, element);
    best = largerOrNan(best, v);
  });
  return best;
}

// Whether no element belongs to two windows and each window begins a stride behind the one before it.
template <class P> DEV constexpr bool windowsApart() {
  return !P::adaptive && P::padding.d + P::padding.h + P::padding.w == 0 && (P::kernel.d - 1) * P::dilation.d < P::stride.d &&
         (P::kernel.h - 1) * P::dilation.h < P::stride.h && (P::kernel.w - 1) * P::dilation.w < P::stride.w;
}

// Whether a window may hold the element that lies `in` behind its beginning.
DEV bool windowHolds(int in, int kernel, int dilation) { return in % dilation == 0 && in / dilation < kernel; }

template <class P, class Load> DEV float averagePoolGrad(const Load &load, int image, int channel, int p) {
  if constexpr (windowsApart<P>()) { // no loop over windows, and no branch
    const Vec3 l = placeIn(P::large, p);
    const Vec3 i = {l.d / P::stride.d, l.h / P::stride.h, l.w / P::stride.w};
    const bool held = i.d < P::small.d && i.h < P::small.h && i.w < P::small.w &&
                      windowHolds(l.d - i.d * P::stride.d, P::kernel.d, P::dilation.d) &&
                      windowHolds(l.h - i.h * P::stride.h, P::kernel.h, P::dilation.h) &&
                      windowHolds(l.w - i.w * P::stride.w, P::kernel.w, P::dilation.w);
    const float share = load(image, channel, held ? (i.d * P::small.h + i.h) * P::small.w + i.w : 0) / averageDivisor<P>(i);
    return held ? share : 0.0f;
  }
  float sum = 0.0f;
  eachWindow<P>(placeIn(P::large, p),
                [&](Vec3 i) { sum += load(image, channel, (i.d * P::small.h + i.h) * P::small.w + i.w) / averageDivisor<P>(i); });
  return sum;
}

// The element that window i's value is taken from: its first maximum; of several NaN the last one.
template <class P, class Input> DEV int placeOfMaximum(const Input &input, int image, int channel, Vec3 i) {
  float best = __int_as_float(0xff800000);
  int place = -1;
  eachTap<P>(i, [&](int element) {
    const float v = input(image, channel, element);
    if (v > best || v != v || place < 0) {
      best = v;
      place = element;
    }
  });
  return place;
}

// dy of the windows whose value element p is.
template <class P, class Load, class Input> DEV float maxPoolGrad(const Load &load, const Input &input, int image, int channel, int p) {
  float sum = 0.0f;
  eachWindow<P>(placeIn(P::large, p), [&](Vec3 i) {
    if (placeOfMaximum<P>(input, image, channel, i) == p)
      sum += load(image, channel, (i.d * P::small.h + i.h) * P::small.w + i.w);
  });
  return sum;
}
