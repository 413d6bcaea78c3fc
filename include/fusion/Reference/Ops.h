// Every named op of the dialect as a plain function on tensors: direct loops from its definition, for any scalar.
#pragma once
#include "fusion/Reference/Activations.h"
#include "fusion/Reference/Scalars.h"
#include "fusion/Reference/Tensor.h"

namespace fusion::reference {

/// How kernels round both factors of every product before they multiply: by a roundoff, or by up to `least` where that is more. T = Bound
/// allows for it.
struct FactorRounding {
  double unit = 0, least = 0;
};

/// The attributes of a convolution; one entry per spatial dim, an empty list means the default.
struct ConvSpec {
  Shape stride, padding, outputPadding, dilation;
  int64_t groups = 1;
  bool transposed = false;
  FactorRounding factors;
};

/// The output shape of a convolution of x with weight.
Shape convShape(const Shape &x, const Shape &weight, const ConvSpec &spec);
template <class T> Tensor<T> conv(const Tensor<T> &x, const Tensor<T> &weight, const Tensor<T> *bias, const ConvSpec &spec);
/// Gradients of a convolution, given the convolution's own attributes and the shape of the operand.
template <class T> Tensor<T> convGradInput(const Tensor<T> &dy, const Tensor<T> &weight, const ConvSpec &spec, const Shape &xShape);
template <class T> Tensor<T> convGradWeight(const Tensor<T> &dy, const Tensor<T> &x, const ConvSpec &spec, const Shape &weightShape);

/// x [N, K] times weight [F, K] transposed, plus bias [F] where there is one.
template <class T> Tensor<T> linear(const Tensor<T> &x, const Tensor<T> &weight, const Tensor<T> *bias, FactorRounding factors = {});
template <class T> Tensor<T> matmul(const Tensor<T> &a, const Tensor<T> &b, bool transposeA, bool transposeB, FactorRounding factors = {});

template <class T> Tensor<T> constant(double value);
template <class T> Tensor<T> add(const Tensor<T> &a, const Tensor<T> &b);
template <class T> Tensor<T> sub(const Tensor<T> &a, const Tensor<T> &b);
template <class T> Tensor<T> mul(const Tensor<T> &a, const Tensor<T> &b);
template <class T> Tensor<T> div(const Tensor<T> &a, const Tensor<T> &b);
/// NaN if either is; the derivative goes half to each where they are equal, and whole to both where one is NaN, as in PyTorch.
template <class T> Tensor<T> maximum(const Tensor<T> &a, const Tensor<T> &b);
template <class T> Tensor<T> minimum(const Tensor<T> &a, const Tensor<T> &b);
/// The gradient of x in maximum(x, other), or in minimum(x, other). `unit` as for activations: rounding may decide which one is larger.
template <class T>
Tensor<T> extremumGrad(const Tensor<T> &dy, const Tensor<T> &x, const Tensor<T> &other, bool ofMaximum, double unit = unitFp32);
/// a where cond is not zero, b elsewhere.
template <class T> Tensor<T> where(const Tensor<T> &cond, const Tensor<T> &a, const Tensor<T> &b);

/// Sums over `dims`; `shape` is the result's, with or without the summed dims at extent 1.
template <class T> Tensor<T> sumOver(const Tensor<T> &x, const Shape &dims, const Shape &shape);
/// Sums over every dim that `shape`, aligned from the right, broadcasts over.
template <class T> Tensor<T> sumTo(const Tensor<T> &x, const Shape &shape);

template <class T> struct Statistics {
  Tensor<T> mean, rstd; // [N, groups]
};
/// Mean and 1 / sqrt(biased variance + eps) per image and group of channels; x is [N, C, ...].
template <class T> Statistics<T> groupStats(const Tensor<T> &x, int64_t groups, double eps);
/// (x - mean) * rstd * gamma + beta; gamma and beta are per channel, null when absent.
template <class T>
Tensor<T> normalize(const Tensor<T> &x, const Tensor<T> &mean, const Tensor<T> &rstd, const Tensor<T> *gamma, const Tensor<T> *beta);
template <class T> Tensor<T> groupNorm(const Tensor<T> &x, const Tensor<T> *gamma, const Tensor<T> *beta, int64_t groups, double eps);
/// The gradient of x through a norm, statistics included.
template <class T>
Tensor<T> normalizeGrad(const Tensor<T> &dy, const Tensor<T> &x, const Tensor<T> &mean, const Tensor<T> &rstd, const Tensor<T> *gamma);

} // namespace fusion::reference
