// Extrema, negation and the newer activations bound what a limit behind them sees.
// RUN: fusion-opt %s -fusion-simplify=phase=before-diff | FileCheck %s

// CHECK-LABEL: func.func @above(
// CHECK: %[[M:.*]] = fusion.maximum
// CHECK-NEXT: return %[[M]]
func.func @above(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = fusion.constant 0.5 : tensor<f32>
  %m = fusion.maximum %x, %c : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.relu %m : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @below_negated(
// CHECK: %[[N:.*]] = fusion.neg
// CHECK-NEXT: return %[[N]]
func.func @below_negated(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = fusion.constant -0.5 : tensor<f32>
  %m = fusion.minimum %x, %c : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %n = fusion.neg %m : tensor<?x4xf32>
  %y = fusion.relu %n : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The smaller of two is bounded above only.
// CHECK-LABEL: func.func @not_above(
// CHECK: fusion.relu
func.func @not_above(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = fusion.constant 0.5 : tensor<f32>
  %m = fusion.minimum %x, %c : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.relu %m : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @mish_of_positive(
// CHECK: %[[N:.*]] = fusion.add
// CHECK-NEXT: return %[[N]]
func.func @mish_of_positive(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = fusion.constant 1.0 : tensor<f32>
  %e = fusion.exp %x : tensor<?x4xf32>
  %m = fusion.mish %e : tensor<?x4xf32>
  %a = fusion.add %m, %c : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %y = fusion.relu %a : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
