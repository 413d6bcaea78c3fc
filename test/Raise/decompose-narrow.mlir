// Norms and means of 16-bit tensors are made in f32 between exact casts; group norms have f32 statistics and need none.
// RUN: fusion-opt %s -split-input-file -fusion-decompose-norms | FileCheck %s

// CHECK-LABEL: func.func @softmax
func.func @softmax(%x: tensor<?x5xbf16>) -> tensor<?x5xbf16> {
  // CHECK: %[[X:.*]] = fusion.cast %arg0 {exact} : tensor<?x5xbf16> to tensor<?x5xf32>
  // CHECK: fusion.max %[[X]] {{.*}} : tensor<?x5xf32> to tensor<?x1xf32>
  // CHECK: %[[Y:.*]] = fusion.div {{.*}} -> tensor<?x5xf32>
  // CHECK: %[[R:.*]] = fusion.cast %[[Y]] {exact} : tensor<?x5xf32> to tensor<?x5xbf16>
  // CHECK: return %[[R]]
  %y = fusion.softmax %x {dims = array<i64: 1>} : tensor<?x5xbf16>
  return %y : tensor<?x5xbf16>
}

// -----

// CHECK-LABEL: func.func @mean
func.func @mean(%x: tensor<4x5xf16>) -> tensor<4xf16> {
  // CHECK: fusion.sum {{.*}} : tensor<4x5xf32> to tensor<4xf32>
  // CHECK: fusion.cast {{.*}} {exact} : tensor<4xf32> to tensor<4xf16>
  %y = fusion.mean %x {dims = array<i64: 1>} : tensor<4x5xf16> to tensor<4xf16>
  return %y : tensor<4xf16>
}

// -----

// CHECK-LABEL: func.func @batch_norm
func.func @batch_norm(%x: tensor<?x4x5xbf16>, %g: tensor<4xf32>, %m: tensor<4xbf16>)
    -> (tensor<?x4x5xbf16>, tensor<4xbf16>, tensor<4xbf16>) {
  // CHECK-DAG: fusion.cast %arg0 {exact} : tensor<?x4x5xbf16> to tensor<?x4x5xf32>
  // CHECK-DAG: fusion.cast %arg2 {exact} : tensor<4xbf16> to tensor<4xf32>
  // CHECK-NOT: fusion.cast %arg1
  // CHECK: fusion.cast {{.*}} {exact} : tensor<?x4x5xf32> to tensor<?x4x5xbf16>
  %y, %mean, %variance = fusion.batch_norm %x affine %g, %g running %m, %m {eps = 1.0e-5}
      : (tensor<?x4x5xbf16>, tensor<4xf32>, tensor<4xf32>, tensor<4xbf16>, tensor<4xbf16>) -> (tensor<?x4x5xbf16>, tensor<4xbf16>, tensor<4xbf16>)
  return %y, %mean, %variance : tensor<?x4x5xbf16>, tensor<4xbf16>, tensor<4xbf16>
}

// -----

// CHECK-LABEL: func.func @group_norm
func.func @group_norm(%x: tensor<?x4x5xf16>, %g: tensor<4xf32>) -> tensor<?x4x5xf16> {
  // CHECK-NOT: fusion.cast
  // CHECK: fusion.group_stats {{.*}} : (tensor<?x4x5xf16>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  // CHECK: fusion.normalize {{.*}} -> tensor<?x4x5xf16>
  %y = fusion.group_norm %x affine %g, %g {groups = 2 : i64, eps = 1.0e-5} : (tensor<?x4x5xf16>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x5xf16>
  return %y : tensor<?x4x5xf16>
}
