// Derivative rules of extrema, of selection and of clamps with an open side.
// RUN: fusion-opt %s -split-input-file -fusion-differentiate=grad=all | FileCheck %s

// CHECK-LABEL: func.func @maximum_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[A:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[B:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: %[[DA:.*]] = fusion.maximum_grad %[[DY]], %[[A]], %[[B]]
// CHECK-NEXT: %[[P:.*]] = fusion.maximum_grad %[[DY]], %[[B]], %[[A]]
// CHECK-NEXT: %[[DB:.*]] = fusion.sum_to %[[P]] : tensor<2x4xf32> to tensor<4xf32>
// CHECK-NEXT: return %[[DA]], %[[DB]]
func.func @maximum(%a: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
  %y = fusion.maximum %a, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// CHECK-LABEL: func.func @minimum_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<4xf32> {{[^%]*}}, %[[A:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: %[[C:.*]] = fusion.constant 1.0
// CHECK-NEXT: %[[DA:.*]] = fusion.minimum_grad %[[DY]], %[[A]], %[[C]]
// CHECK-NEXT: return %[[DA]]
func.func @minimum(%a: tensor<4xf32>) -> tensor<4xf32> {
  %c = fusion.constant 1.0 : tensor<f32>
  %y = fusion.minimum %a, %c : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----
// Nothing reaches the condition, although it is made of %a.
// CHECK-LABEL: func.func @where_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[A:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[B:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: %[[C:.*]] = fusion.relu %[[A]]
// CHECK-NEXT: %[[Z:.*]] = fusion.constant 0.0
// CHECK-NEXT: %[[DA:.*]] = fusion.where %[[C]], %[[DY]], %[[Z]]
// CHECK-NEXT: %[[P:.*]] = fusion.where %[[C]], %[[Z]], %[[DY]]
// CHECK-NEXT: %[[DB:.*]] = fusion.sum_to %[[P]] : tensor<2x4xf32> to tensor<4xf32>
// CHECK-NEXT: return %[[DA]], %[[DB]]
func.func @where(%a: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
  %c = fusion.relu %a : tensor<2x4xf32>
  %y = fusion.where %c, %a, %b : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
