// Activations and their gradients as PyTorch's eager kernels compute them. Branches are on the value and each one is the formula whose
// derivative PyTorch takes there: at 0 relu takes the constant branch, so a Dual gets derivative 0.
#include "fusion/Reference/Activations.h"
#include <algorithm>

using namespace fusion::reference;

std::optional<Activation> fusion::reference::activationNamed(std::string_view mnemonic) {
  static constexpr std::pair<std::string_view, Activation> names[] = {{"relu", Activation::Relu},
                                                                      {"relu6", Activation::Relu6},
                                                                      {"leaky_relu", Activation::LeakyRelu},
                                                                      {"sigmoid", Activation::Sigmoid},
                                                                      {"tanh", Activation::Tanh},
                                                                      {"swish", Activation::Swish},
                                                                      {"hardswish", Activation::Hardswish},
                                                                      {"hardsigmoid", Activation::Hardsigmoid},
                                                                      {"gelu", Activation::Gelu},
                                                                      {"softplus", Activation::Softplus},
                                                                      {"clamp", Activation::Clamp}};
  for (auto [name, activation] : names)
    if (name == mnemonic)
      return activation;
  return std::nullopt;
}

namespace {

constexpr double rootHalf = 0.70710678118654752440, rootTwoPiInverse = 0.39894228040143267794;

template <class T> T sigmoid(T x) { return T(1) / (T(1) + exp(-x)); }

/// x limited to [low, high]; constant at and beyond both. NaN comes through.
template <class T> T limited(T x, double low, double high) {
  if (value(x) <= low)
    return T(low);
  return value(x) >= high ? T(high) : x;
}

/// min(max(x + 3, 0), 6), decided on x so that the derivative's branch does not depend on how x + 3 rounds.
template <class T> T shiftedRelu6(T x) {
  if (value(x) <= -3)
    return T(0);
  return value(x) >= 3 ? T(6) : x + T(3);
}

template <class T> T clamped(T x, double low, double high) {
  double v = value(x);
  if (std::isnan(v))
    return withSlope(x, v, 0);
  if (v <= low)
    v = low, x = T(low);
  return v >= high ? T(high) : x; // when low > high the result is high, as in PyTorch
}

} // namespace

template <class T> T fusion::reference::activate(Activation f, const ActivationParams &params, T x) {
  double v = value(x);
  switch (f) {
  case Activation::Relu:
    return v <= 0 ? T(0) : x;
  case Activation::Relu6:
    return limited(x, 0, 6);
  case Activation::LeakyRelu:
    return v > 0 ? x : x * T(params.slope);
  case Activation::Sigmoid:
    return sigmoid(x);
  case Activation::Tanh:
    return tanh(x);
  case Activation::Swish:
    return x / (T(1) + exp(-x));
  case Activation::Hardswish:
    return std::isnan(v) ? withSlope(x, v, 1) : x * shiftedRelu6(x) / T(6);
  case Activation::Hardsigmoid:
    return std::isnan(v) ? withSlope(x, v, 0) : shiftedRelu6(x) / T(6);
  case Activation::Gelu:
    return T(0.5) * x * (T(1) + erf(x * T(rootHalf)));
  case Activation::Softplus:
    return v > 20 ? x : log1p(exp(x));
  case Activation::Clamp:
    return clamped(x, params.min, params.max);
  }
  return x;
}

