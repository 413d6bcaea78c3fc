// Reductions over any dims and softmaxes, two passes and straight from their definitions.
#include "fusion/Reference/Reductions.h"
#include "Grouping.h"
#include "fusion/Reference/Ops.h"
#include "fusion/Reference/Sum.h"
#include <algorithm>

using namespace fusion::reference;

Shape fusion::reference::broadcastStrides(const Shape &shape, size_t rank) {
  Shape strides(rank, 0);
  int64_t stride = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    if (shape[d] != 1)
      strides[rank - shape.size() + d] = stride;
    stride *= shape[d];
  }
  return strides;
}

int64_t fusion::reference::offsetOf(int64_t linear, const Shape &shape, const Shape &strides) {
  int64_t offset = 0;
  for (size_t d = shape.size(); d-- > 0; linear /= shape[d])
    offset += linear % shape[d] * strides[d];
  return offset;
}

static bool contains(const Shape &dims, size_t d) { return std::find(dims.begin(), dims.end(), static_cast<int64_t>(d)) != dims.end(); }

Grouping::Grouping(const Shape &shape, const Shape &dims) {
  Shape strides(shape.size(), 1), merged, mergedStrides, kept, keptStrides;
  for (size_t d = shape.size(); d-- > 1;)
    strides[d - 1] = strides[d] * shape[d];
  for (size_t d = 0; d < shape.size(); ++d) {
    (contains(dims, d) ? merged : kept).push_back(shape[d]);
    (contains(dims, d) ? mergedStrides : keptStrides).push_back(strides[d]);
  }
  bases.resize(elementCount(kept)), offsets.resize(elementCount(merged));
  for (int64_t g = 0; g < groups(); ++g)
    bases[g] = offsetOf(g, kept, keptStrides);
  for (int64_t k = 0; k < length(); ++k)
    offsets[k] = offsetOf(k, merged, mergedStrides);
}

Shape fusion::reference::reduced(const Shape &shape, const Shape &dims, bool keepdim) {
  Shape left;
  for (size_t d = 0; d < shape.size(); ++d)
    if (!contains(dims, d))
      left.push_back(shape[d]);
    else if (keepdim)
      left.push_back(1);
  return left;
}

int64_t fusion::reference::countOver(const Shape &shape, const Shape &dims) {
  int64_t count = 1;
  for (int64_t d : dims)
    count *= shape[d];
  return count;
}

template <class T> Tensor<T> fusion::reference::sumOver(const Tensor<T> &x, const Shape &dims, const Shape &shape) {
  Grouping at(x.shape, dims);
  Tensor<T> y(shape);
  for (int64_t g = 0; g < at.groups(); ++g)
    y.data[g] = pairwiseSum<T>(0, at.length(), [&](int64_t k) { return x.data[at.bases[g] + at.offsets[k]]; });
  y.reduction = std::max<int64_t>({x.reduction, at.length(), 1});
  return y;
}

// ---------------------------------------------------------------- extremes

namespace {

/// The position of a group's extreme element among its offsets.
template <class T> int64_t extremeIndex(const Tensor<T> &x, const Grouping &at, int64_t g, bool largest) {
  int64_t best = 0;
  for (int64_t k = 0; k < at.length(); ++k) {
    double v = value(x.data[at.bases[g] + at.offsets[k]]), now = value(x.data[at.bases[g] + at.offsets[best]]);
    if (std::isnan(v))
      return k;
    if (largest ? v > now : v < now)
      best = k;
  }
  return best;
}

/// Whether rounding may make element a the extreme one instead of `winner`.
bool inReach(const Bound &a, const Bound &winner, int64_t reduction, double unit) {
  return !(a.exact() && winner.exact()) && std::fabs(a.v - winner.v) <= tolerance(a, reduction, unit) + tolerance(winner, reduction, unit);
}

} // namespace

template <class T> Tensor<T> fusion::reference::extreme(const Tensor<T> &x, const Shape &dims, bool keepdim, bool largest, double unit) {
  Grouping at(x.shape, dims);
  Tensor<T> y(reduced(x.shape, dims, keepdim));
  y.reduction = x.reduction;
  for (int64_t g = 0; g < at.groups(); ++g) {
    T winner = x.data[at.bases[g] + at.offsets[extremeIndex(x, at, g, largest)]];
    y.data[g] = winner;
    if constexpr (std::is_same_v<T, Bound>)
      for (int64_t offset : at.offsets)
        if (const Bound &other = x.data[at.bases[g] + offset]; inReach(other, winner, x.reduction, unit))
          y.data[g].e = std::max(y.data[g].e, other.e), y.data[g].s = std::max(y.data[g].s, other.s);
  }
  return y;
}

template <class T>
Tensor<T> fusion::reference::extremeGrad(const Tensor<T> &dy, const Tensor<T> &x, const Shape &dims, bool largest, double unit) {
  Grouping at(x.shape, dims);
  Tensor<T> dx(x.shape);
  dx.reduction = std::max(dy.reduction, x.reduction);
  for (int64_t g = 0; g < at.groups(); ++g) {
    int64_t winner = at.bases[g] + at.offsets[extremeIndex(x, at, g, largest)];
    dx.data[winner] = dy.data[g];
    if constexpr (std::is_same_v<T, Bound>) // where rounding decides, any of them may get all of it or nothing
      for (int64_t offset : at.offsets)
        if (int64_t other = at.bases[g] + offset; other != winner && inReach(x.data[other], x.data[winner], x.reduction, unit)) {
          double slack = std::fabs(dy.data[g].v) + dy.data[g].s;
          dx.data[other].s = slack;
          dx.data[winner].s = slack + dy.data[g].s;
        }
  }
  return dx;
}

