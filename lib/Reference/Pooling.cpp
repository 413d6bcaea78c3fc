// Pools and their gradients, window by window, from PyTorch's definitions.
#include "fusion/Reference/Pooling.h"
#include <algorithm>
#include <cmath>

using namespace fusion::reference;

namespace {

/// The elements that one output covers in one dim: `count` of them from `first` in steps of `step`, and how many count for a mean.
struct Span {
  int64_t first, count, step, weight;
};
using Spans = std::vector<Span>; // by output index

struct Dims {
  Shape kernel, stride, padding, dilation;
  explicit Dims(const PoolSpec &spec)
      : kernel(spec.kernel), stride(spec.stride.empty() ? spec.kernel : spec.stride),
        padding(spec.padding.empty() ? Shape(spec.kernel.size(), 0) : spec.padding),
        dilation(spec.dilation.empty() ? Shape(spec.kernel.size(), 1) : spec.dilation) {}
};

int64_t outputExtent(const Dims &dims, size_t d, int64_t in, bool ceilMode) {
  double room = in + 2 * dims.padding[d] - dims.dilation[d] * (dims.kernel[d] - 1) - 1;
  int64_t out = static_cast<int64_t>(ceilMode ? std::ceil(room / dims.stride[d]) : std::floor(room / dims.stride[d])) + 1;
  return ceilMode && (out - 1) * dims.stride[d] >= in + dims.padding[d] ? out - 1 : out;
}

Spans windowSpans(const Dims &dims, size_t d, int64_t in, int64_t out) {
  Spans spans;
  for (int64_t o = 0; o < out; ++o) {
    int64_t first = o * dims.stride[d] - dims.padding[d], step = dims.dilation[d], count = dims.kernel[d];
    int64_t weight = std::min(first + dims.kernel[d], in + dims.padding[d]) - first; // padding counts, what lies beyond it does not
    while (first < 0)
      first += step, --count;
    while (count > 0 && first + (count - 1) * step >= in)
      --count;
    spans.push_back({first, count, step, weight});
  }
  return spans;
}

Spans adaptiveSpans(int64_t in, int64_t out) {
  Spans spans;
  for (int64_t o = 0; o < out; ++o) {
    int64_t first = o * in / out, end = (o + 1) * in / out + ((o + 1) * in % out != 0);
    spans.push_back({first, end - first, 1, end - first});
  }
  return spans;
}

/// Every window of a pool from x to y: three dims, with leading ones of extent 1 where there are fewer.
struct Windows {
  int64_t planes;
  std::array<int64_t, 3> in{1, 1, 1};
  std::array<Spans, 3> spans;

  Windows(const Shape &x, const std::vector<Spans> &given) : planes(x[0] * x[1]) {
    spans.fill({{0, 1, 1, 1}});
    size_t missing = 3 - given.size();
    for (size_t d = 0; d < given.size(); ++d)
      in[missing + d] = x[2 + d], spans[missing + d] = given[d];
  }

  /// visit(index of the output, offsets of the elements it covers, elements that count with padding).
  template <class Visit> void each(const Visit &visit) const {
    std::vector<int64_t> elements;
    int64_t output = 0;
    for (int64_t plane = 0; plane < planes; ++plane)
      for (const Span &a : spans[0])
        for (const Span &b : spans[1])
          for (const Span &c : spans[2]) {
            elements.clear();
            for (int64_t i = 0; i < a.count; ++i)
              for (int64_t j = 0; j < b.count; ++j)
                for (int64_t k = 0; k < c.count; ++k)
                  elements.push_back(((plane * in[0] + a.first + i * a.step) * in[1] + b.first + j * b.step) * in[2] + c.first +
                                     k * c.step);
            visit(output++, elements, a.weight * b.weight * c.weight);
          }
  }
};

Windows windowsOf(const Shape &x, const PoolSpec &spec) {
  Dims dims(spec);
  std::vector<Spans> spans;
  for (size_t d = 0; d < dims.kernel.size(); ++d)
    spans.push_back(windowSpans(dims, d, x[2 + d], outputExtent(dims, d, x[2 + d], spec.ceilMode)));
  return Windows(x, spans);
}

Windows adaptiveWindows(const Shape &x, const Shape &out) {
  std::vector<Spans> spans;
  for (size_t d = 0; d < out.size(); ++d)
    spans.push_back(adaptiveSpans(x[2 + d], out[d]));
  return Windows(x, spans);
}

/// The first largest element, or the last NaN: PyTorch's loop takes every NaN it meets.
template <class T> int64_t largest(const Tensor<T> &x, const std::vector<int64_t> &elements) {
  int64_t best = elements[0];
  for (int64_t i : elements)
    if (value(x.data[i]) > value(x.data[best]) || std::isnan(value(x.data[i])))
      best = i;
  return best;
}

bool inReach(const Bound &a, const Bound &winner, int64_t reduction, double unit) {
  return !(a.exact() && winner.exact()) && std::fabs(a.v - winner.v) <= tolerance(a, reduction, unit) + tolerance(winner, reduction, unit);
}

int64_t divisorOf(const PoolSpec &spec, const std::vector<int64_t> &elements, int64_t withPadding) {
  return spec.divisor ? spec.divisor : spec.countIncludePad ? withPadding : static_cast<int64_t>(elements.size());
}

} // namespace

