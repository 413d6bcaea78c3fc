// Activations and their gradients with PyTorch's conventions at kinks and NaN; formulas of its own, none of the dialect's.
#pragma once
#include "fusion/Reference/Scalars.h"
#include "fusion/Reference/Tensor.h"
#include <optional>
#include <string_view>

namespace fusion::reference {

enum class Activation {
  Relu,
  Relu6,
  LeakyRelu,
  Sigmoid,
  Tanh,
  Swish,
  Hardswish,
  Hardsigmoid,
  Gelu,
  Softplus,
  Clamp,
  Elu,
  Selu,
  Celu,
  Mish,
  GeluTanh,
  Softsign,
  LogSigmoid,
  Exp,
  Log,
  Sqrt,
  Rsqrt,
  Abs,
  Neg,
  Square,
  Reciprocal,
  Pow
};

struct ActivationParams {
  double slope = 0.01;     // leaky_relu
  double min = 0, max = 0; // clamp
  double alpha = 1;        // elu, celu
  double exponent = 2;     // pow
};

/// The activation an op mnemonic names ("swish").
std::optional<Activation> activationNamed(std::string_view mnemonic);

template <class T> T activate(Activation f, const ActivationParams &params, T x);
/// dy times the derivative at x.
template <class T> T activateGrad(Activation f, const ActivationParams &params, T dy, T x);

/// `unit` is the roundoff x was computed with: with T = Bound, an x whose error reaches a kink gets the difference of both sides as slack.
template <class T> Tensor<T> activation(Activation f, const ActivationParams &params, const Tensor<T> &x, double unit = unitFp32);
template <class T>
Tensor<T> activationGrad(Activation f, const ActivationParams &params, const Tensor<T> &dy, const Tensor<T> &x, double unit = unitFp32);

} // namespace fusion::reference
