// Reductions over any dims, and the norms and softmaxes made of them, as plain functions on tensors.
#pragma once
#include "fusion/Reference/Scalars.h"
#include "fusion/Reference/Tensor.h"

namespace fusion::reference {

/// The shape of a reduction's result: without `dims`, or with 1 in their place.
Shape reduced(const Shape &shape, const Shape &dims, bool keepdim);
/// The number of elements that a reduction over `dims` merges into one.
int64_t countOver(const Shape &shape, const Shape &dims);

/// The largest (or smallest) element. The first NaN wins, then the first of several equal ones.
template <class T> Tensor<T> extreme(const Tensor<T> &x, const Shape &dims, bool keepdim, bool largest, double unit = unitFp32);
/// dy at the first index of the extreme element, 0 elsewhere.
template <class T> Tensor<T> extremeGrad(const Tensor<T> &dy, const Tensor<T> &x, const Shape &dims, bool largest, double unit = unitFp32);

template <class T> struct Moments {
  Tensor<T> mean, variance; // biased
};
template <class T> Moments<T> moments(const Tensor<T> &x, const Shape &dims, bool keepdim);
/// The sum of squared distances from the mean over max(0, count - correction).
template <class T> Tensor<T> variance(const Tensor<T> &x, const Shape &dims, bool keepdim, double correction);
template <class T> Tensor<T> mean(const Tensor<T> &x, const Shape &dims, bool keepdim);
template <class T> Tensor<T> logSumExp(const Tensor<T> &x, const Shape &dims, bool keepdim);
template <class T> Tensor<T> softmax(const Tensor<T> &x, const Shape &dims);
template <class T> Tensor<T> logSoftmax(const Tensor<T> &x, const Shape &dims);

/// (x - mean) * rstd, with broadcasting.
template <class T> Tensor<T> standardize(const Tensor<T> &x, const Tensor<T> &mean, const Tensor<T> &rstd);
/// Over the last `trailing` dims; gamma and beta have their shape and may be null.
template <class T> Tensor<T> layerNorm(const Tensor<T> &x, const Tensor<T> *gamma, const Tensor<T> *beta, int64_t trailing, double eps);
template <class T> Tensor<T> rmsNorm(const Tensor<T> &x, const Tensor<T> *gamma, int64_t trailing, double eps);

template <class T> struct BatchNorm {
  Tensor<T> y, mean, variance; // the running statistics behind the update
};
/// Per channel, with the batch's statistics or, in inference, the running ones; these, gamma and beta may be null in training.
template <class T>
BatchNorm<T> batchNorm(const Tensor<T> &x, const Tensor<T> *gamma, const Tensor<T> *beta, const Tensor<T> *runningMean,
                       const Tensor<T> *runningVariance, double eps, double momentum, bool inference);

/// x repeated to `shape`, aligned from the right.
template <class T> Tensor<T> expanded(const Tensor<T> &x, const Shape &shape);

} // namespace fusion::reference
