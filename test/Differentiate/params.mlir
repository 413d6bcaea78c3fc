// By default only parameters have gradients, names are kept, and what no gradient needs is not computed.
// RUN: fusion-opt %s -fusion-differentiate | FileCheck %s

// CHECK-LABEL: func.func @f(
// CHECK-LABEL: func.func @f_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<?x5xf32> {fusion.name = "grad_out_1"}
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x4xf32> {fusion.name = "grad_out"}
// CHECK-SAME: %[[W:[^:]*]]: tensor<5x4xf32> {fusion.name = "weight", fusion.parameter}
// CHECK-SAME: %[[S:[^:]*]]: tensor<5xf32> {fusion.name = "scale", fusion.parameter}
// CHECK-SAME: -> (tensor<5x4xf32> {fusion.grad_of = "weight"}, tensor<5xf32> {fusion.grad_of = "scale"})
// CHECK-NEXT: %[[H:.*]] = fusion.linear %[[X]], %[[W]] {fusion.id = 0 : i64}
// CHECK-NEXT: %[[DH:.*]] = fusion.mul %[[DY]], %[[S]]
// CHECK-NEXT: %[[P:.*]] = fusion.mul %[[DY]], %[[H]]
// CHECK-NEXT: %[[DS:.*]] = fusion.sum_to %[[P]]
// No gradient of x.
// CHECK-NEXT: %[[DW:.*]] = fusion.matmul %[[DH]], %[[X]] {transpose_a}
// CHECK-NEXT: return %[[DW]], %[[DS]]
func.func @f(%x: tensor<?x4xf32> {fusion.name = "grad_out"}, %w: tensor<5x4xf32> {fusion.name = "weight", fusion.parameter},
             %s: tensor<5xf32> {fusion.name = "scale", fusion.parameter}) -> (tensor<?x5xf32> {fusion.name = "out"}) {
  %h = fusion.linear %x, %w : (tensor<?x4xf32>, tensor<5x4xf32>) -> tensor<?x5xf32>
  %y = fusion.mul %h, %s : (tensor<?x5xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}
