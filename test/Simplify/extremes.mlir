// Extremes before increasing maps, and max pools in a row: after differentiation only. The functions at the end must stay as they are.
// RUN: fusion-opt %s -fusion-simplify | FileCheck %s
// RUN: fusion-opt %s '-fusion-simplify=precision=ieee' | FileCheck %s --check-prefix=IEEE
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff' | FileCheck %s --check-prefix=OFF
// RUN: fusion-opt %s '-fusion-simplify=disable=extreme-before-map,merge-max-pools' | FileCheck %s --check-prefix=OFF

// CHECK-LABEL: func.func @tanh(
// CHECK-NEXT: %[[M:.*]] = fusion.max %arg0 {dims = array<i64: 1>, keepdim} : tensor<?x4x5xf32> to tensor<?x1x5xf32>
// CHECK-NEXT: %[[T:.*]] = fusion.tanh %[[M]] : tensor<?x1x5xf32>
// CHECK-NEXT: fusion.reshape %[[T]]
// IEEE-LABEL: func.func @tanh(
// IEEE-NEXT: fusion.tanh %arg0
// OFF-LABEL: func.func @tanh(
// OFF-NEXT: fusion.tanh %arg0
func.func @tanh(%x: tensor<?x4x5xf32>) -> tensor<?x5xf32> {
  %t = fusion.tanh %x : tensor<?x4x5xf32>
  %y = fusion.max %t {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// A negative factor turns max into min; limits follow.
// CHECK-LABEL: func.func @decreasing(
// CHECK: %[[M:.*]] = fusion.min %arg0 {dims = array<i64: 1>, keepdim}
// CHECK-NEXT: %[[S:.*]] = fusion.mul %[[M]]
// CHECK-NEXT: fusion.relu %[[S]]
// IEEE-LABEL: func.func @decreasing(
// IEEE: fusion.min %arg0
// OFF-LABEL: func.func @decreasing(
// OFF: fusion.mul %arg0
func.func @decreasing(%x: tensor<?x4x5xf32>) -> tensor<?x1x5xf32> {
  %c = fusion.constant -2.0 : tensor<f32>
  %s = fusion.mul %x, %c : (tensor<?x4x5xf32>, tensor<f32>) -> tensor<?x4x5xf32>
  %r = fusion.relu %s : tensor<?x4x5xf32>
  %y = fusion.max %r {dims = array<i64: 1>, keepdim} : tensor<?x4x5xf32> to tensor<?x1x5xf32>
  return %y : tensor<?x1x5xf32>
}

// CHECK-LABEL: func.func @pool(
// CHECK-NEXT: %[[P:.*]] = fusion.max_pool %arg0 {kernel = array<i64: 2>} : tensor<?x4x6xf32> to tensor<?x4x3xf32>
// CHECK-NEXT: %[[A:.*]] = fusion.add %[[P]], %arg1 : (tensor<?x4x3xf32>, tensor<4x1xf32>) -> tensor<?x4x3xf32>
// CHECK-NEXT: fusion.leaky_relu %[[A]]
// OFF-LABEL: func.func @pool(
// OFF-NEXT: fusion.add %arg0, %arg1
func.func @pool(%arg0: tensor<?x4x6xf32>, %b: tensor<4x1xf32>) -> tensor<?x4x3xf32> {
  %a = fusion.add %arg0, %b : (tensor<?x4x6xf32>, tensor<4x1xf32>) -> tensor<?x4x6xf32>
  %l = fusion.leaky_relu %a {slope = 0.1 : f64} : tensor<?x4x6xf32>
  %y = fusion.max_pool %l {kernel = array<i64: 2>} : tensor<?x4x6xf32> to tensor<?x4x3xf32>
  return %y : tensor<?x4x3xf32>
}

// CHECK-LABEL: func.func @two_pools(
// CHECK-NEXT: %[[P:.*]] = fusion.max_pool %arg0 {kernel = array<i64: 6>} : tensor<?x4x13xf32> to tensor<?x4x2xf32>
// CHECK-NEXT: return %[[P]]
// OFF-LABEL: func.func @two_pools(
// OFF: fusion.max_pool
// OFF: fusion.max_pool
func.func @two_pools(%x: tensor<?x4x13xf32>) -> tensor<?x4x2xf32> {
  %a = fusion.max_pool %x {kernel = array<i64: 2>} : tensor<?x4x13xf32> to tensor<?x4x6xf32>
  %y = fusion.max_pool %a {kernel = array<i64: 3>} : tensor<?x4x6xf32> to tensor<?x4x2xf32>
  return %y : tensor<?x4x2xf32>
}

// Swish falls before it rises.
// CHECK-LABEL: func.func @swish(
// CHECK-NEXT: fusion.swish %arg0
// CHECK-NEXT: fusion.max
func.func @swish(%x: tensor<?x4x5xf32>) -> tensor<?x5xf32> {
  %t = fusion.swish %x : tensor<?x4x5xf32>
  %y = fusion.max %t {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// A factor that is known at run time only may be negative; a shift that varies along the reduced dim is no map of an element.
// CHECK-LABEL: func.func @parameters(
// CHECK-NEXT: fusion.mul %arg0, %arg1
// CHECK-NEXT: fusion.max
// CHECK-NEXT: fusion.add %arg0, %arg2
// CHECK-NEXT: fusion.max
func.func @parameters(%x: tensor<?x4x5xf32>, %s: tensor<f32>, %b: tensor<4x1xf32>) -> (tensor<?x5xf32>, tensor<?x5xf32>) {
  %t = fusion.mul %x, %s : (tensor<?x4x5xf32>, tensor<f32>) -> tensor<?x4x5xf32>
  %y = fusion.max %t {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  %u = fusion.add %x, %b : (tensor<?x4x5xf32>, tensor<4x1xf32>) -> tensor<?x4x5xf32>
  %z = fusion.max %u {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return %y, %z : tensor<?x5xf32>, tensor<?x5xf32>
}

// A negative slope, and a value that is needed anyway.
// CHECK-LABEL: func.func @others(
// CHECK-NEXT: fusion.leaky_relu %arg0
// CHECK-NEXT: fusion.max
// CHECK-NEXT: fusion.tanh %arg0
// CHECK-NEXT: fusion.max
func.func @others(%x: tensor<?x4x5xf32>) -> (tensor<?x5xf32>, tensor<?x5xf32>, tensor<?x4x5xf32>) {
  %l = fusion.leaky_relu %x {slope = -0.5 : f64} : tensor<?x4x5xf32>
  %y = fusion.max %l {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  %t = fusion.tanh %x : tensor<?x4x5xf32>
  %z = fusion.max %t {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return %y, %z, %t : tensor<?x5xf32>, tensor<?x5xf32>, tensor<?x4x5xf32>
}

// Windows that overlap, and windows that leave the end of a row out of the second pool.
// CHECK-LABEL: func.func @pools_apart(
// CHECK-NEXT: fusion.max_pool %arg0
// CHECK-NEXT: fusion.max_pool
func.func @pools_apart(%x: tensor<?x4x13xf32>) -> tensor<?x4x3xf32> {
  %a = fusion.max_pool %x {kernel = array<i64: 3>, stride = array<i64: 2>} : tensor<?x4x13xf32> to tensor<?x4x6xf32>
  %y = fusion.max_pool %a {kernel = array<i64: 2>} : tensor<?x4x6xf32> to tensor<?x4x3xf32>
  return %y : tensor<?x4x3xf32>
}
