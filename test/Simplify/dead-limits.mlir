// Limits that the operand's range keeps already are dead. Before differentiation only where the gradient stays the same too (GRAD), and
// where that needs finite values, with assume-finite (FINITE).
// RUN: fusion-opt %s -fusion-simplify=precision=ieee | FileCheck %s --check-prefixes=CHECK,VALUE
// RUN: fusion-opt %s -fusion-simplify=phase=before-diff | FileCheck %s --check-prefixes=CHECK,GRAD
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff assume-finite=true' | FileCheck %s --check-prefixes=CHECK,FINITE
// RUN: fusion-opt %s -fusion-simplify=disable=dead-relu,dead-relu6,dead-clamp,dead-leaky-relu,merge-clamps | FileCheck %s --check-prefix=OFF

// CHECK-LABEL: func.func @dead_relu_relu(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[V:.*]] = fusion.relu %[[X]]
// CHECK-NEXT: return %[[V]]
// OFF-LABEL: func.func @dead_relu_relu(
// OFF: fusion.relu
// OFF: fusion.relu
func.func @dead_relu_relu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.relu %x : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @dead_relu_relu6(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[V:.*]] = fusion.relu6 %[[X]]
// CHECK-NEXT: return %[[V]]
// OFF-LABEL: func.func @dead_relu_relu6(
// OFF: fusion.relu6
// OFF: fusion.relu 
func.func @dead_relu_relu6(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.relu6 %x : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_hardsigmoid(
// VALUE-NOT: fusion.relu
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @relu_hardsigmoid(
// GRAD-NOT: fusion.relu
// GRAD: return %{{.*}} :
// FINITE-LABEL: func.func @relu_hardsigmoid(
// FINITE-NOT: fusion.relu
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @relu_hardsigmoid(
// OFF: fusion.relu 
func.func @relu_hardsigmoid(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.hardsigmoid %x : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// sigmoid's gradient vanishes by a product at 0.
// VALUE-LABEL: func.func @relu_sigmoid(
// VALUE-NOT: fusion.relu
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @relu_sigmoid(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_sigmoid(
// FINITE-NOT: fusion.relu
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @relu_sigmoid(
// OFF: fusion.relu 
func.func @relu_sigmoid(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_softplus(
// VALUE-NOT: fusion.relu
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @relu_softplus(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_softplus(
// FINITE-NOT: fusion.relu
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @relu_softplus(
// OFF: fusion.relu 
func.func @relu_softplus(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.softplus %x : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// x * x is 0 at 0 where its gradient, 2 * x * dy, is 0 too, but no rule knows that.
// VALUE-LABEL: func.func @relu_of_square(
// VALUE-NOT: fusion.relu
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @relu_of_square(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_of_square(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_of_square(
// OFF: fusion.relu 
func.func @relu_of_square(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.mul %x, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Never reaches the bound.
// VALUE-LABEL: func.func @relu_of_shifted(
// VALUE-NOT: fusion.relu
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @relu_of_shifted(
// GRAD-NOT: fusion.relu
// GRAD: return %{{.*}} :
// FINITE-LABEL: func.func @relu_of_shifted(
// FINITE-NOT: fusion.relu
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @relu_of_shifted(
// OFF: fusion.relu 
func.func @relu_of_shifted(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %k = fusion.constant 0.5 : tensor<f32>
  %v = fusion.add %s, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// From here on ranges go below the bound.
// VALUE-LABEL: func.func @relu_shifted_down(
// VALUE: fusion.relu 
// GRAD-LABEL: func.func @relu_shifted_down(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_shifted_down(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_shifted_down(
// OFF: fusion.relu 
func.func @relu_shifted_down(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %k = fusion.constant 0.5 : tensor<f32>
  %v = fusion.sub %s, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_tanh(
// VALUE: fusion.relu 
// GRAD-LABEL: func.func @relu_tanh(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_tanh(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_tanh(
// OFF: fusion.relu 
func.func @relu_tanh(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.tanh %x : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_swish(
// VALUE: fusion.relu 
// GRAD-LABEL: func.func @relu_swish(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_swish(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_swish(
// OFF: fusion.relu 
func.func @relu_swish(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.swish %x : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_gelu(
// VALUE: fusion.relu 
// GRAD-LABEL: func.func @relu_gelu(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_gelu(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_gelu(
// OFF: fusion.relu 
func.func @relu_gelu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.gelu %x : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_hardswish(
// VALUE: fusion.relu 
// GRAD-LABEL: func.func @relu_hardswish(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_hardswish(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_hardswish(
// OFF: fusion.relu 
func.func @relu_hardswish(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.hardswish %x : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_leaky(
// VALUE: fusion.relu 
// GRAD-LABEL: func.func @relu_leaky(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_leaky(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_leaky(
// OFF: fusion.relu 
func.func @relu_leaky(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.leaky_relu %x {slope = 0.1 : f64} : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_of_argument(
// VALUE: fusion.relu 
// GRAD-LABEL: func.func @relu_of_argument(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_of_argument(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_of_argument(
// OFF: fusion.relu 
func.func @relu_of_argument(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.add %x, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu_of_product(
// VALUE: fusion.relu 
// GRAD-LABEL: func.func @relu_of_product(
// GRAD: fusion.relu 
// FINITE-LABEL: func.func @relu_of_product(
// FINITE: fusion.relu 
// OFF-LABEL: func.func @relu_of_product(
// OFF: fusion.relu 
func.func @relu_of_product(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %t = fusion.tanh %x : tensor<?x4xf32>
  %v = fusion.mul %s, %t : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// swish of a value that is not negative is not negative.
// VALUE-LABEL: func.func @relu_of_swish_of_relu(
// VALUE: fusion.relu
// VALUE-NEXT: %[[V:.*]] = fusion.swish
// VALUE-NEXT: return %[[V]]
// GRAD-LABEL: func.func @relu_of_swish_of_relu(
// GRAD: fusion.relu
// GRAD-NEXT: fusion.swish
// GRAD-NEXT: fusion.relu
// FINITE-LABEL: func.func @relu_of_swish_of_relu(
// FINITE: fusion.relu
// FINITE-NEXT: fusion.swish
// FINITE-NEXT: fusion.relu
// OFF-LABEL: func.func @relu_of_swish_of_relu(
// OFF: fusion.relu
// OFF-NEXT: fusion.swish
// OFF-NEXT: fusion.relu
func.func @relu_of_swish_of_relu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = fusion.relu %x : tensor<?x4xf32>
  %v = fusion.swish %r : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// hardsigmoid stays under 6.
// VALUE-LABEL: func.func @relu6_hardsigmoid(
// VALUE-NOT: fusion.relu6
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @relu6_hardsigmoid(
// GRAD-NOT: fusion.relu6
// GRAD: return %{{.*}} :
// FINITE-LABEL: func.func @relu6_hardsigmoid(
// FINITE-NOT: fusion.relu6
// FINITE: return %{{.*}} :
// OFF-LABEL: func.func @relu6_hardsigmoid(
// OFF: fusion.relu6 
func.func @relu6_hardsigmoid(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.hardsigmoid %x : tensor<?x4xf32>
  %y = fusion.relu6 %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// VALUE-LABEL: func.func @relu6_scaled(
// VALUE-NOT: fusion.relu6
// VALUE: return %{{.*}} :
// GRAD-LABEL: func.func @relu6_scaled(
// GRAD: fusion.relu6 
// FINITE-LABEL: func.func @relu6_scaled(
// FINITE: fusion.relu6 
// OFF-LABEL: func.func @relu6_scaled(
// OFF: fusion.relu6 
func.func @relu6_scaled(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %k = fusion.constant 5.5 : tensor<f32>
  %v = fusion.mul %s, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.relu6 %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
