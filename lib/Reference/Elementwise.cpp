// Constants, broadcasting arithmetic and matrix products of the reference.
#include "Grouping.h"
#include "Rounding.h"
#include <algorithm>

using namespace fusion::reference;

namespace {

template <class T, class F> Tensor<T> broadcasting(const Tensor<T> &a, const Tensor<T> &b, const F &f) {
  Tensor<T> y(broadcastShape(a.shape, b.shape));
  y.reduction = std::max(a.reduction, b.reduction);
  Shape aStrides = broadcastStrides(a.shape, y.rank()), bStrides = broadcastStrides(b.shape, y.rank());
  for (int64_t i = 0; i < y.size(); ++i)
    y.data[i] = f(a.data[offsetOf(i, y.shape, aStrides)], b.data[offsetOf(i, y.shape, bStrides)]);
  return y;
}

/// Which of the two is the extremum: 0 neither (they are equal or one is NaN), 1 the first, -1 the second.
template <class T> int winner(T a, T b, bool maximum) {
  double x = maximum ? value(a) : value(b), y = maximum ? value(b) : value(a);
  return x > y ? 1 : x < y ? -1 : 0;
}

template <class T> T meet(T a, T b) { return value(a) == value(b) ? a : T(NAN); }
Dual meet(Dual a, Dual b) { return a.v == b.v ? Dual(a.v, (a.d + b.d) / 2) : Dual(NAN, a.d + b.d); }

template <class T> T extremum(T a, T b, bool maximum) {
  int first = winner(a, b, maximum);
  return first > 0 ? a : first < 0 ? b : meet(a, b);
}
/// Either may be the extremum once it is rounded; the extremum moves no further than they do.
Bound extremum(Bound a, Bound b, bool maximum) {
  int first = winner(a, b, maximum);
  double v = first > 0 ? a.v : first < 0 ? b.v : meet(a.v, b.v);
  return {v, std::max(a.e, b.e), std::max(a.s, b.s)};
}

/// A rank-2 tensor with its dims exchanged.
template <class T> Tensor<T> flipped(const Tensor<T> &x) {
  Tensor<T> y({x.shape[1], x.shape[0]});
  for (int64_t i = 0; i < x.shape[0]; ++i)
    for (int64_t j = 0; j < x.shape[1]; ++j)
      y.data[j * x.shape[0] + i] = x.data[i * x.shape[1] + j];
  y.reduction = x.reduction;
  return y;
}

} // namespace

template <class T> Tensor<T> fusion::reference::constant(double value) { return Tensor<T>({}, {T(value)}); }

template <class T> Tensor<T> fusion::reference::add(const Tensor<T> &a, const Tensor<T> &b) {
  return broadcasting(a, b, [](T p, T q) { return p + q; });
}
template <class T> Tensor<T> fusion::reference::sub(const Tensor<T> &a, const Tensor<T> &b) {
  return broadcasting(a, b, [](T p, T q) { return p - q; });
}
template <class T> Tensor<T> fusion::reference::mul(const Tensor<T> &a, const Tensor<T> &b) {
  return broadcasting(a, b, [](T p, T q) { return p * q; });
}
template <class T> Tensor<T> fusion::reference::div(const Tensor<T> &a, const Tensor<T> &b) {
  return broadcasting(a, b, [](T p, T q) { return p / q; });
}

template <class T> Tensor<T> fusion::reference::maximum(const Tensor<T> &a, const Tensor<T> &b) {
  return broadcasting(a, b, [](T p, T q) { return extremum(p, q, true); });
}
template <class T> Tensor<T> fusion::reference::minimum(const Tensor<T> &a, const Tensor<T> &b) {
  return broadcasting(a, b, [](T p, T q) { return extremum(p, q, false); });
}

template <class T>
Tensor<T> fusion::reference::extremumGrad(const Tensor<T> &dy, const Tensor<T> &x, const Tensor<T> &other, bool ofMaximum, double unit) {
  int64_t reduction = std::max(x.reduction, other.reduction);
  Tensor<T> share = broadcasting(x, other, [&](T a, T b) {
    int first = winner(a, b, ofMaximum);
    T s(first < 0 ? 0 : value(a) == value(b) ? 0.5 : 1);
    if constexpr (std::is_same_v<T, Bound>) // where rounding decides, the gradient may be all or nothing
      if (tolerance(a, reduction, unit) + tolerance(b, reduction, unit) >= std::fabs(a.v - b.v) && !(a.exact() && b.exact()))
        s.s = std::max(s.v, 1 - s.v);
    return s;
  });
  return broadcasting(dy, share, [](T g, T s) { return value(s) == 0 && !std::isfinite(value(g)) ? T(0) : g * s; });
}

