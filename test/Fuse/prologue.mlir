// A value that contractions read is computed while they load it, or stored once: whichever is predicted to be faster.
// RUN: fusion-opt %s -fusion-lower-to-stages -fusion-fuse="batch=1024 flops=1e16" | FileCheck %s

// Two reads of (dy, z) by two kernels against read, write and two reads: computed twice.
// CHECK-LABEL: func @cheap
// CHECK-SAME: inlined = array<i64: 0>
// CHECK: fusion.kernel "{{.*}}" "scatter"(%{{.*}}, %{{.*}}, %{{.*}})
// CHECK: source = "gradient of relu"
// CHECK: fusion.contract scatter
// CHECK: fusion.kernel "{{.*}}" "weight"
// CHECK: source = "gradient of relu"
// CHECK: fusion.contract weight
func.func @cheap(%dy: tensor<?x16x30x30xf32>, %z: tensor<?x16x30x30xf32>, %x: tensor<?x8x32x32xf32>, %w: tensor<16x8x3x3xf32>)
    -> (tensor<?x8x32x32xf32>, tensor<16x8x3x3xf32>) {
  %dz = fusion.activation_grad "relu" %dy, %z {params = {}} : tensor<?x16x30x30xf32>
  %dx = fusion.conv_grad_input %dz, %w : (tensor<?x16x30x30xf32>, tensor<16x8x3x3xf32>) -> tensor<?x8x32x32xf32>
  %dw = fusion.conv_grad_weight %dz, %x : (tensor<?x16x30x30xf32>, tensor<?x8x32x32xf32>) -> tensor<16x8x3x3xf32>
  return %dx, %dw : tensor<?x8x32x32xf32>, tensor<16x8x3x3xf32>
}

// Six tensors to be read twice: stored by a kernel of its own.
// CHECK-LABEL: func @wide
// CHECK-SAME: inlined = array<i64>
// CHECK: %[[DZ:.*]] = fusion.kernel "{{.*}}" "channels"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK: fusion.kernel "{{.*}}" "scatter"(%[[DZ]], %{{[^,]*}})
// CHECK: fusion.kernel "{{.*}}" "weight"(%[[DZ]], %{{[^,]*}})
func.func @wide(%a: tensor<?x16x30x30xf32>, %b: tensor<?x16x30x30xf32>, %c: tensor<?x16x30x30xf32>, %d: tensor<?x16x30x30xf32>,
                %e: tensor<?x16x30x30xf32>, %f: tensor<?x16x30x30xf32>, %x: tensor<?x8x32x32xf32>, %w: tensor<16x8x3x3xf32>)
    -> (tensor<?x8x32x32xf32>, tensor<16x8x3x3xf32>) {
  %1 = fusion.mul %a, %b : (tensor<?x16x30x30xf32>, tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  %2 = fusion.mul %1, %c : (tensor<?x16x30x30xf32>, tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  %3 = fusion.mul %2, %d : (tensor<?x16x30x30xf32>, tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  %4 = fusion.mul %3, %e : (tensor<?x16x30x30xf32>, tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  %dz = fusion.mul %4, %f : (tensor<?x16x30x30xf32>, tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  %dx = fusion.conv_grad_input %dz, %w : (tensor<?x16x30x30xf32>, tensor<16x8x3x3xf32>) -> tensor<?x8x32x32xf32>
  %dw = fusion.conv_grad_weight %dz, %x : (tensor<?x16x30x30xf32>, tensor<?x8x32x32xf32>) -> tensor<16x8x3x3xf32>
  return %dx, %dw : tensor<?x8x32x32xf32>, tensor<16x8x3x3xf32>
}

// What is returned is stored anyway, so nothing computes it again.
// CHECK-LABEL: func @returned
// CHECK-SAME: inlined = array<i64>
// CHECK: %[[H:.*]] = fusion.kernel "{{.*}}" "rows"
// CHECK: fusion.kernel "{{.*}}" "matmul"(%[[H]], %{{[^,]*}})
func.func @returned(%x: tensor<?x32xf32>, %w: tensor<64x32xf32>) -> (tensor<?x32xf32>, tensor<?x64xf32>) {
  %h = fusion.relu %x : tensor<?x32xf32>
  %y = fusion.linear %h, %w : (tensor<?x32xf32>, tensor<64x32xf32>) -> tensor<?x64xf32>
  return %h, %y : tensor<?x32xf32>, tensor<?x64xf32>
}
