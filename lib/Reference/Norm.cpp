// Group normalisation, its two stages and its gradient: two-pass statistics, straight from the definitions.
#include "fusion/Reference/Ops.h"
#include "fusion/Reference/Sum.h"
#include <algorithm>

using namespace fusion::reference;

namespace {

/// Where things lie in an [N, C, ...] tensor: a group of one image is a contiguous run of `length` elements.
struct Groups {
  int64_t count, length, channels, positions;
  Groups(const Shape &x, int64_t groups)
      : count(x[0] * groups), length(x[1] / groups * elementCount(x, 2)), channels(x[1]), positions(elementCount(x, 2)) {}
  int64_t channelOf(int64_t i) const { return i / positions % channels; }
};

template <class T> T mean(int64_t first, int64_t count, const Tensor<T> &x) {
  return pairwiseSum<T>(first, count, [&](int64_t i) { return x.data[i]; }) / T(count);
}

} // namespace

template <class T> Statistics<T> fusion::reference::groupStats(const Tensor<T> &x, int64_t groups, double eps) {
  Groups at(x.shape, groups);
  Statistics<T> stats{Tensor<T>({x.shape[0], groups}), Tensor<T>({x.shape[0], groups})};
  for (int64_t g = 0; g < at.count; ++g) {
    T m = mean(g * at.length, at.length, x);
    auto square = [&](int64_t i) {
      T d = x.data[i] - m;
      return d * d;
    };
    T variance = pairwiseSum<T>(g * at.length, at.length, square) / T(at.length);
    stats.mean.data[g] = m;
    stats.rstd.data[g] = T(1) / sqrt(variance + T(eps));
  }
  stats.mean.reduction = stats.rstd.reduction = std::max(x.reduction, at.length);
  return stats;
}

template <class T>
Tensor<T> fusion::reference::normalize(const Tensor<T> &x, const Tensor<T> &mean, const Tensor<T> &rstd, const Tensor<T> *gamma,
                                       const Tensor<T> *beta) {
  Groups at(x.shape, mean.shape[1]);
  Tensor<T> y(x.shape);
  for (int64_t i = 0; i < x.size(); ++i) {
    T n = (x.data[i] - mean.data[i / at.length]) * rstd.data[i / at.length];
    if (gamma)
      n = n * gamma->data[at.channelOf(i)];
    if (beta)
      n = n + beta->data[at.channelOf(i)];
    y.data[i] = n;
  }
  y.reduction = std::max({x.reduction, mean.reduction, rstd.reduction});
  return y;
}

template <class T>
Tensor<T> fusion::reference::groupNorm(const Tensor<T> &x, const Tensor<T> *gamma, const Tensor<T> *beta, int64_t groups, double eps) {
  Statistics<T> stats = groupStats(x, groups, eps);
  return normalize(x, stats.mean, stats.rstd, gamma, beta);
}

template <class T>
Tensor<T> fusion::reference::normalizeGrad(const Tensor<T> &dy, const Tensor<T> &x, const Tensor<T> &mean, const Tensor<T> &rstd,
                                           const Tensor<T> *gamma) {
  Groups at(x.shape, mean.shape[1]);
  Tensor<T> dx(x.shape), n(x.shape), g(x.shape), gn(x.shape);
  for (int64_t i = 0; i < x.size(); ++i) {
    n.data[i] = (x.data[i] - mean.data[i / at.length]) * rstd.data[i / at.length];
    g.data[i] = gamma ? dy.data[i] * gamma->data[at.channelOf(i)] : dy.data[i];
    gn.data[i] = g.data[i] * n.data[i];
  }
  for (int64_t group = 0; group < at.count; ++group) {
    int64_t first = group * at.length;
    T meanG = ::mean(first, at.length, g), meanGn = ::mean(first, at.length, gn);
    for (int64_t i = first; i < first + at.length; ++i)
      dx.data[i] = rstd.data[group] * (g.data[i] - meanG - n.data[i] * meanGn);
  }
  dx.reduction = std::max({dy.reduction, x.reduction, mean.reduction, rstd.reduction, at.length});
  return dx;
}

#define INSTANTIATE(T)                                                                                                                     \
  template Statistics<T> fusion::reference::groupStats(const Tensor<T> &, int64_t, double);                                                \
  template Tensor<T> fusion::reference::normalize(const Tensor<T> &, const Tensor<T> &, const Tensor<T> &, const Tensor<T> *,              \
                                                  const Tensor<T> *);                                                                      \
  template Tensor<T> fusion::reference::groupNorm(const Tensor<T> &, const Tensor<T> *, const Tensor<T> *, int64_t, double);               \
  template Tensor<T> fusion::reference::normalizeGrad(const Tensor<T> &, const Tensor<T> &, const Tensor<T> &, const Tensor<T> &,          \
                                                      const Tensor<T> *);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
INSTANTIATE(Bound)
