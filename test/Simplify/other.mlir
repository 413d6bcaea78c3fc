// Dead ops go, sums over nothing go, and what replaces an op takes its number.
// RUN: fusion-opt %s -fusion-simplify | FileCheck %s

// CHECK-LABEL: func.func @dead(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: return %[[X]]
func.func @dead(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = fusion.sigmoid %x : tensor<4xf32>
  %b = fusion.tanh %a : tensor<4xf32>
  return %x : tensor<4xf32>
}

// CHECK-LABEL: func.func @empty_sum(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: return %[[X]]
func.func @empty_sum(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %y = fusion.sum_to %x : tensor<1x4xf32> to tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// CHECK-LABEL: func.func @not_an_empty_sum(
// CHECK: fusion.sum_to
func.func @not_an_empty_sum(%x: tensor<2x4xf32>) -> tensor<1x4xf32> {
  %y = fusion.sum_to %x : tensor<2x4xf32> to tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// CHECK-LABEL: func.func @number(
// CHECK: fusion.mul %{{.*}} {fusion.id = 7 : i64}
func.func @number(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = fusion.constant 4.0 : tensor<f32>
  %y = fusion.div %x, %c {fusion.id = 7 : i64} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
