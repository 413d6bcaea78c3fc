// Spelled-out activations become named ops, whatever the order of operands, and nothing else does.
// RUN: fusion-opt %s -fusion-raise-idioms=assume-finite | FileCheck %s

// CHECK-LABEL: func.func @swish(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.swish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @swish(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.mul %x, %s : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @swish_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.swish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @swish_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.mul %s, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The gate may have other uses.
// CHECK-LABEL: func.func @swish_used_gate(
// CHECK: %[[S:.*]] = fusion.sigmoid
// CHECK: %[[Z:.*]] = fusion.swish
// CHECK: fusion.add %[[Z]], %[[S]]
func.func @swish_used_gate(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %z = fusion.mul %s, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.add %z, %s : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardsigmoid_clamp_div(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardsigmoid %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardsigmoid_clamp_div(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.div %a, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  return %g : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_clamp_div(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp_div(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.div %a, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_clamp_div_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp_div_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.div %a, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %g, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardsigmoid_clamp_mul(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardsigmoid %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardsigmoid_clamp_mul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %c3, %x : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %d = fusion.mul %a, %sixth : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  return %g : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_clamp_mul(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp_mul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %c3, %x : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %d = fusion.mul %a, %sixth : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_clamp_mul_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp_mul_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %c3, %x : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %d = fusion.mul %a, %sixth : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %g, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardsigmoid_clamp_sub_mul(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardsigmoid %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardsigmoid_clamp_sub_mul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %m3 = fusion.constant -3.0 : tensor<f32>
  %a = fusion.sub %x, %m3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.mul %sixth, %a : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  return %g : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_clamp_sub_mul(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp_sub_mul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %m3 = fusion.constant -3.0 : tensor<f32>
  %a = fusion.sub %x, %m3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.mul %sixth, %a : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_clamp_sub_mul_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp_sub_mul_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %m3 = fusion.constant -3.0 : tensor<f32>
  %a = fusion.sub %x, %m3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %d = fusion.mul %sixth, %a : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %g = fusion.clamp %d {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %g, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardsigmoid_clamp_half(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardsigmoid %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardsigmoid_clamp_half(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %d = fusion.div %x, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %a = fusion.add %d, %half : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %a {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  return %g : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_clamp_half(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp_half(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %d = fusion.div %x, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %a = fusion.add %d, %half : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %a {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_clamp_half_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp_half_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %d = fusion.div %x, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %a = fusion.add %d, %half : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %g = fusion.clamp %a {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.mul %g, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardsigmoid_relu6_div(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardsigmoid %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardsigmoid_relu6_div(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %g = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %g : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_relu6_div(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_relu6_div(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %g = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_relu6_div_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_relu6_div_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %g = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.mul %g, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardsigmoid_relu6_mul(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardsigmoid %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardsigmoid_relu6_mul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %g = fusion.mul %sixth, %r : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %g : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_relu6_mul(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_relu6_mul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %g = fusion.mul %sixth, %r : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_relu6_mul_swapped(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_relu6_mul_swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.relu6 %a : tensor<?x4xf32>
  %g = fusion.mul %sixth, %r : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = fusion.mul %g, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardsigmoid_clamp6_div(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardsigmoid %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardsigmoid_clamp6_div(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.clamp %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<?x4xf32>
  %g = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %g : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @hardswish_clamp6_div(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.hardswish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @hardswish_clamp6_div(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c3 = fusion.constant 3.0 : tensor<f32>
  %c6 = fusion.constant 6.0 : tensor<f32>
  %sixth = fusion.constant 0.16666666666666666 : tensor<f32>
  %half = fusion.constant 0.5 : tensor<f32>
  %a = fusion.add %x, %c3 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %r = fusion.clamp %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<?x4xf32>
  %g = fusion.div %r, %c6 : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.mul %x, %g : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