Shape fusion::reference::poolShape(const Shape &x, const PoolSpec &spec) {
  Dims dims(spec);
  Shape y{x[0], x[1]};
  for (size_t d = 0; d < dims.kernel.size(); ++d)
    y.push_back(outputExtent(dims, d, x[2 + d], spec.ceilMode));
  return y;
}

template <class T> Tensor<T> fusion::reference::maxPool(const Tensor<T> &x, const PoolSpec &spec, double unit) {
  Tensor<T> y(poolShape(x.shape, spec));
  y.reduction = x.reduction;
  windowsOf(x.shape, spec).each([&](int64_t o, const std::vector<int64_t> &elements, int64_t) {
    T winner = y.data[o] = x.data[largest(x, elements)];
    if constexpr (std::is_same_v<T, Bound>)
      for (int64_t i : elements)
        if (inReach(x.data[i], winner, x.reduction, unit))
          y.data[o].e = std::max(y.data[o].e, x.data[i].e), y.data[o].s = std::max(y.data[o].s, x.data[i].s);
  });
  return y;
}

template <class T> Tensor<T> fusion::reference::maxPoolGrad(const Tensor<T> &dy, const Tensor<T> &x, const PoolSpec &spec, double unit) {
  Tensor<T> dx(x.shape);
  int64_t longest = 1;
  windowsOf(x.shape, spec).each([&](int64_t o, const std::vector<int64_t> &elements, int64_t) {
    int64_t winner = largest(x, elements);
    dx.data[winner] += dy.data[o];
    longest = std::max<int64_t>(longest, elements.size()); // an element lies in no more windows than a window has elements
    if constexpr (std::is_same_v<T, Bound>)
      for (int64_t i : elements)
        if (i != winner && inReach(x.data[i], x.data[winner], x.reduction, unit)) {
          double slack = std::fabs(dy.data[o].v) + dy.data[o].s;
          dx.data[i].s += slack, dx.data[winner].s += slack;
        }
  });
  dx.reduction = std::max({dy.reduction, x.reduction, longest});
  return dx;
}

template <class T> Tensor<T> fusion::reference::avgPool(const Tensor<T> &x, const PoolSpec &spec) {
  Tensor<T> y(poolShape(x.shape, spec));
  y.reduction = x.reduction;
  windowsOf(x.shape, spec).each([&](int64_t o, const std::vector<int64_t> &elements, int64_t withPadding) {
    for (int64_t i : elements)
      y.data[o] += x.data[i];
    y.data[o] = y.data[o] / T(divisorOf(spec, elements, withPadding));
    y.reduction = std::max<int64_t>(y.reduction, elements.size());
  });
  return y;
}

template <class T> Tensor<T> fusion::reference::avgPoolGrad(const Tensor<T> &dy, const PoolSpec &spec, const Shape &xShape) {
  Tensor<T> dx(xShape);
  dx.reduction = dy.reduction;
  windowsOf(xShape, spec).each([&](int64_t o, const std::vector<int64_t> &elements, int64_t withPadding) {
    for (int64_t i : elements)
      dx.data[i] += dy.data[o] / T(divisorOf(spec, elements, withPadding));
    dx.reduction = std::max<int64_t>(dx.reduction, elements.size());
  });
  return dx;
}

template <class T> Tensor<T> fusion::reference::adaptiveAvgPool(const Tensor<T> &x, const Shape &outputSize) {
  Shape shape{x.shape[0], x.shape[1]};
  shape.insert(shape.end(), outputSize.begin(), outputSize.end());
  Tensor<T> y(shape);
  y.reduction = x.reduction;
  adaptiveWindows(x.shape, outputSize).each([&](int64_t o, const std::vector<int64_t> &elements, int64_t) {
    for (int64_t i : elements)
      y.data[o] += x.data[i];
    y.data[o] = y.data[o] / T(elements.size());
    y.reduction = std::max<int64_t>(y.reduction, elements.size());
  });
  return y;
}

template <class T> Tensor<T> fusion::reference::adaptiveAvgPoolGrad(const Tensor<T> &dy, const Shape &xShape) {
  Tensor<T> dx(xShape);
  dx.reduction = dy.reduction;
  adaptiveWindows(xShape, Shape(dy.shape.begin() + 2, dy.shape.end())).each([&](int64_t o, const std::vector<int64_t> &elements, int64_t) {
    for (int64_t i : elements)
      dx.data[i] += dy.data[o] / T(elements.size());
    dx.reduction = std::max<int64_t>(dx.reduction, elements.size());
  });
  return dx;
}

#define INSTANTIATE(T)                                                                                                                     \
  template Tensor<T> fusion::reference::maxPool(const Tensor<T> &, const PoolSpec &, double);                                              \
  template Tensor<T> fusion::reference::maxPoolGrad(const Tensor<T> &, const Tensor<T> &, const PoolSpec &, double);                       \
  template Tensor<T> fusion::reference::avgPool(const Tensor<T> &, const PoolSpec &);                                                      \
  template Tensor<T> fusion::reference::avgPoolGrad(const Tensor<T> &, const PoolSpec &, const Shape &);                                   \
  template Tensor<T> fusion::reference::adaptiveAvgPool(const Tensor<T> &, const Shape &);                                                 \
  template Tensor<T> fusion::reference::adaptiveAvgPoolGrad(const Tensor<T> &, const Shape &);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
INSTANTIATE(Bound)