template <class T> T fusion::reference::activateGrad(Activation f, const ActivationParams &params, T dy, T x) {
  double v = value(x);
  switch (f) {
  case Activation::Relu:
    return v <= 0 ? T(0) : dy;
  case Activation::Relu6:
    return v <= 0 || v >= 6 ? T(0) : dy;
  case Activation::LeakyRelu:
    return v > 0 ? dy : dy * T(params.slope);
  case Activation::Sigmoid: {
    T s = sigmoid(x);
    return dy * (T(1) - s) * s;
  }
  case Activation::Tanh: {
    T t = tanh(x);
    return dy * (T(1) - t * t);
  }
  case Activation::Swish: {
    T s = sigmoid(x);
    return dy * s * (T(1) + x * (T(1) - s));
  }
  case Activation::Hardswish:
    if (v <= -3)
      return T(0);
    return v < 3 ? dy * (x / T(3) + T(0.5)) : dy;
  case Activation::Hardsigmoid:
    return v > -3 && v < 3 ? dy / T(6) : T(0);
  case Activation::Gelu: {
    T below = T(0.5) * (T(1) + erf(x * T(rootHalf)));
    T density = exp(-(x * x) / T(2)) * T(rootTwoPiInverse);
    return dy * (below + x * density);
  }
  case Activation::Softplus: {
    if (v > 20)
      return dy;
    T z = exp(x);
    return dy * z / (z + T(1));
  }
  case Activation::Clamp:
    return v > params.min && v < params.max ? dy : T(0); // before 2.15 PyTorch counted the bounds as inside
  }
  return dy;
}

namespace {

/// A point where the derivative jumps, and by how much.
struct Kink {
  double at, jump;
};

std::vector<Kink> kinksOf(Activation f, const ActivationParams &params) {
  switch (f) {
  case Activation::Relu:
    return {{0, 1}};
  case Activation::Relu6:
    return {{0, 1}, {6, 1}};
  case Activation::LeakyRelu:
    return {{0, std::fabs(1 - params.slope)}};
  case Activation::Hardswish:
    return {{-3, 0.5}, {3, 0.5}};
  case Activation::Hardsigmoid:
    return {{-3, 1.0 / 6}, {3, 1.0 / 6}};
  case Activation::Clamp:
    return params.min < params.max ? std::vector<Kink>{{params.min, 1}, {params.max, 1}} : std::vector<Kink>();
  default:
    return {};
  }
}

/// Calls `found(element, kink, how far the error of x reaches over it)`. An exact x is where it is.
template <class Found>
void forKinksInReach(Activation f, const ActivationParams &params, const Tensor<Bound> &x, double unit, Found found) {
  for (Kink kink : kinksOf(f, params))
    for (int64_t i = 0; i < x.size(); ++i)
      if (double over = tolerance(x.data[i], x.reduction, unit) - std::fabs(x.data[i].v - kink.at); !x.data[i].exact() && over >= 0)
        found(i, kink, over);
}

} // namespace

template <class T> Tensor<T> fusion::reference::activation(Activation f, const ActivationParams &params, const Tensor<T> &x, double unit) {
  Tensor<T> y(x.shape);
  y.reduction = x.reduction;
  for (int64_t i = 0; i < x.size(); ++i)
    y.data[i] = activate(f, params, x.data[i]);
  if constexpr (std::is_same_v<T, Bound>) // beyond the kink the value moves with the other slope
    forKinksInReach(f, params, x, unit, [&](int64_t i, Kink kink, double over) { y.data[i].s += kink.jump * over; });
  return y;
}

template <class T>
Tensor<T> fusion::reference::activationGrad(Activation f, const ActivationParams &params, const Tensor<T> &dy, const Tensor<T> &x,
                                            double unit) {
  Tensor<T> dx(x.shape);
  dx.reduction = std::max(dy.reduction, x.reduction);
  for (int64_t i = 0; i < x.size(); ++i)
    dx.data[i] = activateGrad(f, params, dy.data[i], x.data[i]);
  if constexpr (std::is_same_v<T, Bound>) // beyond the kink the gradient is the other one
    forKinksInReach(f, params, x, unit,
                    [&](int64_t i, Kink kink, double) { dx.data[i].s += kink.jump * (std::fabs(dy.data[i].v) + dy.data[i].s); });
  return dx;
}

#define INSTANTIATE(T)                                                                                                                     \
  template T fusion::reference::activate(Activation, const ActivationParams &, T);                                                         \
  template T fusion::reference::activateGrad(Activation, const ActivationParams &, T, T);                                                  \
  template Tensor<T> fusion::reference::activation(Activation, const ActivationParams &, const Tensor<T> &, double);                       \
  template Tensor<T> fusion::reference::activationGrad(Activation, const ActivationParams &, const Tensor<T> &, const Tensor<T> &, double);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
INSTANTIATE(Bound)
