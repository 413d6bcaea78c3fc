// Limits that the operand's range keeps already are dead. Before differentiation only where the gradient stays the same too (GRAD), and
// where that needs finite values, with assume-finite (FINITE).
// RUN: fusion-opt %s -fusion-simplify=precision=ieee | FileCheck %s --check-prefix=VALUE
// RUN: fusion-opt %s -fusion-simplify=phase=before-diff | FileCheck %s --check-prefix=GRAD
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff assume-finite=true' | FileCheck %s --check-prefix=FINITE
// RUN: fusion-opt %s -fusion-simplify=disable=dead-relu,dead-relu6,dead-clamp,dead-leaky-relu,merge-clamps | FileCheck %s --check-prefix=OFF

// VALUE-LABEL: func.func @relu6_scaled_too_far(
// VALUE: fusion.relu6 
// GRAD-LABEL: func.func @relu6_scaled_too_far(
// GRAD: fusion.relu6 
// FINITE-LABEL: func.func @relu6_scaled_too_far(
// FINITE: fusion.relu6 
// OFF-LABEL: func.func @relu6_scaled_too_far(
// OFF: fusion.relu6 
func.func @relu6_scaled_too_far(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %k = fusion.constant 6.5 : tensor<f32>
  %v = fusion.mul %s, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.relu6 %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// clamp has no gradient at NaN.
// VALUE-LABEL: func.func @clamp_sigmoid(
// VALUE-NOT: fusion.clamp
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @clamp_sigmoid(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_sigmoid(
// FINITE-NOT: fusion.clamp
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @clamp_sigmoid(
// OFF: fusion.clamp 
func.func @clamp_sigmoid(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The range keeps the lower bound only.
// VALUE-LABEL: func.func @clamp_sigmoid_below(
// VALUE: fusion.clamp 
// GRAD-LABEL: func.func @clamp_sigmoid_below(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_sigmoid_below(
// FINITE: fusion.clamp 
// OFF-LABEL: func.func @clamp_sigmoid_below(
// OFF: fusion.clamp 
func.func @clamp_sigmoid_below(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = 0.0 : f64, max = 0.5 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @clamp_tanh(
// VALUE-NOT: fusion.clamp
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @clamp_tanh(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_tanh(
// FINITE-NOT: fusion.clamp
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @clamp_tanh(
// OFF: fusion.clamp 
func.func @clamp_tanh(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.tanh %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -1.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Never at a bound, but at NaN.
// VALUE-LABEL: func.func @clamp_tanh_wide(
// VALUE-NOT: fusion.clamp
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @clamp_tanh_wide(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_tanh_wide(
// FINITE-NOT: fusion.clamp
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @clamp_tanh_wide(
// OFF: fusion.clamp 
func.func @clamp_tanh_wide(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.tanh %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -2.0 : f64, max = 2.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// hardsigmoid rounds to 1 where its gradient is not 0 yet.
// VALUE-LABEL: func.func @clamp_hardsigmoid(
// VALUE-NOT: fusion.clamp
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @clamp_hardsigmoid(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_hardsigmoid(
// FINITE: fusion.clamp 
// OFF-LABEL: func.func @clamp_hardsigmoid(
// OFF: fusion.clamp 
func.func @clamp_hardsigmoid(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.hardsigmoid %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @clamp_gelu(
// VALUE-NOT: fusion.clamp
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @clamp_gelu(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_gelu(
// FINITE-NOT: fusion.clamp
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @clamp_gelu(
// OFF: fusion.clamp 
func.func @clamp_gelu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.gelu %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -0.2 : f64, max = 0x7FF0000000000000 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @clamp_gelu_tight(
// VALUE: fusion.clamp 
// GRAD-LABEL: func.func @clamp_gelu_tight(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_gelu_tight(
// FINITE: fusion.clamp 
// OFF-LABEL: func.func @clamp_gelu_tight(
// OFF: fusion.clamp 
func.func @clamp_gelu_tight(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.gelu %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -0.16 : f64, max = 0x7FF0000000000000 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @clamp_swish(
// VALUE-NOT: fusion.clamp
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @clamp_swish(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_swish(
// FINITE-NOT: fusion.clamp
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @clamp_swish(
// OFF: fusion.clamp 
func.func @clamp_swish(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.swish %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -0.3 : f64, max = 0x7FF0000000000000 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @clamp_swish_tight(
// VALUE: fusion.clamp 
// GRAD-LABEL: func.func @clamp_swish_tight(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_swish_tight(
// FINITE: fusion.clamp 
// OFF-LABEL: func.func @clamp_swish_tight(
// OFF: fusion.clamp 
func.func @clamp_swish_tight(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.swish %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -0.27 : f64, max = 0x7FF0000000000000 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @clamp_hardswish(
// VALUE-NOT: fusion.clamp
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @clamp_hardswish(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_hardswish(
// FINITE-NOT: fusion.clamp
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @clamp_hardswish(
// OFF: fusion.clamp 
func.func @clamp_hardswish(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.hardswish %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -0.38 : f64, max = 0x7FF0000000000000 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @clamp_hardswish_tight(
// VALUE: fusion.clamp 
// GRAD-LABEL: func.func @clamp_hardswish_tight(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_hardswish_tight(
// FINITE: fusion.clamp 
// OFF-LABEL: func.func @clamp_hardswish_tight(
// OFF: fusion.clamp 
func.func @clamp_hardswish_tight(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.hardswish %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -0.37 : f64, max = 0x7FF0000000000000 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @clamp_sigmoid_tight(
// VALUE: fusion.clamp 
// GRAD-LABEL: func.func @clamp_sigmoid_tight(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_sigmoid_tight(
// FINITE: fusion.clamp 
// OFF-LABEL: func.func @clamp_sigmoid_tight(
// OFF: fusion.clamp 
func.func @clamp_sigmoid_tight(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = 0.0 : f64, max = 0.9 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @clamp_inverted(
// VALUE: fusion.clamp 
// GRAD-LABEL: func.func @clamp_inverted(
// GRAD: fusion.clamp 
// FINITE-LABEL: func.func @clamp_inverted(
// FINITE: fusion.clamp 
// OFF-LABEL: func.func @clamp_inverted(
// OFF: fusion.clamp 
func.func @clamp_inverted(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = 2.0 : f64, max = -1.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// leaky_relu scales the gradient at NaN.
// VALUE-LABEL: func.func @leaky_relu_relu(
// VALUE-NOT: fusion.leaky_relu
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @leaky_relu_relu(
// GRAD: fusion.leaky_relu 
// FINITE-LABEL: func.func @leaky_relu_relu(
// FINITE-NOT: fusion.leaky_relu
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @leaky_relu_relu(
// OFF: fusion.leaky_relu 
func.func @leaky_relu_relu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.relu %x : tensor<?x4xf32>
  %y = fusion.leaky_relu %v {slope = 0.1 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @leaky_relu_sigmoid_negative(
// VALUE-NOT: fusion.leaky_relu
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @leaky_relu_sigmoid_negative(
// GRAD: fusion.leaky_relu 
// FINITE-LABEL: func.func @leaky_relu_sigmoid_negative(
// FINITE-NOT: fusion.leaky_relu
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @leaky_relu_sigmoid_negative(
// OFF: fusion.leaky_relu 
func.func @leaky_relu_sigmoid_negative(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.leaky_relu %v {slope = -0.5 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @leaky_relu_tanh(
// VALUE: fusion.leaky_relu 
// GRAD-LABEL: func.func @leaky_relu_tanh(
// GRAD: fusion.leaky_relu 
// FINITE-LABEL: func.func @leaky_relu_tanh(
// FINITE: fusion.leaky_relu 
// OFF-LABEL: func.func @leaky_relu_tanh(
// OFF: fusion.leaky_relu 
func.func @leaky_relu_tanh(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.tanh %x : tensor<?x4xf32>
  %y = fusion.leaky_relu %v {slope = 0.1 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_of_quotient(
// VALUE-NOT: fusion.relu
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @relu_of_quotient(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_of_quotient(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_of_quotient(
// OFF: fusion.relu 
func.func @relu_of_quotient(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.softplus %x : tensor<?x4xf32>
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %one = fusion.constant 1.0 : tensor<f32>
  %d = fusion.add %s, %one : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %v = fusion.div %a, %d : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_of_quotient_by_zero(
// VALUE: fusion.relu 
// GRAD-LABEL: func.func @relu_of_quotient_by_zero(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_of_quotient_by_zero(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_of_quotient_by_zero(
// OFF: fusion.relu 
func.func @relu_of_quotient_by_zero(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.tanh %x : tensor<?x4xf32>
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %v = fusion.div %a, %s : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
