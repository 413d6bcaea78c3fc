// Sums of fewer elements. The functions at the end must stay as they are.
// RUN: fusion-opt %s -fusion-simplify | FileCheck %s
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff' | FileCheck %s --check-prefix=BEFORE
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff precision=ieee' | FileCheck %s --check-prefix=IEEE
// RUN: fusion-opt %s '-fusion-simplify=disable=reduction-of-one,global-average,sum-of-scaled,sum-of-normalised,sum-of-linear' | FileCheck %s --check-prefix=OFF

// CHECK-LABEL: func.func @sum_of_one(
// CHECK-NEXT: return %arg0
// IEEE-LABEL: func.func @sum_of_one(
// IEEE-NEXT: return %arg0
// OFF-LABEL: func.func @sum_of_one(
// OFF: fusion.sum
func.func @sum_of_one(%x: tensor<?x4x1xf32>) -> tensor<?x4x1xf32> {
  %y = fusion.sum %x {dims = array<i64: 2>, keepdim} : tensor<?x4x1xf32> to tensor<?x4x1xf32>
  return %y : tensor<?x4x1xf32>
}

// CHECK-LABEL: func.func @max_of_one(
// CHECK-NEXT: %[[Y:.*]] = fusion.reshape %arg0 : tensor<?x1x4xf32> to tensor<?x4xf32>
// CHECK-NEXT: return %[[Y]]
// OFF-LABEL: func.func @max_of_one(
// OFF: fusion.max
func.func @max_of_one(%x: tensor<?x1x4xf32>) -> tensor<?x4xf32> {
  %y = fusion.max %x {dims = array<i64: 1>} : tensor<?x1x4xf32> to tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @global(
// CHECK: %[[S:.*]] = fusion.sum %arg0 {dims = array<i64: 2, 3>, keepdim}
// CHECK: fusion.mul %[[S]], %{{.*}}
// OFF-LABEL: func.func @global(
// OFF: fusion.adaptive_avg_pool
func.func @global(%x: tensor<2x3x4x5xf32>) -> tensor<2x3x1x1xf32> {
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 1, 1>} : tensor<2x3x4x5xf32> to tensor<2x3x1x1xf32>
  return %y : tensor<2x3x1x1xf32>
}

// CHECK-LABEL: func.func @scaled(
// CHECK-NEXT: %[[S:.*]] = fusion.sum %arg0 {dims = array<i64: 2>, keepdim}
// CHECK-NEXT: %[[M:.*]] = fusion.mul %[[S]], %arg1
// CHECK-NEXT: fusion.reshape %[[M]]
// IEEE-LABEL: func.func @scaled(
// IEEE-NEXT: fusion.mul %arg0, %arg1
// OFF-LABEL: func.func @scaled(
// OFF-NEXT: fusion.mul %arg0, %arg1
func.func @scaled(%x: tensor<3x4x5xf32>, %s: tensor<4x1xf32>) -> tensor<3x4xf32> {
  %m = fusion.mul %x, %s : (tensor<3x4x5xf32>, tensor<4x1xf32>) -> tensor<3x4x5xf32>
  %y = fusion.sum %m {dims = array<i64: 2>} : tensor<3x4x5xf32> to tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// BEFORE-LABEL: func.func @linear(
// BEFORE: fusion.linear %arg0, %{{[0-9]+}} bias
// CHECK-LABEL: func.func @linear(
// CHECK-NEXT: %[[W:.*]] = fusion.sum %arg1 {dims = array<i64: 0>, keepdim} : tensor<4x5xf32> to tensor<1x5xf32>
// CHECK-NEXT: %[[B:.*]] = fusion.sum %arg2 {dims = array<i64: 0>, keepdim} : tensor<4xf32> to tensor<1xf32>
// CHECK-NEXT: fusion.linear %arg0, %[[W]] bias %[[B]]
// IEEE-LABEL: func.func @linear(
// IEEE-NEXT: fusion.linear %arg0, %arg1 bias %arg2
// OFF-LABEL: func.func @linear(
// OFF-NEXT: fusion.linear %arg0, %arg1 bias %arg2
func.func @linear(%x: tensor<3x5xf32>, %w: tensor<4x5xf32>, %b: tensor<4xf32>) -> tensor<3xf32> {
  %h = fusion.linear %x, %w bias %b : (tensor<3x5xf32>, tensor<4x5xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %y = fusion.sum %h {dims = array<i64: 1>} : tensor<3x4xf32> to tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: func.func @matmul(
// CHECK-NEXT: %[[W:.*]] = fusion.sum %arg1 {dims = array<i64: 0>, keepdim}
// CHECK-NEXT: fusion.matmul %arg0, %[[W]] {transpose_b}
func.func @matmul(%x: tensor<3x5xf32>, %w: tensor<4x5xf32>) -> tensor<3x1xf32> {
  %h = fusion.matmul %x, %w {transpose_b} : (tensor<3x5xf32>, tensor<4x5xf32>) -> tensor<3x4xf32>
  %y = fusion.sum %h {dims = array<i64: 1>, keepdim} : tensor<3x4xf32> to tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}

// The factor varies along the summed dim.
// CHECK-LABEL: func.func @not_constant(
// CHECK-NEXT: fusion.mul %arg0, %arg1
// CHECK-NEXT: fusion.sum
func.func @not_constant(%x: tensor<3x4x5xf32>, %s: tensor<5xf32>) -> tensor<3x4xf32> {
  %m = fusion.mul %x, %s : (tensor<3x4x5xf32>, tensor<5xf32>) -> tensor<3x4x5xf32>
  %y = fusion.sum %m {dims = array<i64: 2>} : tensor<3x4x5xf32> to tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// The product is needed anyway.
// CHECK-LABEL: func.func @used_twice(
// CHECK-NEXT: %[[M:.*]] = fusion.mul %arg0, %arg1
// CHECK-NEXT: fusion.sum %[[M]]
func.func @used_twice(%x: tensor<3x4x5xf32>, %s: tensor<4x1xf32>) -> (tensor<3x4xf32>, tensor<3x4x5xf32>) {
  %m = fusion.mul %x, %s : (tensor<3x4x5xf32>, tensor<4x1xf32>) -> tensor<3x4x5xf32>
  %y = fusion.sum %m {dims = array<i64: 2>} : tensor<3x4x5xf32> to tensor<3x4xf32>
  return %y, %m : tensor<3x4xf32>, tensor<3x4x5xf32>
}

// x may be near -b everywhere, and then sum(x) + n b has no digits left.
// CHECK-LABEL: func.func @shifted(
// CHECK-NEXT: fusion.add %arg0, %arg1
// CHECK-NEXT: fusion.sum
func.func @shifted(%x: tensor<3x4x5xf32>, %b: tensor<4x1xf32>) -> tensor<3x4xf32> {
  %m = fusion.add %x, %b : (tensor<3x4x5xf32>, tensor<4x1xf32>) -> tensor<3x4x5xf32>
  %y = fusion.sum %m {dims = array<i64: 2>} : tensor<3x4x5xf32> to tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// The batch is summed, not the features.
// CHECK-LABEL: func.func @sum_of_rows(
// CHECK-NEXT: fusion.linear %arg0, %arg1
// CHECK-NEXT: fusion.sum
func.func @sum_of_rows(%x: tensor<3x5xf32>, %w: tensor<4x5xf32>) -> tensor<4xf32> {
  %h = fusion.linear %x, %w : (tensor<3x5xf32>, tensor<4x5xf32>) -> tensor<3x4xf32>
  %y = fusion.sum %h {dims = array<i64: 0>} : tensor<3x4xf32> to tensor<4xf32>
  return %y : tensor<4xf32>
}
