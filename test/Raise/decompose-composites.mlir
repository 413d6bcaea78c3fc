// Softmaxes, composite reductions and norms over trailing dims or the batch become reductions and arithmetic.
// RUN: fusion-opt %s -split-input-file -fusion-decompose-norms | FileCheck %s

// CHECK-LABEL: func.func @mean
// CHECK-NEXT: %[[S:.*]] = fusion.sum %{{.*}} {dims = array<i64: 1, 2>} : tensor<?x4x5xf32> to tensor<?xf32>
// CHECK-NEXT: %[[N:.*]] = fusion.constant 2.000000e+01
// CHECK-NEXT: fusion.div %[[S]], %[[N]]
func.func @mean(%x: tensor<?x4x5xf32>) -> tensor<?xf32> {
  %y = fusion.mean %x {dims = array<i64: 1, 2>} : tensor<?x4x5xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----
// Over an unknown batch the count is a value.
// CHECK-LABEL: func.func @mean_batch
// CHECK-NEXT: %[[S:.*]] = fusion.sum
// CHECK-NEXT: %[[N:.*]] = fusion.count %{{.*}} {dims = array<i64: 0>} : tensor<?x4xf32> to tensor<f32>
// CHECK-NEXT: fusion.div %[[S]], %[[N]]
func.func @mean_batch(%x: tensor<?x4xf32>) -> tensor<4xf32> {
  %y = fusion.mean %x {dims = array<i64: 0>} : tensor<?x4xf32> to tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @variance
// CHECK-NEXT: %{{.*}}, %[[V:.*]] = fusion.moments
// CHECK-NEXT: %[[C:.*]] = fusion.constant 1.25
// CHECK-NEXT: fusion.mul %[[V]], %[[C]]
func.func @variance(%x: tensor<?x5xf32>) -> tensor<?x1xf32> {
  %y = fusion.variance %x {dims = array<i64: 1>, keepdim} : tensor<?x5xf32> to tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----
// What the correction leaves nothing of is divided by 0, as in PyTorch.
// CHECK-LABEL: func.func @variance_of_one
// CHECK: %[[LEFT:.*]] = fusion.maximum
// CHECK: fusion.div %{{.*}}, %[[LEFT]]
func.func @variance_of_one(%x: tensor<?x1xf32>) -> tensor<?xf32> {
  %y = fusion.variance %x {dims = array<i64: 1>} : tensor<?x1xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----
// CHECK-LABEL: func.func @logsumexp
// CHECK-NEXT: %[[MAX:.*]] = fusion.max %[[X:.*]] {dims = array<i64: 1>, keepdim}
// CHECK-NEXT: %[[M:.*]] = fusion.detach %[[MAX]]
// CHECK-NEXT: %[[D:.*]] = fusion.sub %[[M]], %[[M]]
// CHECK-NEXT: %[[Z:.*]] = fusion.constant 0.0
// CHECK-NEXT: %[[F:.*]] = fusion.where %[[D]], %[[Z]], %[[M]]
// CHECK-NEXT: %[[C:.*]] = fusion.sub %[[X]], %[[F]]
// CHECK-NEXT: %[[E:.*]] = fusion.exp %[[C]]
// CHECK-NEXT: %[[S:.*]] = fusion.sum %[[E]] {dims = array<i64: 1>, keepdim}
// CHECK-NEXT: %[[L:.*]] = fusion.log %[[S]]
// CHECK-NEXT: %[[Y:.*]] = fusion.add %[[L]], %[[F]]
// CHECK-NEXT: fusion.reshape %[[Y]] : tensor<?x1x5xf32> to tensor<?x5xf32>
func.func @logsumexp(%x: tensor<?x4x5xf32>) -> tensor<?x5xf32> {
  %y = fusion.logsumexp %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// -----
// CHECK-LABEL: func.func @softmax
// CHECK-NEXT: %[[MAX:.*]] = fusion.max %[[X:.*]] {dims = array<i64: 1>, keepdim}
// CHECK-NEXT: %[[M:.*]] = fusion.detach %[[MAX]]
// CHECK-NEXT: %[[C:.*]] = fusion.sub %[[X]], %[[M]]
// CHECK-NEXT: %[[E:.*]] = fusion.exp %[[C]]
// CHECK-NEXT: %[[S:.*]] = fusion.sum %[[E]] {dims = array<i64: 1>, keepdim}
// CHECK-NEXT: fusion.div %[[E]], %[[S]]
func.func @softmax(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = fusion.softmax %x {dims = array<i64: 1>} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----
// CHECK-LABEL: func.func @log_softmax
// CHECK: %[[C:.*]] = fusion.sub
// CHECK-NEXT: %[[E:.*]] = fusion.exp %[[C]]
// CHECK-NEXT: %[[S:.*]] = fusion.sum %[[E]]
// CHECK-NEXT: %[[L:.*]] = fusion.log %[[S]]
// CHECK-NEXT: fusion.sub %[[C]], %[[L]]
func.func @log_softmax(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = fusion.log_softmax %x {dims = array<i64: 1>} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----
// CHECK-LABEL: func.func @layer_norm
// CHECK-NEXT: %[[M:.*]], %[[V:.*]] = fusion.moments %[[X:.*]] {dims = array<i64: 1, 2>, keepdim} : tensor<?x4x5xf32> to tensor<?x1x1xf32>
// CHECK-NEXT: %[[EPS:.*]] = fusion.constant 1.0
// CHECK-NEXT: %[[A:.*]] = fusion.add %[[V]], %[[EPS]]
// CHECK-NEXT: %[[R:.*]] = fusion.rsqrt %[[A]]
// CHECK-NEXT: %[[N:.*]] = fusion.standardize %[[X]] stats %[[M]], %[[R]]
// CHECK-NEXT: %[[G:.*]] = fusion.mul %[[N]], %{{.*}} : (tensor<?x4x5xf32>, tensor<4x5xf32>)
// CHECK-NEXT: fusion.add %[[G]], %{{.*}} : (tensor<?x4x5xf32>, tensor<4x5xf32>)
func.func @layer_norm(%x: tensor<?x4x5xf32>, %g: tensor<4x5xf32>, %b: tensor<4x5xf32>) -> tensor<?x4x5xf32> {
  %y = fusion.layer_norm %x affine %g, %b {normalised_dims = 2 : i64, eps = 1.0} : (tensor<?x4x5xf32>, tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<?x4x5xf32>
  return %y : tensor<?x4x5xf32>
}

// -----
// CHECK-LABEL: func.func @rms_norm
// CHECK-NEXT: %[[Q:.*]] = fusion.square %[[X:.*]] :
// CHECK-NEXT: %[[S:.*]] = fusion.sum %[[Q]] {dims = array<i64: 1>, keepdim}
// CHECK: %[[R:.*]] = fusion.rsqrt
// CHECK-NEXT: fusion.mul %[[X]], %[[R]]
func.func @rms_norm(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = fusion.rms_norm %x {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----
// CHECK-LABEL: func.func @instance_norm
// CHECK-NEXT: %[[M:.*]], %[[R:.*]] = fusion.group_stats %[[X:.*]] {eps = {{.*}}, groups = 4 : i64}
// CHECK-NEXT: fusion.normalize %[[X]] stats %[[M]], %[[R]]
func.func @instance_norm(%x: tensor<?x4x5xf32>) -> tensor<?x4x5xf32> {
  %y = fusion.instance_norm %x {eps = 1.0e-5} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return %y : tensor<?x4x5xf32>
}

// -----
// The batch's share of the running statistics has no gradient; the variance in it is the unbiased one.
// CHECK-LABEL: func.func @batch_norm
// CHECK-NEXT: %[[M:.*]], %[[V:.*]] = fusion.moments %[[X:.*]] {dims = array<i64: 0, 2>, keepdim} : tensor<?x4x5xf32> to tensor<1x4x1xf32>
// CHECK-NEXT: %[[DM:.*]] = fusion.detach %[[M]]
// CHECK-NEXT: fusion.reshape %[[DM]] : tensor<1x4x1xf32> to tensor<4xf32>
// CHECK: fusion.count
// CHECK: fusion.detach
// CHECK: fusion.standardize %[[X]] stats %[[M]], %{{.*}}
// CHECK: fusion.reshape %{{.*}} : tensor<4xf32> to tensor<4x1xf32>
func.func @batch_norm(%x: tensor<?x4x5xf32>, %g: tensor<4xf32>, %m: tensor<4xf32>) -> (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) {
  %y, %nm, %nv = fusion.batch_norm %x affine %g, %g running %m, %m {eps = 1.0e-5}
    : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>)
  return %y, %nm, %nv : tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @batch_norm_inference
// CHECK-NOT: fusion.moments
// CHECK: fusion.standardize
func.func @batch_norm_inference(%x: tensor<?x4x5xf32>, %m: tensor<4xf32>, %v: tensor<4xf32>) -> tensor<?x4x5xf32> {
  %y = fusion.batch_norm %x running %m, %v {eps = 1.0e-5, inference} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x5xf32>
  return %y : tensor<?x4x5xf32>
}
