// Elementwise stages behind a contraction join its kernel, whatever they read besides: nothing in between is stored.
// RUN: fusion-opt %s -fusion-lower-to-stages -fusion-fuse | FileCheck %s

// CHECK-LABEL: func @activations
// CHECK-COUNT-1: fusion.kernel "{{.*}}" "gather"
// CHECK-NOT: fusion.kernel
// CHECK: fusion.contract gather
// CHECK: source = "bias"
// CHECK: source = "hardswish"
// CHECK: source = "relu"
// CHECK-NOT: fusion.kernel
func.func @activations(%x: tensor<?x8x32x32xf32>, %w: tensor<16x8x3x3xf32>, %bias: tensor<16xf32>) -> tensor<?x16x30x30xf32> {
  %z = fusion.conv %x, %w bias %bias : (tensor<?x8x32x32xf32>, tensor<16x8x3x3xf32>, tensor<16xf32>) -> tensor<?x16x30x30xf32>
  %h = fusion.hardswish %z : tensor<?x16x30x30xf32>
  %y = fusion.relu %h : tensor<?x16x30x30xf32>
  return %y : tensor<?x16x30x30xf32>
}

// A residual is read where it is added; the value both branches start from is computed once.
// CHECK-LABEL: func @residual
// CHECK-COUNT-1: fusion.kernel "{{.*}}" "gather"(%{{.*}}, %{{.*}}, %{{.*}})
// CHECK: source = "add"
// CHECK: source = "mul"
// CHECK-NOT: fusion.kernel
func.func @residual(%x: tensor<?x8x30x30xf32>, %w: tensor<16x8x1x1xf32>, %r: tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32> {
  %z = fusion.conv %x, %w : (tensor<?x8x30x30xf32>, tensor<16x8x1x1xf32>) -> tensor<?x16x30x30xf32>
  %a = fusion.relu %z : tensor<?x16x30x30xf32>
  %b = fusion.add %z, %r : (tensor<?x16x30x30xf32>, tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  %y = fusion.mul %a, %b : (tensor<?x16x30x30xf32>, tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  return %y : tensor<?x16x30x30xf32>
}

// A value that is returned leaves from the same kernel.
// CHECK-LABEL: func @two_results
// CHECK-COUNT-1: fusion.kernel "{{.*}}" "matmul"{{.*}} -> (tensor<?x64xf32>, tensor<?x64xf32>)
// CHECK-NOT: fusion.kernel
func.func @two_results(%x: tensor<?x32xf32>, %w: tensor<64x32xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %z = fusion.linear %x, %w : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  %y = fusion.tanh %z : tensor<?x64xf32>
  return %z, %y : tensor<?x64xf32>, tensor<?x64xf32>
}

// Without an anchor: one kernel, lanes along positions, or along features when there are none.
// CHECK-LABEL: func @no_anchor
// CHECK-COUNT-1: fusion.kernel "{{.*}}" "channels"
// CHECK-NOT: fusion.kernel
func.func @no_anchor(%x: tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32> {
  %h = fusion.hardswish %x : tensor<?x16x30x30xf32>
  %y = fusion.relu %h : tensor<?x16x30x30xf32>
  return %y : tensor<?x16x30x30xf32>
}

// CHECK-LABEL: func @no_anchor_rows
// CHECK-COUNT-1: fusion.kernel "{{.*}}" "rows"
// CHECK-NOT: fusion.kernel
func.func @no_anchor_rows(%x: tensor<?x64xf32>, %scale: tensor<64xf32>) -> tensor<?x64xf32> {
  %h = fusion.mul %x, %scale : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %y = fusion.relu %h : tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// Two contractions are two kernels, the activation between them the first one's epilogue.
// CHECK-LABEL: func @two_anchors
// CHECK: fusion.kernel "{{.*}}" "matmul"
// CHECK: source = "relu"
// CHECK: fusion.kernel "{{.*}}" "matmul"
// CHECK-NOT: source = "relu"
// CHECK-NOT: fusion.kernel
func.func @two_anchors(%x: tensor<?x32xf32>, %w: tensor<64x32xf32>, %v: tensor<16x64xf32>) -> tensor<?x16xf32> {
  %z = fusion.linear %x, %w : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  %h = fusion.relu %z : tensor<?x64xf32>
  %y = fusion.linear %h, %v : (tensor<?x64xf32>, tensor<16x64xf32>) -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}
