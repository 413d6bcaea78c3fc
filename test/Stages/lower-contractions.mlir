// Convolutions, transposed ones, their gradients and matrix products are three contractions over S, L and W (docs/architecture.md), and a product.
// RUN: fusion-opt %s -fusion-lower-to-stages | FileCheck %s

// The bias is a map of its own.
// CHECK-LABEL: func @conv
// CHECK-SAME: (%[[X:[^:]*]]: tensor<?x6x9x9xf32>, %[[W:[^:]*]]: tensor<4x3x3x2xf32>, %[[BIAS:[^:]*]]: tensor<4xf32>)
// CHECK: %[[Z:.*]] = fusion.contract gather %[[X]], %[[W]] {dilation = array<i64: 2, 1>, groups = 2 : i64, padding = array<i64: 1, 0>, source = "convolution", stride = array<i64: 1, 2>}
// CHECK: fusion.map(%[[Z]], %[[BIAS]]) over [?, 4, 28] {{.*}}source = "bias"
// CHECK: arith.addf
func.func @conv(%x: tensor<?x6x9x9xf32>, %w: tensor<4x3x3x2xf32>, %bias: tensor<4xf32>) -> tensor<?x4x7x4xf32> {
  %y = fusion.conv %x, %w bias %bias {stride = array<i64: 1, 2>, padding = array<i64: 1, 0>, dilation = array<i64: 2, 1>, groups = 2 : i64}
      : (tensor<?x6x9x9xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<?x4x7x4xf32>
  return %y : tensor<?x4x7x4xf32>
}

// Input gradient: scatter dy; weight gradient: S is dy, L is x.
// CHECK-LABEL: func @conv_gradients
// CHECK-SAME: (%[[DY:[^:]*]]: tensor<?x4x7xf32>, %[[X:[^:]*]]: tensor<?x6x9xf32>, %[[W:[^:]*]]: tensor<4x6x3xf32>)
// CHECK: fusion.contract scatter %[[DY]], %[[W]]
// CHECK: fusion.contract weight %[[DY]], %[[X]]
func.func @conv_gradients(%dy: tensor<?x4x7xf32>, %x: tensor<?x6x9xf32>, %w: tensor<4x6x3xf32>) -> (tensor<?x6x9xf32>, tensor<4x6x3xf32>) {
  %dx = fusion.conv_grad_input %dy, %w : (tensor<?x4x7xf32>, tensor<4x6x3xf32>) -> tensor<?x6x9xf32>
  %dw = fusion.conv_grad_weight %dy, %x : (tensor<?x4x7xf32>, tensor<?x6x9xf32>) -> tensor<4x6x3xf32>
  return %dx, %dw : tensor<?x6x9xf32>, tensor<4x6x3xf32>
}

// Transposed: S and L change places.
// CHECK-LABEL: func @transposed
// CHECK-SAME: (%[[X:[^:]*]]: tensor<?x4x7xf32>, %[[W:[^:]*]]: tensor<4x6x3xf32>, %[[DY:[^:]*]]: tensor<?x6x16xf32>)
// CHECK: fusion.contract scatter %[[X]], %[[W]] {{.*}}source = "transposed convolution", stride = array<i64: 2>
// CHECK: fusion.contract gather %[[DY]], %[[W]]
// CHECK: fusion.contract weight %[[X]], %[[DY]]
func.func @transposed(%x: tensor<?x4x7xf32>, %w: tensor<4x6x3xf32>, %dy: tensor<?x6x16xf32>)
    -> (tensor<?x6x16xf32>, tensor<?x4x7xf32>, tensor<4x6x3xf32>) {
  %y = fusion.conv %x, %w {transposed, stride = array<i64: 2>, output_padding = array<i64: 1>} : (tensor<?x4x7xf32>, tensor<4x6x3xf32>) -> tensor<?x6x16xf32>
  %dx = fusion.conv_grad_input %dy, %w {transposed, stride = array<i64: 2>, output_padding = array<i64: 1>}
      : (tensor<?x6x16xf32>, tensor<4x6x3xf32>) -> tensor<?x4x7xf32>
  %dw = fusion.conv_grad_weight %dy, %x {transposed, stride = array<i64: 2>, output_padding = array<i64: 1>}
      : (tensor<?x6x16xf32>, tensor<?x4x7xf32>) -> tensor<4x6x3xf32>
  return %y, %dx, %dw : tensor<?x6x16xf32>, tensor<?x4x7xf32>, tensor<4x6x3xf32>
}

// CHECK-LABEL: func @products
// CHECK: fusion.contract matmul %{{.*}}, %{{.*}} {source = "linear", transpose_b} : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
// CHECK: source = "bias"
// CHECK: fusion.contract matmul %{{.*}}, %{{.*}} {source = "matrix product", transpose_a} : (tensor<?x4xf32>, tensor<?x8xf32>) -> tensor<4x8xf32>
func.func @products(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>, %bias: tensor<4xf32>) -> (tensor<?x4xf32>, tensor<4x8xf32>) {
  %y = fusion.linear %x, %w bias %bias : (tensor<?x8xf32>, tensor<4x8xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %p = fusion.matmul %y, %x {transpose_a} : (tensor<?x4xf32>, tensor<?x8xf32>) -> tensor<4x8xf32>
  return %y, %p : tensor<?x4xf32>, tensor<4x8xf32>
}
