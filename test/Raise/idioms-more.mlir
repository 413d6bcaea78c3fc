// Spelled-out activations become named ops, whatever the order of operands, and nothing else does.
// RUN: fusion-opt %s -fusion-raise-idioms=assume-finite | FileCheck %s

// CHECK-LABEL: func.func @hardswish_clamp6_div_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp6_div_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.clamp %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<?x4xf32>
  %g = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.mul %g, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_last_relu6_div(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_last_relu6_div(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %p = fusion.mul %r, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.div %p, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_last_clamp_div(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_last_clamp_div(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.clamp %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<?x4xf32>
  %p = fusion.mul %r, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.div %p, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_last_relu6_mul(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_last_relu6_mul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %p = fusion.mul %r, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.mul %p, %sixth : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_last_clamp_mul(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_last_clamp_mul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.clamp %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<?x4xf32>
  %p = fusion.mul %r, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.mul %p, %sixth : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_last_relu6_mul_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_last_relu6_mul_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %p = fusion.mul %r, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.mul %sixth, %p : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_last_clamp_mul_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_last_clamp_mul_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.clamp %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<?x4xf32>
  %p = fusion.mul %r, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.mul %sixth, %p : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_of_hardsigmoid(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_of_hardsigmoid(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.hardsigmoid %x : tensor<?x4xf32>
  %y = fusion.mul %s, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// From here on, nothing may be raised.
// CHECK-LABEL: func.func @not_another_operand(
// CHECK-NOT: swish
// CHECK: fusion.mul
func.func @not_another_operand(%x: tensor<?x4xf32>, %z: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.mul %z, %s : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_sum(
// CHECK-NOT: swish
// CHECK: fusion.add
func.func @not_sum(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.add %x, %s : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_other_shift(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.mul
// CHECK-NEXT: return
func.func @not_other_shift(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %k = fusion.constant 2.0 : tensor<f32>
  %a = fusion.add %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.div %a, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_other_scale(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.mul
// CHECK-NEXT: return
func.func @not_other_scale(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %k = fusion.constant 5.0 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.div %a, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_other_bounds(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.mul
// CHECK-NEXT: return
func.func @not_other_bounds(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.div %a, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 2.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_other_lower_bound(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.mul
// CHECK-NEXT: return
func.func @not_other_lower_bound(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.div %a, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.5 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_swapped_division(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.div
// CHECK-NEXT: return
func.func @not_swapped_division(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %y = fusion.div %c6, %r : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_subtracted(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.div
// CHECK-NEXT: return
func.func @not_subtracted(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.sub %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %y = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_reversed_difference(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.div
// CHECK-NEXT: return
func.func @not_reversed_difference(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %m3 = fusion.constant -3.0 : tensor<f32>
  %a = fusion.sub %m3, %x : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %y = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_half_first(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.clamp
// CHECK-NEXT: return
func.func @not_half_first(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %half : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.div %a, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_bounds_without_scale(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.clamp
// CHECK-NEXT: return
func.func @not_bounds_without_scale(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.clamp %a {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_one_sided(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.div
// CHECK-NEXT: return
func.func @not_one_sided(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu %a : tensor<?x4xf32>
  %y = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_tensor_constant(
// CHECK-NOT: hards
// CHECK: fusion.div
func.func @not_tensor_constant(%x: tensor<?x4xf32>, %t: tensor<4xf32>) -> tensor<?x4xf32> {
  %a = fusion.add %x, %t : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %y = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// clamp(x, 0, 6) is not relu6: their gradients differ where x is NaN.
// CHECK-LABEL: func.func @not_clamp_to_relu6(
// CHECK-NOT: relu6
// CHECK: fusion.clamp
func.func @not_clamp_to_relu6(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = fusion.clamp %x {min = 0.0 : f64, max = 6.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_gate_of_another(
// CHECK-NOT: hards
// CHECK-NOT: swish
// CHECK: fusion.mul
// CHECK-NEXT: return
func.func @not_gate_of_another(%x: tensor<?x4xf32>, %z: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %z, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.div %a, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %k = fusion.clamp %d {min = 0.0 : f64, max = 0.5 : f64} : tensor<?x4xf32>
  %y = fusion.mul %x, %k : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
