// Reductions, shapes, norms and pools, in the forms their descriptions show, parse and print back as they are.
// RUN: fusion-opt %s | fusion-opt | FileCheck %s

// CHECK-LABEL: func.func @shapes
func.func @shapes(%x: tensor<?x4x5xf32>, %s: tensor<4x1xf32>) {
  // CHECK: fusion.reshape %{{.*}} : tensor<?x4x5xf32> to tensor<?x20xf32>
  %a = fusion.reshape %x : tensor<?x4x5xf32> to tensor<?x20xf32>
  // CHECK: fusion.reshape %{{.*}} : tensor<?x4x5xf32> to tensor<?x5xf32>
  %b = fusion.reshape %x : tensor<?x4x5xf32> to tensor<?x5xf32>
  // CHECK: fusion.reshape %{{.*}} : tensor<?x5xf32> to tensor<?x2x5x1xf32>
  %c = fusion.reshape %b : tensor<?x5xf32> to tensor<?x2x5x1xf32>
  // CHECK: fusion.broadcast %{{.*}} : tensor<4x1xf32> to tensor<?x4x5xf32>
  %d = fusion.broadcast %s : tensor<4x1xf32> to tensor<?x4x5xf32>
  // CHECK: fusion.detach %{{.*}} : tensor<?x4x5xf32>
  %e = fusion.detach %d : tensor<?x4x5xf32>
  // CHECK: fusion.dropout %{{.*}} {offset = 0 : i64, p = 2.000000e-01 : f64, seed = 42 : i64} : tensor<?x4x5xf32>
  %f = fusion.dropout %e {p = 0.2 : f64, seed = 42 : i64, offset = 0 : i64} : tensor<?x4x5xf32>
  return
}

