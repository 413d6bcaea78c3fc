// Layer, RMS and batch normalisation from their definitions; group normalisation is in Norm.cpp.
#include "fusion/Reference/Ops.h"
#include "fusion/Reference/Reductions.h"

using namespace fusion::reference;

namespace {

Shape lastDims(const Shape &shape, int64_t count) {
  Shape dims;
  for (size_t d = shape.size() - count; d < shape.size(); ++d)
    dims.push_back(d);
  return dims;
}

template <class T> Tensor<T> inverseRoot(Tensor<T> variance, double eps) {
  for (T &v : variance.data)
    v = T(1) / sqrt(v + T(eps));
  return variance;
}

template <class T> Tensor<T> affine(Tensor<T> y, const Tensor<T> *gamma, const Tensor<T> *beta) {
  y = gamma ? mul(y, *gamma) : y;
  return beta ? add(y, *beta) : y;
}

/// A per-channel vector that broadcasts over the dims behind the channel.
template <class T> Tensor<T> perChannel(const Tensor<T> &vector, size_t rank) {
  Tensor<T> v = vector;
  v.shape.assign(rank - 1, 1);
  v.shape[0] = vector.size();
  return v;
}

/// (1 - momentum) * running + momentum * batch; the batch's part carries no derivative, as in PyTorch.
template <class T> Tensor<T> updatedBy(const Tensor<T> &running, const Tensor<T> &batch, double momentum) {
  Tensor<T> y = running;
  for (int64_t c = 0; c < y.size(); ++c)
    y.data[c] = T(1 - momentum) * running.data[c] + T(momentum) * withoutSlope(batch.data[c]);
  y.reduction = batch.reduction;
  return y;
}

} // namespace

template <class T> Tensor<T> fusion::reference::standardize(const Tensor<T> &x, const Tensor<T> &mean, const Tensor<T> &rstd) {
  return mul(sub(x, mean), rstd);
}

template <class T>
Tensor<T> fusion::reference::layerNorm(const Tensor<T> &x, const Tensor<T> *gamma, const Tensor<T> *beta, int64_t trailing, double eps) {
  Moments<T> m = moments(x, lastDims(x.shape, trailing), true);
  return affine(standardize(x, m.mean, inverseRoot(m.variance, eps)), gamma, beta);
}

template <class T> Tensor<T> fusion::reference::rmsNorm(const Tensor<T> &x, const Tensor<T> *gamma, int64_t trailing, double eps) {
  Tensor<T> square = mean(mul(x, x), lastDims(x.shape, trailing), true);
  return affine<T>(mul(x, inverseRoot(square, eps)), gamma, nullptr);
}

template <class T>
BatchNorm<T> fusion::reference::batchNorm(const Tensor<T> &x, const Tensor<T> *gamma, const Tensor<T> *beta, const Tensor<T> *runningMean,
                                          const Tensor<T> *runningVariance, double eps, double momentum, bool inference) {
  Shape dims;
  for (size_t d = 0; d < x.rank(); ++d)
    if (d != 1)
      dims.push_back(d);
  BatchNorm<T> result;
  Moments<T> m;
  if (inference) {
    m = {*runningMean, *runningVariance};
  } else {
    m = moments(x, dims, false);
    if (runningMean) {
      result.mean = updatedBy(*runningMean, m.mean, momentum);
      result.variance = updatedBy(*runningVariance, variance(x, dims, false, 1), momentum);
    }
  }
  Tensor<T> n = standardize(x, perChannel(m.mean, x.rank()), perChannel(inverseRoot(m.variance, eps), x.rank()));
  if (gamma) {
    Tensor<T> g = perChannel(*gamma, x.rank()), b = perChannel(*beta, x.rank());
    n = affine(n, &g, &b);
  }
  result.y = n;
  return result;
}

#define INSTANTIATE(T)                                                                                                                     \
  template Tensor<T> fusion::reference::standardize(const Tensor<T> &, const Tensor<T> &, const Tensor<T> &);                              \
  template Tensor<T> fusion::reference::layerNorm(const Tensor<T> &, const Tensor<T> *, const Tensor<T> *, int64_t, double);               \
  template Tensor<T> fusion::reference::rmsNorm(const Tensor<T> &, const Tensor<T> *, int64_t, double);                                    \
  template BatchNorm<T> fusion::reference::batchNorm(const Tensor<T> &, const Tensor<T> *, const Tensor<T> *, const Tensor<T> *,           \
                                                     const Tensor<T> *, double, double, bool);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
INSTANTIATE(Bound)
