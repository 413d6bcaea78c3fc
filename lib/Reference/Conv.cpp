// Convolutions in 1 to 3 spatial dims and their gradients, from the definition
//   y[n, a, i] = sum over b, t of x[n, b, i * stride - padding + t * dilation] * w[a, b, t]
// A transposed convolution is the same sum read for its other tensor, so all six operations walk the same products.
#include "Rounding.h"
#include <algorithm>
#include <array>
#include <cmath>

using namespace fusion::reference;

namespace {

using Extents = std::array<int64_t, 3>;

Extents padded(const Shape &list, size_t rank, int64_t value) {
  Extents e;
  e.fill(value);
  for (size_t d = 0; d < list.size(); ++d)
    e[3 - rank + d] = list[d];
  return e;
}

int64_t volume(const Extents &e) { return e[0] * e[1] * e[2]; }

/// The products of a convolution whose strided side is `few` (the output; the input when transposed) and whose other side is `many`.
struct Products {
  int64_t images, groups, fewChannels, manyChannels; // channels per group
  Extents few, many, taps, stride, padding, dilation;
  FactorRounding factors;

  Products(const Shape &fewShape, const Shape &manyShape, const Shape &weight, const ConvSpec &spec) {
    factors = spec.factors;
    size_t rank = weight.size() - 2;
    Extents one{1, 1, 1}, zero{0, 0, 0};
    images = fewShape[0], groups = spec.groups;
    fewChannels = fewShape[1] / groups, manyChannels = manyShape[1] / groups;
    few = padded({fewShape.begin() + 2, fewShape.end()}, rank, 1);
    many = padded({manyShape.begin() + 2, manyShape.end()}, rank, 1);
    taps = padded({weight.begin() + 2, weight.end()}, rank, 1);
    stride = spec.stride.empty() ? one : padded(spec.stride, rank, 1);
    dilation = spec.dilation.empty() ? one : padded(spec.dilation, rank, 1);
    padding = spec.padding.empty() ? zero : padded(spec.padding, rank, 0);
  }

  int64_t manyIndex(size_t d, int64_t i, int64_t t) const { return i * stride[d] - padding[d] + t * dilation[d]; }
  bool inside(size_t d, int64_t l) const { return l >= 0 && l < many[d]; }

  /// Calls row(few offset, many offset, weight offset, count) for runs along the last dim: in a run the few side advances by 1, the many
  /// side by stride[2], and the weight stays. Padding is skipped.
  template <class Row> void forEachRun(const Row &row) const {
    for (int64_t n = 0; n < images; ++n)
      for (int64_t g = 0; g < groups; ++g)
        for (int64_t a = g * fewChannels; a < (g + 1) * fewChannels; ++a)
          for (int64_t b = 0; b < manyChannels; ++b)
            for (int64_t t0 = 0; t0 < taps[0]; ++t0)
              for (int64_t t1 = 0; t1 < taps[1]; ++t1)
                for (int64_t t2 = 0; t2 < taps[2]; ++t2) {
                  int64_t weight = ((a * manyChannels + b) * taps[0] + t0) * taps[1] * taps[2] + t1 * taps[2] + t2;
                  int64_t fewPlane = (n * groups * fewChannels + a) * volume(few);
                  int64_t manyPlane = ((n * groups + g) * manyChannels + b) * volume(many);
                  runsOfTap(row, {t0, t1, t2}, fewPlane, manyPlane, weight);
                }
  }

  template <class Row> void runsOfTap(const Row &row, Extents t, int64_t fewPlane, int64_t manyPlane, int64_t weight) const {
    int64_t first = 0, end = few[2];
    while (first < end && manyIndex(2, first, t[2]) < 0)
      ++first;
    while (end > first && manyIndex(2, end - 1, t[2]) >= many[2])
      --end;
    if (first == end)
      return;
    for (int64_t i0 = 0; i0 < few[0]; ++i0)
      for (int64_t i1 = 0; i1 < few[1]; ++i1) {
        int64_t l0 = manyIndex(0, i0, t[0]), l1 = manyIndex(1, i1, t[1]);
        if (inside(0, l0) && inside(1, l1))
          row(fewPlane + (i0 * few[1] + i1) * few[2] + first, manyPlane + (l0 * many[1] + l1) * many[2] + manyIndex(2, first, t[2]), weight,
              end - first);
      }
  }

  /// The most products one element of the few side, or of the many side, can meet.
  int64_t longestIntoFew() const { return manyChannels * volume(taps); }
  int64_t longestIntoMany() const {
    int64_t longest = fewChannels;
    for (size_t d = 0; d < 3; ++d) {
      std::vector<int64_t> hits(many[d]);
      for (int64_t i = 0; i < few[d]; ++i)
        for (int64_t t = 0; t < taps[d]; ++t)
          if (inside(d, manyIndex(d, i, t)))
            ++hits[manyIndex(d, i, t)];
      longest *= hits.empty() ? 1 : std::max<int64_t>(1, *std::max_element(hits.begin(), hits.end()));
    }
    return longest;
  }

