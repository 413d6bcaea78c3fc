// Derivative rules of reductions, standardisation, shapes, pools and dropout.
// RUN: fusion-opt %s -split-input-file -fusion-differentiate=grad=all | FileCheck %s

// CHECK-LABEL: func.func @sum_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<?x5xf32>
// CHECK-NEXT: %[[K:.*]] = fusion.reshape %[[DY]] : tensor<?x5xf32> to tensor<?x1x5xf32>
// CHECK-NEXT: fusion.broadcast %[[K]] : tensor<?x1x5xf32> to tensor<?x4x5xf32>
func.func @sum(%x: tensor<?x4x5xf32>) -> tensor<?x5xf32> {
  %y = fusion.sum %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// -----
// CHECK-LABEL: func.func @max_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<?x1x5xf32> {{[^%]*}}, %[[X:[^:]*]]: tensor<?x4x5xf32>
// CHECK-NEXT: fusion.extreme_grad "max" %[[DY]], %[[X]] {dims = array<i64: 1>, keepdim}
func.func @max(%x: tensor<?x4x5xf32>) -> tensor<?x1x5xf32> {
  %y = fusion.max %x {dims = array<i64: 1>, keepdim} : tensor<?x4x5xf32> to tensor<?x1x5xf32>
  return %y : tensor<?x1x5xf32>
}

// -----
// CHECK-LABEL: func.func @moments_backward(
// CHECK-SAME: %[[DM:[^:]*]]: tensor<2x1xf32> {{[^%]*}}, %[[DV:[^:]*]]: tensor<2x1xf32> {{[^%]*}}, %[[X:[^:]*]]: tensor<2x4xf32>
// CHECK-NEXT: %[[M:.*]], %{{.*}} = fusion.moments %[[X]]
// CHECK-NEXT: %[[N:.*]] = fusion.constant 4.0
// CHECK-NEXT: %[[A:.*]] = fusion.div %[[DM]], %[[N]]
// CHECK-NEXT: %[[B:.*]] = fusion.broadcast %[[A]]
// CHECK-NEXT: %[[C:.*]] = fusion.sub %[[X]], %[[M]]
// CHECK: %[[D:.*]] = fusion.div %[[DV]]
// CHECK: %[[TWICE:.*]] = fusion.mul %[[D]]
// CHECK-NEXT: %[[E:.*]] = fusion.mul %[[C]], %[[TWICE]]
// CHECK-NEXT: fusion.add %[[B]], %[[E]]
func.func @moments(%x: tensor<2x4xf32>) -> (tensor<2x1xf32>, tensor<2x1xf32>) {
  %m, %v = fusion.moments %x {dims = array<i64: 1>, keepdim} : tensor<2x4xf32> to tensor<2x1xf32>
  return %m, %v : tensor<2x1xf32>, tensor<2x1xf32>
}

// -----
// Through its own statistics: two sums over the group and arithmetic.
// CHECK-LABEL: func.func @standardize_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32>
// CHECK: %[[N:.*]] = fusion.standardize
// CHECK-NEXT: %[[S:.*]] = fusion.sum %[[DY]]
// CHECK: %[[MEAN:.*]] = fusion.div %[[S]]
// CHECK: %[[C:.*]] = fusion.sub %[[DY]], %[[MEAN]]
// CHECK: %[[P:.*]] = fusion.mul %[[DY]], %[[N]]
// CHECK: fusion.sum %[[P]]
// CHECK-NOT: fusion.sum
// CHECK-NOT: fusion.activation_grad
func.func @standardize(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %m, %v = fusion.moments %x {dims = array<i64: 1>, keepdim} : tensor<2x4xf32> to tensor<2x1xf32>
  %eps = fusion.constant 1.0e-5 : tensor<f32>
  %a = fusion.add %v, %eps : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  %r = fusion.rsqrt %a : tensor<2x1xf32>
  %y = fusion.standardize %x stats %m, %r : (tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// Statistics that are operands have gradients of their own.
// CHECK-LABEL: func.func @given_statistics_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[X:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[M:[^:]*]]: tensor<4xf32> {{[^%]*}}, %[[R:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: %[[DX:.*]] = fusion.mul %[[DY]], %[[R]]
// CHECK-NEXT: %[[S:.*]] = fusion.sum_to %[[DX]]
// CHECK-NEXT: %[[MINUS:.*]] = fusion.constant -1.0
// CHECK-NEXT: %[[DM:.*]] = fusion.mul %[[S]], %[[MINUS]]
// CHECK-NEXT: %[[C:.*]] = fusion.sub %[[X]], %[[M]]
// CHECK-NEXT: %[[P:.*]] = fusion.mul %[[DY]], %[[C]]
// CHECK-NEXT: %[[DR:.*]] = fusion.sum_to %[[P]]
// CHECK-NEXT: return %[[DX]], %[[DM]], %[[DR]]
func.func @given_statistics(%x: tensor<2x4xf32>, %m: tensor<4xf32>, %r: tensor<4xf32>) -> tensor<2x4xf32> {
  %y = fusion.standardize %x stats %m, %r : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// CHECK-LABEL: func.func @shapes_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4x5xf32>
// CHECK-NEXT: %[[S:.*]] = fusion.sum_to %[[DY]] : tensor<2x4x5xf32> to tensor<4x1xf32>
// CHECK-NEXT: fusion.reshape %[[S]] : tensor<4x1xf32> to tensor<4xf32>
func.func @shapes(%x: tensor<4xf32>) -> tensor<2x4x5xf32> {
  %r = fusion.reshape %x : tensor<4xf32> to tensor<4x1xf32>
  %y = fusion.broadcast %r : tensor<4x1xf32> to tensor<2x4x5xf32>
  return %y : tensor<2x4x5xf32>
}

// -----
// Nothing goes through a detached value.
// CHECK-LABEL: func.func @detach_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<4xf32> {{[^%]*}}, %[[X:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: %[[E:.*]] = fusion.exp %[[X]]
// CHECK-NEXT: %[[D:.*]] = fusion.detach %[[E]]
// CHECK-NEXT: %[[DX:.*]] = fusion.mul %[[DY]], %[[D]]
// CHECK-NEXT: return %[[DX]]
func.func @detach(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = fusion.exp %x : tensor<4xf32>
  %d = fusion.detach %e : tensor<4xf32>
  %y = fusion.mul %x, %d : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----
// The same mask.
// CHECK-LABEL: func.func @dropout_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: fusion.dropout %[[DY]] {offset = 3 : i64, p = 5.000000e-01 : f64, seed = 7 : i64}
func.func @dropout(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = fusion.dropout %x {p = 0.5 : f64, seed = 7 : i64, offset = 3 : i64} : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @within_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<?x3x4xf32>
// CHECK-NEXT: fusion.within %[[DY]] {dim = 2 : i64, from = 1 : i64, to = 3 : i64}
func.func @within(%x: tensor<?x3x4xf32>) -> tensor<?x3x4xf32> {
  %y = fusion.within %x {dim = 2 : i64, from = 1 : i64, to = 3 : i64} : tensor<?x3x4xf32>
  return %y : tensor<?x3x4xf32>
}

// -----
// CHECK-LABEL: func.func @pools_backward(
// CHECK: %[[A:.*]] = fusion.adaptive_avg_pool_grad %{{.*}} {output_size = array<i64: 1>} : tensor<2x3x1xf32> to tensor<2x3x3xf32>
// CHECK-NEXT: %[[B:.*]] = fusion.avg_pool_grad %[[A]] {count_include_pad = false, kernel = array<i64: 2>} : tensor<2x3x3xf32> to tensor<2x3x6xf32>
// CHECK-NEXT: fusion.max_pool_grad %[[B]], %{{.*}} {dilation = array<i64: 2>, kernel = array<i64: 2>, stride = array<i64: 1>}
func.func @pools(%x: tensor<2x3x8xf32>) -> tensor<2x3x1xf32> {
  %a = fusion.max_pool %x {kernel = array<i64: 2>, stride = array<i64: 1>, dilation = array<i64: 2>} : tensor<2x3x8xf32> to tensor<2x3x6xf32>
  %b = fusion.avg_pool %a {kernel = array<i64: 2>, count_include_pad = false} : tensor<2x3x6xf32> to tensor<2x3x3xf32>
  %y = fusion.adaptive_avg_pool %b {output_size = array<i64: 1>} : tensor<2x3x3xf32> to tensor<2x3x1xf32>
  return %y : tensor<2x3x1xf32>
}