template <class T> Tensor<T> fusion::reference::where(const Tensor<T> &cond, const Tensor<T> &a, const Tensor<T> &b) {
  Tensor<T> y(broadcastShape(cond.shape, broadcastShape(a.shape, b.shape)));
  Shape strides[] = {broadcastStrides(cond.shape, y.rank()), broadcastStrides(a.shape, y.rank()), broadcastStrides(b.shape, y.rank())};
  for (int64_t i = 0; i < y.size(); ++i) {
    bool first = value(cond.data[offsetOf(i, y.shape, strides[0])]) != 0;
    y.data[i] = first ? a.data[offsetOf(i, y.shape, strides[1])] : b.data[offsetOf(i, y.shape, strides[2])];
  }
  y.reduction = std::max(a.reduction, b.reduction);
  return y;
}

template <class T> Tensor<T> fusion::reference::sumTo(const Tensor<T> &x, const Shape &shape) {
  Shape dims;
  size_t missing = x.rank() - shape.size();
  for (size_t d = 0; d < x.rank(); ++d)
    if (d < missing || (shape[d - missing] == 1 && x.shape[d] != 1))
      dims.push_back(d);
  return sumOver(x, dims, shape);
}

template <class T>
Tensor<T> fusion::reference::matmul(const Tensor<T> &a, const Tensor<T> &b, bool transposeA, bool transposeB, FactorRounding factors) {
  const Tensor<T> left = transposeA ? flipped(a) : a, right = transposeB ? flipped(b) : b; // [M, K] and [K, N]
  int64_t rows = left.shape[0], depth = left.shape[1], cols = right.shape[1];
  Tensor<T> y({rows, cols});
  Rounding<T> rounding(factors, y.size());
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t j = 0; j < cols; ++j) {
        y.data[i * cols + j] += left.data[i * depth + k] * right.data[k * cols + j];
        rounding.add(i * cols + j, left.data[i * depth + k], right.data[k * cols + j]);
      }
  rounding.apply(y);
  y.reduction = std::max<int64_t>({a.reduction, b.reduction, depth, 1});
  return y;
}

template <class T>
Tensor<T> fusion::reference::linear(const Tensor<T> &x, const Tensor<T> &weight, const Tensor<T> *bias, FactorRounding factors) {
  Tensor<T> y = matmul(x, weight, false, true, factors);
  return bias ? add(y, *bias) : y;
}

#define INSTANTIATE(T)                                                                                                                     \
  template Tensor<T> fusion::reference::constant(double);                                                                                  \
  template Tensor<T> fusion::reference::add(const Tensor<T> &, const Tensor<T> &);                                                         \
  template Tensor<T> fusion::reference::sub(const Tensor<T> &, const Tensor<T> &);                                                         \
  template Tensor<T> fusion::reference::mul(const Tensor<T> &, const Tensor<T> &);                                                         \
  template Tensor<T> fusion::reference::div(const Tensor<T> &, const Tensor<T> &);                                                         \
  template Tensor<T> fusion::reference::maximum(const Tensor<T> &, const Tensor<T> &);                                                     \
  template Tensor<T> fusion::reference::minimum(const Tensor<T> &, const Tensor<T> &);                                                     \
  template Tensor<T> fusion::reference::extremumGrad(const Tensor<T> &, const Tensor<T> &, const Tensor<T> &, bool, double);               \
  template Tensor<T> fusion::reference::where(const Tensor<T> &, const Tensor<T> &, const Tensor<T> &);                                    \
  template Tensor<T> fusion::reference::sumTo(const Tensor<T> &, const Shape &);                                                           \
  template Tensor<T> fusion::reference::matmul(const Tensor<T> &, const Tensor<T> &, bool, bool, FactorRounding);                          \
  template Tensor<T> fusion::reference::linear(const Tensor<T> &, const Tensor<T> &, const Tensor<T> *, FactorRounding);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
INSTANTIATE(Bound)
