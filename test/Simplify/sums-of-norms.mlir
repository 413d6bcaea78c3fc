// Sums of what a norm made. Such sums are near 0, where PropertyTest's tolerance relative to the result says nothing: the evaluator judges them
// (norm_mean and batch_norm_mean in test/Integration/reductions.py).
// RUN: fusion-opt %s -fusion-simplify | FileCheck %s
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff' | FileCheck %s --check-prefix=BEFORE
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff precision=ieee' | FileCheck %s --check-prefix=IEEE
// RUN: fusion-opt %s '-fusion-simplify=disable=reduction-of-one,global-average,sum-of-scaled,sum-of-normalised,sum-of-linear' | FileCheck %s --check-prefix=OFF

// The division stays outside; a norm's parameters are constant along the positions and not along the channels, which are summed afterwards.
// CHECK-LABEL: func.func @group_norm(
// CHECK: %[[S:.*]] = fusion.sum %arg0 {dims = array<i64: 2>, keepdim} : tensor<2x4x6xf32> to tensor<2x4x1xf32>
// CHECK: %[[M:.*]] = fusion.mul %[[S]]
// CHECK: %[[N:.*]] = fusion.normalize %[[M]] stats
// CHECK: fusion.sum %[[N]] {dims = array<i64: 1>, keepdim} : tensor<2x4x1xf32> to tensor<2x1x1xf32>
// IEEE-LABEL: func.func @group_norm(
// IEEE: fusion.normalize %arg0
// BEFORE-LABEL: func.func @group_norm(
// BEFORE: fusion.normalize %arg0
// OFF-LABEL: func.func @group_norm(
// OFF: fusion.normalize %arg0
func.func @group_norm(%x: tensor<2x4x6xf32>, %gamma: tensor<4xf32>, %beta: tensor<4xf32>) -> tensor<2xf32> {
  %mean, %rstd = fusion.group_stats %x {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<2x4x6xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>)
  %n = fusion.normalize %x stats %mean, %rstd affine %gamma, %beta
      : (tensor<2x4x6xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x6xf32>
  %y = fusion.sum %n {dims = array<i64: 1, 2>} : tensor<2x4x6xf32> to tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: func.func @batch_norm(
// CHECK: %[[S:.*]] = fusion.sum %arg0 {dims = array<i64: 2>, keepdim}
// CHECK: fusion.standardize %{{.*}} : (tensor<2x4x1xf32>
// CHECK-NOT: tensor<2x4x6xf32>
// CHECK: return
func.func @batch_norm(%x: tensor<2x4x6xf32>, %gamma: tensor<4x1xf32>, %beta: tensor<4x1xf32>) -> tensor<2x4xf32> {
  %mean, %variance = fusion.moments %x {dims = array<i64: 0, 2>, keepdim} : tensor<2x4x6xf32> to tensor<1x4x1xf32>
  %eps = fusion.constant 1.0e-5 : tensor<f32>
  %v = fusion.add %variance, %eps : (tensor<1x4x1xf32>, tensor<f32>) -> tensor<1x4x1xf32>
  %rstd = fusion.rsqrt %v : tensor<1x4x1xf32>
  %n = fusion.standardize %x stats %mean, %rstd : (tensor<2x4x6xf32>, tensor<1x4x1xf32>, tensor<1x4x1xf32>) -> tensor<2x4x6xf32>
  %g = fusion.mul %n, %gamma : (tensor<2x4x6xf32>, tensor<4x1xf32>) -> tensor<2x4x6xf32>
  %b = fusion.add %g, %beta : (tensor<2x4x6xf32>, tensor<4x1xf32>) -> tensor<2x4x6xf32>
  %y = fusion.sum %b {dims = array<i64: 2>} : tensor<2x4x6xf32> to tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}


// Both operands were made by norms; the one that is constant along the summed dim is added to the mean of the other, on whichever side it stands.
// CHECK-LABEL: func.func @shift_in_front(
// CHECK: %[[S:.*]] = fusion.standardize %arg1
// CHECK: fusion.sum %arg0
// CHECK: fusion.add %{{.*}}, %[[S]]
func.func @shift_in_front(%x: tensor<2x4x6xf32>, %c: tensor<1x4x1xf32>, %m: tensor<1x4x1xf32>, %r: tensor<1x4x1xf32>) -> tensor<2x4xf32> {
  %s = fusion.standardize %c stats %m, %r : (tensor<1x4x1xf32>, tensor<1x4x1xf32>, tensor<1x4x1xf32>) -> tensor<1x4x1xf32>
  %n = fusion.standardize %x stats %m, %r : (tensor<2x4x6xf32>, tensor<1x4x1xf32>, tensor<1x4x1xf32>) -> tensor<2x4x6xf32>
  %a = fusion.add %s, %n : (tensor<1x4x1xf32>, tensor<2x4x6xf32>) -> tensor<2x4x6xf32>
  %y = fusion.sum %a {dims = array<i64: 2>} : tensor<2x4x6xf32> to tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