// ---------------------------------------------------------------- means

template <class T> Moments<T> fusion::reference::moments(const Tensor<T> &x, const Shape &dims, bool keepdim) {
  Grouping at(x.shape, dims);
  Moments<T> m{Tensor<T>(reduced(x.shape, dims, keepdim)), Tensor<T>(reduced(x.shape, dims, keepdim))};
  T count(at.length());
  for (int64_t g = 0; g < at.groups(); ++g) {
    auto element = [&](int64_t k) { return x.data[at.bases[g] + at.offsets[k]]; };
    T mean = pairwiseSum<T>(0, at.length(), element) / count;
    auto square = [&](int64_t k) {
      T d = element(k) - mean;
      return d * d;
    };
    m.mean.data[g] = mean;
    m.variance.data[g] = pairwiseSum<T>(0, at.length(), square) / count;
  }
  m.mean.reduction = m.variance.reduction = std::max<int64_t>({x.reduction, at.length(), 1});
  return m;
}

template <class T> Tensor<T> fusion::reference::variance(const Tensor<T> &x, const Shape &dims, bool keepdim, double correction) {
  Tensor<T> y = moments(x, dims, keepdim).variance;
  double count = countOver(x.shape, dims);
  for (T &v : y.data)
    v = correction == 0 ? v : v * T(count) / T(std::max(0.0, count - correction));
  return y;
}

template <class T> Tensor<T> fusion::reference::mean(const Tensor<T> &x, const Shape &dims, bool keepdim) {
  return div(sumOver(x, dims, reduced(x.shape, dims, keepdim)), constant<T>(countOver(x.shape, dims)));
}

// ---------------------------------------------------------------- exponential sums

namespace {

/// What is subtracted before exponentials are summed: the largest element as a constant.
template <class T> Tensor<T> shiftOf(const Tensor<T> &x, const Shape &dims) {
  Tensor<T> shift = extreme(x, dims, true, true);
  for (T &m : shift.data)
    m = T(value(m));
  return shift;
}

template <class T> Tensor<T> mapped(Tensor<T> x, T (*f)(T)) {
  for (T &v : x.data)
    v = f(v);
  return x;
}
template <class T> Tensor<T> expOf(const Tensor<T> &x) {
  return mapped<T>(x, [](T v) -> T { return exp(v); });
}
template <class T> Tensor<T> logOf(const Tensor<T> &x) {
  return mapped<T>(x, [](T v) -> T { return log(v); });
}

} // namespace

template <class T> Tensor<T> fusion::reference::logSumExp(const Tensor<T> &x, const Shape &dims, bool keepdim) {
  Tensor<T> shift = shiftOf(x, dims);
  for (T &m : shift.data) // an infinite one would make inf - inf of the largest element itself
    m = std::isinf(value(m)) ? T(0) : m;
  Tensor<T> sum = sumOver(expOf(sub(x, shift)), dims, reduced(x.shape, dims, true));
  Tensor<T> y = add(logOf(sum), shift);
  y.shape = reduced(x.shape, dims, keepdim);
  return y;
}

template <class T> Tensor<T> fusion::reference::softmax(const Tensor<T> &x, const Shape &dims) {
  Tensor<T> e = expOf(sub(x, shiftOf(x, dims)));
  return div(e, sumOver(e, dims, reduced(x.shape, dims, true)));
}

template <class T> Tensor<T> fusion::reference::logSoftmax(const Tensor<T> &x, const Shape &dims) {
  Tensor<T> z = sub(x, shiftOf(x, dims));
  return sub(z, logOf(sumOver(expOf(z), dims, reduced(x.shape, dims, true))));
}

template <class T> Tensor<T> fusion::reference::expanded(const Tensor<T> &x, const Shape &shape) {
  Tensor<T> y(shape);
  Shape strides = broadcastStrides(x.shape, y.rank());
  for (int64_t i = 0; i < y.size(); ++i)
    y.data[i] = x.data[offsetOf(i, y.shape, strides)];
  y.reduction = x.reduction;
  return y;
}

#define INSTANTIATE(T)                                                                                                                     \
  template Tensor<T> fusion::reference::sumOver(const Tensor<T> &, const Shape &, const Shape &);                                          \
  template Tensor<T> fusion::reference::extreme(const Tensor<T> &, const Shape &, bool, bool, double);                                     \
  template Tensor<T> fusion::reference::extremeGrad(const Tensor<T> &, const Tensor<T> &, const Shape &, bool, double);                    \
  template Moments<T> fusion::reference::moments(const Tensor<T> &, const Shape &, bool);                                                  \
  template Tensor<T> fusion::reference::variance(const Tensor<T> &, const Shape &, bool, double);                                          \
  template Tensor<T> fusion::reference::mean(const Tensor<T> &, const Shape &, bool);                                                      \
  template Tensor<T> fusion::reference::logSumExp(const Tensor<T> &, const Shape &, bool);                                                 \
  template Tensor<T> fusion::reference::softmax(const Tensor<T> &, const Shape &);                                                         \
  template Tensor<T> fusion::reference::logSoftmax(const Tensor<T> &, const Shape &);                                                      \
  template Tensor<T> fusion::reference::expanded(const Tensor<T> &, const Shape &);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
INSTANTIATE(Bound)
