// Scalar steps: neutral ones go, constants fold, steps in a row merge where rounding may change.
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff precision=ieee' | FileCheck %s --check-prefixes=CHECK,EXACT,IEEE
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff' | FileCheck %s --check-prefixes=CHECK,EXACT,TORCH
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff precision=ieee assume-finite=true' | FileCheck %s --check-prefixes=CHECK,FINITE,IEEE
// RUN: fusion-opt %s -fusion-simplify=disable=add-negative-zero,add-zero,multiply-by-one,fold-scalars,divide-by-power-of-two,divide-by-scalar,merge-scalar-adds,merge-scalar-multiplies | FileCheck %s --check-prefix=OFF

// CHECK-LABEL: func.func @add_negative_zero(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: return %[[X]]
// OFF-LABEL: func.func @add_negative_zero(
// OFF: fusion.add
func.func @add_negative_zero(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant -0.0 : tensor<f32>
  %y = fusion.add %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @negative_zero_first(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: return %[[X]]
// OFF-LABEL: func.func @negative_zero_first(
// OFF: fusion.add
func.func @negative_zero_first(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant -0.0 : tensor<f32>
  %y = fusion.add %k, %x : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @sub_zero(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: return %[[X]]
// OFF-LABEL: func.func @sub_zero(
// OFF: fusion.sub
func.func @sub_zero(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 0.0 : tensor<f32>
  %y = fusion.sub %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -0 + 0 is 0.
// FINITE-LABEL: func.func @add_zero(
// FINITE-SAME: %[[X:[^:]*]]:
// FINITE-NEXT: return %[[X]]
// EXACT-LABEL: func.func @add_zero(
// EXACT: fusion.add
// OFF-LABEL: func.func @add_zero(
// OFF: fusion.add
func.func @add_zero(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 0.0 : tensor<f32>
  %y = fusion.add %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// FINITE-LABEL: func.func @sub_negative_zero(
// FINITE-SAME: %[[X:[^:]*]]:
// FINITE-NEXT: return %[[X]]
// EXACT-LABEL: func.func @sub_negative_zero(
// EXACT: fusion.sub
// OFF-LABEL: func.func @sub_negative_zero(
// OFF: fusion.sub
func.func @sub_negative_zero(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant -0.0 : tensor<f32>
  %y = fusion.sub %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @mul_one(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: return %[[X]]
// OFF-LABEL: func.func @mul_one(
// OFF: fusion.mul
func.func @mul_one(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 1.0 : tensor<f32>
  %y = fusion.mul %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @one_first(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: return %[[X]]
// OFF-LABEL: func.func @one_first(
// OFF: fusion.mul
func.func @one_first(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 1.0 : tensor<f32>
  %y = fusion.mul %k, %x : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @div_one(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: return %[[X]]
// OFF-LABEL: func.func @div_one(
// OFF: fusion.div
func.func @div_one(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 1.0 : tensor<f32>
  %y = fusion.div %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// 0 - x is not x.
// CHECK-LABEL: func.func @not_zero_first(
// CHECK: fusion.sub
// OFF-LABEL: func.func @not_zero_first(
// OFF: fusion.sub
func.func @not_zero_first(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 0.0 : tensor<f32>
  %y = fusion.sub %k, %x : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// 1 / x is not x.
// CHECK-LABEL: func.func @not_one_first(
// CHECK: fusion.div
// OFF-LABEL: func.func @not_one_first(
// OFF: fusion.div
func.func @not_one_first(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 1.0 : tensor<f32>
  %y = fusion.div %k, %x : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// 0 * x is NaN where x is infinite.
// CHECK-LABEL: func.func @not_mul_zero(
// CHECK: fusion.mul
// OFF-LABEL: func.func @not_mul_zero(
// OFF: fusion.mul
func.func @not_mul_zero(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 0.0 : tensor<f32>
  %y = fusion.mul %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_another_shape(
// CHECK: fusion.mul
func.func @not_another_shape(%x: tensor<?x4xf32>, %z: tensor<1xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 1.0 : tensor<f32>
  %y = fusion.mul %z, %x : (tensor<1xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// 1 / 3 in f32.
// CHECK-LABEL: func.func @fold(
// CHECK: fusion.constant 0.3333333432674408
// CHECK-NEXT: fusion.mul
// OFF-LABEL: func.func @fold(
// OFF: fusion.div
func.func @fold(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 1.0 : tensor<f32>
  %k = fusion.constant 3.0 : tensor<f32>
  %d = fusion.div %a, %k : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %y = fusion.mul %x, %d : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A constant is finite.
// CHECK-LABEL: func.func @not_fold_infinite(
// CHECK: fusion.div
func.func @not_fold_infinite(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 1.0 : tensor<f32>
  %k = fusion.constant 0.0 : tensor<f32>
  %d = fusion.div %a, %k : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %y = fusion.mul %x, %d : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @div_by_power_of_two(
// CHECK: fusion.constant 1.250000e-01
// CHECK-NEXT: fusion.mul
// OFF-LABEL: func.func @div_by_power_of_two(
// OFF: fusion.div
func.func @div_by_power_of_two(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 8.0 : tensor<f32>
  %y = fusion.div %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// TORCH-LABEL: func.func @div_by_six(
// TORCH: fusion.constant 0.16666666666666666
// TORCH-NEXT: fusion.mul
// IEEE-LABEL: func.func @div_by_six(
// IEEE: fusion.div
// OFF-LABEL: func.func @div_by_six(
// OFF: fusion.div
func.func @div_by_six(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 6.0 : tensor<f32>
  %y = fusion.div %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_div_by_zero(
// CHECK: fusion.div
func.func @not_div_by_zero(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 0.0 : tensor<f32>
  %y = fusion.div %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The reciprocal overflows.
// CHECK-LABEL: func.func @not_div_by_tiny(
// CHECK: fusion.div
func.func @not_div_by_tiny(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %k = fusion.constant 1.0e-40 : tensor<f32>
  %y = fusion.div %x, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// TORCH-LABEL: func.func @add_add(
// TORCH-SAME: %[[X:[^:]*]]:
// TORCH: fusion.constant 8.000000e+00
// TORCH-NEXT: fusion.add %[[X]], 
// IEEE-LABEL: func.func @add_add(
// IEEE: fusion.add
// IEEE: fusion.add
// OFF-LABEL: func.func @add_add(
// OFF: fusion.add
// OFF: fusion.add
func.func @add_add(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 5.0 : tensor<f32>
  %k = fusion.constant 3.0 : tensor<f32>
  %v = fusion.add %x, %a : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.add %v, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// TORCH-LABEL: func.func @add_sub(
// TORCH-SAME: %[[X:[^:]*]]:
// TORCH: fusion.constant 2.000000e+00
// TORCH-NEXT: fusion.add %[[X]], 
// IEEE-LABEL: func.func @add_sub(
// IEEE: fusion.add
// IEEE: fusion.sub
// OFF-LABEL: func.func @add_sub(
// OFF: fusion.add
// OFF: fusion.sub
func.func @add_sub(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 5.0 : tensor<f32>
  %k = fusion.constant 3.0 : tensor<f32>
  %v = fusion.add %x, %a : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.sub %v, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// TORCH-LABEL: func.func @sub_add(
// TORCH-SAME: %[[X:[^:]*]]:
// TORCH: fusion.constant -2.000000e+00
// TORCH-NEXT: fusion.add %[[X]], 
// IEEE-LABEL: func.func @sub_add(
// IEEE: fusion.sub
// IEEE: fusion.add
// OFF-LABEL: func.func @sub_add(
// OFF: fusion.sub
// OFF: fusion.add
func.func @sub_add(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 5.0 : tensor<f32>
  %k = fusion.constant 3.0 : tensor<f32>
  %v = fusion.sub %x, %a : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.add %v, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// TORCH-LABEL: func.func @sub_sub(
// TORCH-SAME: %[[X:[^:]*]]:
// TORCH: fusion.constant -8.000000e+00
// TORCH-NEXT: fusion.add %[[X]], 
// IEEE-LABEL: func.func @sub_sub(
// IEEE: fusion.sub
// IEEE: fusion.sub
// OFF-LABEL: func.func @sub_sub(
// OFF: fusion.sub
// OFF: fusion.sub
func.func @sub_sub(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 5.0 : tensor<f32>
  %k = fusion.constant 3.0 : tensor<f32>
  %v = fusion.sub %x, %a : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.sub %v, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// TORCH-LABEL: func.func @mul_mul(
// TORCH-SAME: %[[X:[^:]*]]:
// TORCH: fusion.constant 1.500000e+01
// TORCH-NEXT: fusion.mul %[[X]], 
// IEEE-LABEL: func.func @mul_mul(
// IEEE: fusion.mul
// IEEE: fusion.mul
// OFF-LABEL: func.func @mul_mul(
// OFF: fusion.mul
// OFF: fusion.mul
func.func @mul_mul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 5.0 : tensor<f32>
  %k = fusion.constant 3.0 : tensor<f32>
  %v = fusion.mul %x, %a : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.mul %v, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// (x + 5) * 3 stays: x * 3 + 15 loses every digit where x is near -5.
// CHECK-LABEL: func.func @not_distributed(
// CHECK: fusion.add
// CHECK: fusion.mul
func.func @not_distributed(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 5.0 : tensor<f32>
  %k = fusion.constant 3.0 : tensor<f32>
  %v = fusion.add %x, %a : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.mul %v, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_used_elsewhere(
// CHECK: %[[V:.*]] = fusion.add
// CHECK-NEXT: fusion.add %[[V]], 
func.func @not_used_elsewhere(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 5.0 : tensor<f32>
  %k = fusion.constant 3.0 : tensor<f32>
  %v = fusion.add %x, %a : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %w = fusion.add %v, %k : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.mul %v, %w : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The merged constant would be infinite.
// CHECK-LABEL: func.func @not_overflow(
// CHECK: fusion.mul
// CHECK: fusion.mul
func.func @not_overflow(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.constant 1.0e30 : tensor<f32>
  %v = fusion.mul %x, %a : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.mul %v, %a : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
