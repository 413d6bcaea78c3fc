// Every named op, in the forms its description shows, parses and prints back as it is.
// RUN: fusion-opt %s | fusion-opt | FileCheck %s

// CHECK-LABEL: func.func @convolutions
func.func @convolutions(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>, %wt: tensor<3x2x2x3xf32>) {
  // CHECK: fusion.conv %{{.*}}, %{{.*}} bias %{{.*}} {stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<?x4x3x3xf32>
  %y = fusion.conv %x, %w bias %b {stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<?x4x3x3xf32>
  // CHECK: fusion.conv %{{.*}}, %{{.*}} {groups = 3 : i64, output_padding = array<i64: 1, 0>, padding = array<i64: 0, 1>, stride = array<i64: 2, 1>, transposed}
  %t = fusion.conv %x, %wt {transposed, groups = 3 : i64, stride = array<i64: 2, 1>, padding = array<i64: 0, 1>, output_padding = array<i64: 1, 0>}
    : (tensor<?x3x8x8xf32>, tensor<3x2x2x3xf32>) -> tensor<?x6x17x8xf32>
  // CHECK: fusion.conv_grad_input %{{.*}}, %{{.*}} {stride = array<i64: 2, 2>}
  %dx = fusion.conv_grad_input %y, %w {stride = array<i64: 2, 2>} : (tensor<?x4x3x3xf32>, tensor<4x3x3x3xf32>) -> tensor<?x3x8x8xf32>
  // CHECK: fusion.conv_grad_weight
  %dw = fusion.conv_grad_weight %y, %x {stride = array<i64: 2, 2>} : (tensor<?x4x3x3xf32>, tensor<?x3x8x8xf32>) -> tensor<4x3x3x3xf32>
  return
}

// A zero-size batch is a valid batch.
// CHECK-LABEL: func.func @zero_batch
func.func @zero_batch(%x: tensor<0x3x8xf32>, %w: tensor<4x3x3xf32>) -> tensor<0x4x6xf32> {
  %y = fusion.conv %x, %w : (tensor<0x3x8xf32>, tensor<4x3x3xf32>) -> tensor<0x4x6xf32>
  return %y : tensor<0x4x6xf32>
}

// Tensors over 2^31 elements are valid.
// CHECK-LABEL: func.func @large
func.func @large(%x: tensor<4096x1024x1024xf32>) -> tensor<4096x1024x1024xf32> {
  %y = fusion.relu %x : tensor<4096x1024x1024xf32>
  return %y : tensor<4096x1024x1024xf32>
}

// CHECK-LABEL: func.func @products
func.func @products(%x: tensor<?x4xf32>, %w: tensor<5x4xf32>, %b: tensor<5xf32>) {
  // CHECK: fusion.linear %{{.*}}, %{{.*}} bias %{{.*}} : (tensor<?x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  %y = fusion.linear %x, %w bias %b : (tensor<?x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  // CHECK: fusion.matmul %{{.*}}, %{{.*}} {transpose_a} : (tensor<?x5xf32>, tensor<?x4xf32>) -> tensor<5x4xf32>
  %dw = fusion.matmul %y, %x {transpose_a} : (tensor<?x5xf32>, tensor<?x4xf32>) -> tensor<5x4xf32>
  return
}

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%x: tensor<?x4x5xf32>, %s: tensor<4x1xf32>) {
  // CHECK: fusion.constant 3.000000e+00 : tensor<f32>
  %c = fusion.constant 3.0 : tensor<f32>
  // CHECK: fusion.add %{{.*}}, %{{.*}} : (tensor<?x4x5xf32>, tensor<f32>) -> tensor<?x4x5xf32>
  %a = fusion.add %x, %c : (tensor<?x4x5xf32>, tensor<f32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.mul %{{.*}}, %{{.*}} : (tensor<4x1xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  %m = fusion.mul %s, %a : (tensor<4x1xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  // Bounds may be infinite, and the lower one above the upper one.
  // CHECK: fusion.clamp %{{.*}} {max = 0x7FF0000000000000 : f64, min = 0.000000e+00 : f64}
  %k = fusion.clamp %m {min = 0.0 : f64, max = 0x7FF0000000000000 : f64} : tensor<?x4x5xf32>
  // CHECK: fusion.clamp %{{.*}} {max = 0.000000e+00 : f64, min = 1.000000e+00 : f64}
  %k2 = fusion.clamp %m {min = 1.0 : f64, max = 0.0 : f64} : tensor<?x4x5xf32>
  // CHECK: fusion.activation_grad "leaky_relu" %{{.*}}, %{{.*}} {params = {slope = 1.000000e-02 : f64}} : tensor<?x4x5xf32>
  %g = fusion.activation_grad "leaky_relu" %x, %x {params = {slope = 1.0e-2 : f64}} : tensor<?x4x5xf32>
  // CHECK: fusion.sum_to %{{.*}} : tensor<?x4x5xf32> to tensor<4x1xf32>
  %t = fusion.sum_to %x : tensor<?x4x5xf32> to tensor<4x1xf32>
  // CHECK: fusion.sum_to %{{.*}} {dims = array<i64: 0, 2>} : tensor<?x4x5xf32> to tensor<4xf32>
  %u = fusion.sum_to %x {dims = array<i64: 0, 2>} : tensor<?x4x5xf32> to tensor<4xf32>
  return
}

// CHECK-LABEL: func.func @norms
func.func @norms(%x: tensor<?x6x5xf32>, %g: tensor<6xf32>, %b: tensor<6xf32>) {
  // CHECK: fusion.group_norm %{{.*}} affine %{{.*}}, %{{.*}} {eps = {{.*}}, groups = 2 : i64}
  %y = fusion.group_norm %x affine %g, %b {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<?x6x5xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x5xf32>
  // CHECK: fusion.group_norm %{{.*}} {eps
  %z = fusion.group_norm %x {groups = 2 : i64, eps = 0.0 : f64} : (tensor<?x6x5xf32>) -> tensor<?x6x5xf32>
  // CHECK: %[[M:.*]], %[[R:.*]] = fusion.group_stats
  %m, %r = fusion.group_stats %x {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<?x6x5xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  // CHECK: fusion.normalize %{{.*}} stats %[[M]], %[[R]] affine
  %n = fusion.normalize %x stats %m, %r affine %g, %b : (tensor<?x6x5xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x5xf32>
  // CHECK: fusion.normalize_grad %{{.*}}, %{{.*}} stats %[[M]], %[[R]] affine
  %d = fusion.normalize_grad %n, %x stats %m, %r affine %g
    : (tensor<?x6x5xf32>, tensor<?x6x5xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<6xf32>) -> tensor<?x6x5xf32>
  return
}