// CHECK-LABEL: func.func @reductions
func.func @reductions(%x: tensor<?x4x5xf32>, %y: tensor<?x5xf32>) {
  // CHECK: fusion.sum %{{.*}} {dims = array<i64: 1, 2>, keepdim} : tensor<?x4x5xf32> to tensor<?x1x1xf32>
  %a = fusion.sum %x {dims = array<i64: 1, 2>, keepdim} : tensor<?x4x5xf32> to tensor<?x1x1xf32>
  // CHECK: fusion.max %{{.*}} {dims = array<i64: 0>} : tensor<?x4x5xf32> to tensor<4x5xf32>
  %b = fusion.max %x {dims = array<i64: 0>} : tensor<?x4x5xf32> to tensor<4x5xf32>
  // CHECK: fusion.min %{{.*}} {dims = array<i64: 0, 1, 2>} : tensor<?x4x5xf32> to tensor<f32>
  %c = fusion.min %x {dims = array<i64: 0, 1, 2>} : tensor<?x4x5xf32> to tensor<f32>
  // CHECK: fusion.mean
  %d = fusion.mean %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  // CHECK: fusion.variance %{{.*}} {correction = 0.000000e+00 : f64, dims = array<i64: 1>}
  %e = fusion.variance %x {dims = array<i64: 1>, correction = 0.0 : f64} : tensor<?x4x5xf32> to tensor<?x5xf32>
  // CHECK: fusion.logsumexp
  %f = fusion.logsumexp %x {dims = array<i64: 2>, keepdim} : tensor<?x4x5xf32> to tensor<?x4x1xf32>
  // CHECK: %{{.*}}, %{{.*}} = fusion.moments %{{.*}} {dims = array<i64: 1, 2>, keepdim} : tensor<?x4x5xf32> to tensor<?x1x1xf32>
  %m, %v = fusion.moments %x {dims = array<i64: 1, 2>, keepdim} : tensor<?x4x5xf32> to tensor<?x1x1xf32>
  // CHECK: fusion.count %{{.*}} {dims = array<i64: 0>} : tensor<?x4x5xf32> to tensor<f32>
  %n = fusion.count %x {dims = array<i64: 0>} : tensor<?x4x5xf32> to tensor<f32>
  // CHECK: fusion.extreme_grad "max" %{{.*}}, %{{.*}} {dims = array<i64: 1>} : (tensor<?x5xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  %g = fusion.extreme_grad "max" %y, %x {dims = array<i64: 1>} : (tensor<?x5xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.standardize %{{.*}} stats %{{.*}}, %{{.*}} : (tensor<?x4x5xf32>, tensor<?x1x1xf32>, tensor<?x1x1xf32>) -> tensor<?x4x5xf32>
  %s = fusion.standardize %x stats %m, %v : (tensor<?x4x5xf32>, tensor<?x1x1xf32>, tensor<?x1x1xf32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.softmax %{{.*}} {dims = array<i64: 1, 2>} : tensor<?x4x5xf32>
  %h = fusion.softmax %x {dims = array<i64: 1, 2>} : tensor<?x4x5xf32>
  // CHECK: fusion.log_softmax
  %i = fusion.log_softmax %x {dims = array<i64: 0>} : tensor<?x4x5xf32>
  return
}

// CHECK-LABEL: func.func @norms
func.func @norms(%x: tensor<?x4x5xf32>, %g: tensor<5xf32>, %c: tensor<4xf32>) {
  // CHECK: fusion.layer_norm %{{.*}} affine %{{.*}}, %{{.*}} {eps = {{.*}}, normalised_dims = 1 : i64}
  %a = fusion.layer_norm %x affine %g, %g {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<?x4x5xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.rms_norm %{{.*}} affine %{{.*}} {eps
  %b = fusion.rms_norm %x affine %g {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<?x4x5xf32>, tensor<5xf32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.instance_norm %{{.*}} {eps
  %d = fusion.instance_norm %x {eps = 1.0e-5} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.batch_norm %{{.*}} affine %{{.*}}, %{{.*}} {eps = {{[^,]*}}} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x5xf32>
  %e = fusion.batch_norm %x affine %c, %c {eps = 1.0e-5} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x5xf32>
  // CHECK: %{{.*}}, %{{.*}}:2 = fusion.batch_norm %{{.*}} running %{{.*}}, %{{.*}} {eps = {{[^,]*}}, momentum = 2.000000e-01 : f64}
  %f, %m, %v = fusion.batch_norm %x running %c, %c {eps = 1.0e-5, momentum = 0.2} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>)
  // CHECK: fusion.batch_norm %{{.*}} running %{{.*}}, %{{.*}} {eps = {{[^,]*}}, inference}
  %i = fusion.batch_norm %x running %c, %c {eps = 1.0e-5, inference} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x5xf32>
  return
}

// CHECK-LABEL: func.func @pools
func.func @pools(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // CHECK: fusion.max_pool %{{.*}} {kernel = array<i64: 3, 3>, padding = array<i64: 1, 1>, stride = array<i64: 2, 2>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  %a = fusion.max_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  // CHECK: fusion.max_pool %{{.*}} {ceil_mode, dilation = array<i64: 2, 1>, kernel = array<i64: 2, 3>} : tensor<?x4x8x8xf32> to tensor<?x4x4x3xf32>
  %b = fusion.max_pool %x {kernel = array<i64: 2, 3>, dilation = array<i64: 2, 1>, ceil_mode} : tensor<?x4x8x8xf32> to tensor<?x4x4x3xf32>
  // CHECK: fusion.avg_pool %{{.*}} {count_include_pad = false, divisor_override = 3 : i64, kernel = array<i64: 2, 2>}
  %c = fusion.avg_pool %x {kernel = array<i64: 2, 2>, count_include_pad = false, divisor_override = 3 : i64} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  // CHECK: fusion.adaptive_avg_pool %{{.*}} {output_size = array<i64: 1, 1>} : tensor<?x4x8x8xf32> to tensor<?x4x1x1xf32>
  %d = fusion.adaptive_avg_pool %x {output_size = array<i64: 1, 1>} : tensor<?x4x8x8xf32> to tensor<?x4x1x1xf32>
  // CHECK: fusion.max_pool_grad %{{.*}}, %{{.*}} {kernel = array<i64: 2, 2>} : (tensor<?x4x4x4xf32>, tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  %e = fusion.max_pool_grad %dy, %x {kernel = array<i64: 2, 2>} : (tensor<?x4x4x4xf32>, tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  // CHECK: fusion.avg_pool_grad %{{.*}} {kernel = array<i64: 2, 2>} : tensor<?x4x4x4xf32> to tensor<?x4x8x8xf32>
  %f = fusion.avg_pool_grad %dy {kernel = array<i64: 2, 2>} : tensor<?x4x4x4xf32> to tensor<?x4x8x8xf32>
  // CHECK: fusion.adaptive_avg_pool_grad
  %g = fusion.adaptive_avg_pool_grad %dy {output_size = array<i64: 4, 4>} : tensor<?x4x4x4xf32> to tensor<?x4x8x8xf32>
  return
}