  template <class T> Tensor<T> intoFew(Shape shape, const Tensor<T> &manySide, const Tensor<T> &weight) const {
    Tensor<T> result(std::move(shape));
    Rounding<T> rounding(factors, result.size());
    forEachRun([&](int64_t s, int64_t l, int64_t w, int64_t count) {
      for (int64_t i = 0; i < count; ++i) {
        const T &x = manySide.data[l + i * stride[2]];
        result.data[s + i] += x * weight.data[w];
        rounding.add(s + i, x, weight.data[w]);
      }
    });
    rounding.apply(result);
    result.reduction = std::max({longestIntoFew(), manySide.reduction, weight.reduction});
    return result;
  }
  template <class T> Tensor<T> intoMany(Shape shape, const Tensor<T> &fewSide, const Tensor<T> &weight) const {
    Tensor<T> result(std::move(shape));
    Rounding<T> rounding(factors, result.size());
    forEachRun([&](int64_t s, int64_t l, int64_t w, int64_t count) {
      for (int64_t i = 0; i < count; ++i) {
        result.data[l + i * stride[2]] += fewSide.data[s + i] * weight.data[w];
        rounding.add(l + i * stride[2], fewSide.data[s + i], weight.data[w]);
      }
    });
    rounding.apply(result);
    result.reduction = std::max({longestIntoMany(), fewSide.reduction, weight.reduction});
    return result;
  }
  template <class T> Tensor<T> intoWeight(Shape shape, const Tensor<T> &fewSide, const Tensor<T> &manySide) const {
    Tensor<T> result(std::move(shape));
    Rounding<T> rounding(factors, result.size());
    int64_t imageSize = groups * fewChannels * volume(few), image = 0;
    forEachRun([&](int64_t s, int64_t l, int64_t w, int64_t count) {
      for (; s >= (image + 1) * imageSize; ++image)
        rounding.endOfGroup(result);
      T run(0);
      for (int64_t i = 0; i < count; ++i) {
        const T &x = manySide.data[l + i * stride[2]];
        run += fewSide.data[s + i] * x;
        rounding.add(w, fewSide.data[s + i], x);
      }
      result.data[w] += run;
    });
    rounding.endOfGroup(result);
    rounding.apply(result);
    result.reduction = std::max({images * volume(few), fewSide.reduction, manySide.reduction});
    return result;
  }
};

} // namespace

Shape fusion::reference::convShape(const Shape &x, const Shape &weight, const ConvSpec &spec) {
  Shape shape{x[0], spec.transposed ? weight[1] * spec.groups : weight[0]};
  for (size_t d = 0; d + 2 < x.size(); ++d) {
    int64_t stride = spec.stride.empty() ? 1 : spec.stride[d], padding = spec.padding.empty() ? 0 : spec.padding[d];
    int64_t dilation = spec.dilation.empty() ? 1 : spec.dilation[d], more = spec.outputPadding.empty() ? 0 : spec.outputPadding[d];
    int64_t reach = dilation * (weight[d + 2] - 1) + 1;
    shape.push_back(spec.transposed ? (x[d + 2] - 1) * stride - 2 * padding + reach + more : (x[d + 2] + 2 * padding - reach) / stride + 1);
  }
  return shape;
}

template <class T>
Tensor<T> fusion::reference::conv(const Tensor<T> &x, const Tensor<T> &weight, const Tensor<T> *bias, const ConvSpec &spec) {
  Shape shape = convShape(x.shape, weight.shape, spec);
  Tensor<T> y = spec.transposed ? Products(x.shape, shape, weight.shape, spec).intoMany(shape, x, weight)
                                : Products(shape, x.shape, weight.shape, spec).intoFew(shape, x, weight);
  if (!bias)
    return y;
  int64_t positions = elementCount(shape, 2);
  for (int64_t i = 0; i < y.size(); ++i)
    y.data[i] += bias->data[i / positions % shape[1]];
  y.reduction = std::max(y.reduction, bias->reduction);
  return y;
}

template <class T>
Tensor<T> fusion::reference::convGradInput(const Tensor<T> &dy, const Tensor<T> &weight, const ConvSpec &spec, const Shape &xShape) {
  return spec.transposed ? Products(xShape, dy.shape, weight.shape, spec).intoFew(xShape, dy, weight)
                         : Products(dy.shape, xShape, weight.shape, spec).intoMany(xShape, dy, weight);
}

template <class T>
Tensor<T> fusion::reference::convGradWeight(const Tensor<T> &dy, const Tensor<T> &x, const ConvSpec &spec, const Shape &weightShape) {
  return spec.transposed ? Products(x.shape, dy.shape, weightShape, spec).intoWeight(weightShape, x, dy)
                         : Products(dy.shape, x.shape, weightShape, spec).intoWeight(weightShape, dy, x);
}

#define INSTANTIATE(T)                                                                                                                     \
  template Tensor<T> fusion::reference::conv(const Tensor<T> &, const Tensor<T> &, const Tensor<T> *, const ConvSpec &);                   \
  template Tensor<T> fusion::reference::convGradInput(const Tensor<T> &, const Tensor<T> &, const ConvSpec &, const Shape &);              \
  template Tensor<T> fusion::reference::convGradWeight(const Tensor<T> &, const Tensor<T> &, const ConvSpec &, const Shape &);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
INSTANTIATE(Bound)
