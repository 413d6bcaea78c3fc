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
                                                                      {"clamp", Activation::Clamp},
                                                                      {"elu", Activation::Elu},
                                                                      {"selu", Activation::Selu},
                                                                      {"celu", Activation::Celu},
                                                                      {"mish", Activation::Mish},
                                                                      {"gelu_tanh", Activation::GeluTanh},
                                                                      {"softsign", Activation::Softsign},
                                                                      {"log_sigmoid", Activation::LogSigmoid},
                                                                      {"exp", Activation::Exp},
                                                                      {"log", Activation::Log},
                                                                      {"sqrt", Activation::Sqrt},
                                                                      {"rsqrt", Activation::Rsqrt},
                                                                      {"abs", Activation::Abs},
                                                                      {"neg", Activation::Neg},
                                                                      {"square", Activation::Square},
                                                                      {"reciprocal", Activation::Reciprocal},
                                                                      {"pow", Activation::Pow}};
  for (auto [name, activation] : names)
    if (name == mnemonic)
      return activation;
  return std::nullopt;
}

namespace {

constexpr double rootHalf = 0.70710678118654752440, rootTwoPiInverse = 0.39894228040143267794;
constexpr double geluScale = 0.79788456080286535588, geluCube = 0.044715; // sqrt(2 / pi)
constexpr double seluAlpha = 1.6732632423543772848, seluScale = 1.0507009873554804934;

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
  if (v <= low && low != -HUGE_VAL) // an infinite bound is no bound, and an infinity beyond it keeps its slope
    v = low, x = T(low);
  return v >= high && high != HUGE_VAL ? T(high) : x; // when low > high the result is high, as in PyTorch
}

/// ELU in PyTorch's general form: scale * x above 0, scale * alpha * (exp(x / width) - 1) up to it.
template <class T> T elu(T x, double alpha, double width, double scale) {
  if (value(x) > 0)
    return x * T(scale);
  return std::isnan(value(x)) ? withSlope(x, value(x), scale) : expm1(x / T(width)) * T(alpha * scale);
}
template <class T> T eluGrad(T dy, T x, double alpha, double width, double scale) {
  return value(x) <= 0 ? dy * (exp(x / T(width)) * T(alpha * scale / width)) : dy * T(scale);
}

/// log(1 + exp(x)); beyond 40 that is x to the last bit of a double.
template <class T> T softplus(T x) { return value(x) > 40 ? x : log1p(exp(x)); }

/// x to a constant power; a square root where PyTorch takes one.
template <class T> T power(T x, double exponent) {
  if (exponent == 0.5)
    return sqrt(x);
  if (exponent == -0.5) // the gradient goes by the general rule, which has one at -infinity
    return value(x) < 0 ? withSlope(x, NAN, exponent * std::pow(value(x), exponent - 1)) : T(1) / sqrt(x);
  return T(pow(x, exponent));
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
  case Activation::Elu:
    return elu(x, params.alpha, 1, 1);
  case Activation::Selu:
    return elu(x, seluAlpha, 1, seluScale);
  case Activation::Celu:
    return elu(x, params.alpha, params.alpha, 1);
  case Activation::Mish:
    return x * tanh(softplus(x));
  case Activation::GeluTanh:
    return T(0.5) * x * (T(1) + tanh(T(geluScale) * (x + T(geluCube) * (x * x * x))));
  case Activation::Softsign:
    return x / (T(1) + abs(x));
  case Activation::LogSigmoid:
    return (v < 0 ? x : T(0)) - log1p(exp(v < 0 ? x : -x));
  case Activation::Exp:
    return exp(x);
  case Activation::Log:
    return log(x);
  case Activation::Sqrt:
    return sqrt(x);
  case Activation::Rsqrt:
    return T(1) / sqrt(x);
  case Activation::Abs:
    return abs(x);
  case Activation::Neg:
    return -x;
  case Activation::Square:
    return x * x;
  case Activation::Reciprocal:
    return T(1) / x;
  case Activation::Pow:
    return power(x, params.exponent);
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
    // Before 2.15 PyTorch counted the bounds as inside.
    return (v > params.min || (v == params.min && v == -HUGE_VAL)) && (v < params.max || (v == params.max && v == HUGE_VAL)) ? dy : T(0);
  case Activation::Elu:
    return eluGrad(dy, x, params.alpha, 1, 1);
  case Activation::Selu:
    return eluGrad(dy, x, seluAlpha, 1, seluScale);
  case Activation::Celu:
    return eluGrad(dy, x, params.alpha, params.alpha, 1);
  case Activation::Mish: {
    T t = tanh(softplus(x));
    return dy * (t + x * sigmoid(x) * (T(1) - t * t));
  }
  case Activation::GeluTanh: {
    T square = x * x, t = tanh(T(geluScale) * (x + T(geluCube) * (square * x)));
    T inner = T(geluScale) * (T(1) + T(3 * geluCube) * square);
    return dy * (T(0.5) * (T(1) + t) + T(0.5) * x * (T(1) - t * t) * inner);
  }
  case Activation::Softsign: {
    T below = T(1) + abs(x);
    return dy / below - dy * (abs(x) / below / below);
  }
  case Activation::LogSigmoid: {
    T z = exp(v < 0 ? x : -x), share = z / (T(1) + z);
    return dy * (v < 0 ? T(1) - share : share);
  }
  case Activation::Exp:
    return dy * exp(x);
  case Activation::Log:
    return dy / x;
  case Activation::Sqrt:
    return dy / (T(2) * sqrt(x));
  case Activation::Rsqrt: {
    T r = T(1) / sqrt(x);
    return T(-0.5) * dy * (r * r * r);
  }
  case Activation::Abs:
    return v > 0 ? dy : v < 0 ? -dy : T(0);
  case Activation::Neg:
    return -dy;
  case Activation::Square:
    return dy * (T(2) * x);
  case Activation::Reciprocal: {
    T r = T(1) / x;
    return -dy * (r * r);
  }
  case Activation::Pow:
    return params.exponent == 0 ? T(0) : dy * (T(params.exponent) * power(x, params.exponent - 1));
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
  case Activation::Elu:
    return {{0, std::fabs(1 - params.alpha)}};
  case Activation::Selu:
    return {{0, seluScale * (seluAlpha - 1)}};
  case Activation::Abs:
    return {{0, 2}};
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
