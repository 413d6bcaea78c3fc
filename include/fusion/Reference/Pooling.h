// Pools in 1 to 3 spatial dims, their gradients, and dropout's mask, as plain functions on tensors.
#pragma once
#include "fusion/Reference/Scalars.h"
#include "fusion/Reference/Tensor.h"
#include <array>

namespace fusion::reference {

/// The attributes of a pool; one entry per spatial dim, an empty list means the default (stride: the kernel).
struct PoolSpec {
  Shape kernel, stride, padding, dilation;
  bool ceilMode = false, countIncludePad = true;
  int64_t divisor = 0; // 0: none is given
};

Shape poolShape(const Shape &x, const PoolSpec &spec);
template <class T> Tensor<T> maxPool(const Tensor<T> &x, const PoolSpec &spec, double unit = unitFp32);
template <class T> Tensor<T> maxPoolGrad(const Tensor<T> &dy, const Tensor<T> &x, const PoolSpec &spec, double unit = unitFp32);
template <class T> Tensor<T> avgPool(const Tensor<T> &x, const PoolSpec &spec);
template <class T> Tensor<T> avgPoolGrad(const Tensor<T> &dy, const PoolSpec &spec, const Shape &xShape);
template <class T> Tensor<T> adaptiveAvgPool(const Tensor<T> &x, const Shape &outputSize);
template <class T> Tensor<T> adaptiveAvgPoolGrad(const Tensor<T> &dy, const Shape &xShape);

/// Ten rounds of Philox4x32.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);
/// x * mask / (1 - p); the mask is a function of seed, offset and the element's index.
template <class T> Tensor<T> dropout(const Tensor<T> &x, double p, uint64_t seed, uint64_t offset);

} // namespace fusion::reference
