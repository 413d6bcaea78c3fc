// An unknown batch that a reshape merges with rows of each image stays apart from them; what would need one batch of all rows is named.
// RUN: fusion-opt %s -split-input-file -fusion-decompose-norms -fusion-unmerge-batch -verify-diagnostics | FileCheck %s

// CHECK-LABEL: @rows
func.func @rows(%x: tensor<?x3x8xf32>, %scale: tensor<8xf32>) -> tensor<?x24xf32> {
  // CHECK: %[[R:.*]] = fusion.reshape %arg0 : tensor<?x3x8xf32> to tensor<?x3x8xf32>
  %rows = fusion.reshape %x : tensor<?x3x8xf32> to tensor<?x8xf32>
  // CHECK: %[[S:.*]] = fusion.mul %[[R]], %arg1 : (tensor<?x3x8xf32>, tensor<8xf32>) -> tensor<?x3x8xf32>
  %s = fusion.mul %rows, %scale : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: fusion.max %[[S]] {dims = array<i64: 2>, keepdim} : tensor<?x3x8xf32> to tensor<?x3x1xf32>
  // CHECK: %[[Y:.*]] = fusion.div {{.*}} : (tensor<?x3x8xf32>, tensor<?x3x1xf32>) -> tensor<?x3x8xf32>
  %y = fusion.softmax %s {dims = array<i64: 1>} : tensor<?x8xf32>
  // CHECK: fusion.reshape %[[Y]] : tensor<?x3x8xf32> to tensor<?x24xf32>
  %z = fusion.reshape %y : tensor<?x8xf32> to tensor<?x24xf32>
  return %z : tensor<?x24xf32>
}

// -----
func.func @split(%x: tensor<?x4xf32>) -> tensor<?x8xf32> {
  // expected-error@+1 {{expected a reshape that keeps the unknown batch or merges it with other dims, but got 'tensor<?x4xf32>' to 'tensor<?x8xf32>', which is not supported yet; give the model a batch of known size}}
  %y = fusion.reshape %x : tensor<?x4xf32> to tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----
func.func @linear_of_rows(%x: tensor<?x3x8xf32>, %w: tensor<4x8xf32>) -> tensor<?x12xf32> {
  %rows = fusion.reshape %x : tensor<?x3x8xf32> to tensor<?x8xf32>
  // expected-error@+1 {{expected elementwise ops, softmaxes and reductions of rows behind a reshape that merges the unknown batch, but got 'fusion.linear', which is not supported yet; give the model a batch of known size}}
  %y = fusion.linear %rows, %w : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  %z = fusion.reshape %y : tensor<?x4xf32> to tensor<?x12xf32>
  return %z : tensor<?x12xf32>
}

// -----
func.func @two_batches(%x: tensor<?x3x8xf32>, %b: tensor<?x8xf32>) -> tensor<?x24xf32> {
  %rows = fusion.reshape %x : tensor<?x3x8xf32> to tensor<?x8xf32>
  // expected-error@+1 {{but got 'fusion.add' of batches that differ, which is not supported yet; give the model a batch of known size}}
  %y = fusion.add %rows, %b : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %z = fusion.reshape %y : tensor<?x8xf32> to tensor<?x24xf32>
  return %z : tensor<?x24xf32>
}

// -----
func.func @returned(%x: tensor<?x3x8xf32>) -> tensor<?x8xf32> {
  %rows = fusion.reshape %x : tensor<?x3x8xf32> to tensor<?x8xf32>
  // expected-error@+1 {{but got 'func.return', which is not supported yet; give the model a batch of known size}}
  return %rows : tensor<?x8xf32>
}
