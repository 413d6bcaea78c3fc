// Where warpgroups multiply, other warps compute what is computed on the way: a gradient that two contractions read is stored once for both.
// RUN: fusion-opt %s -fusion-lower-to-stages -fusion-fuse="arch=sm_90a" | FileCheck %s --check-prefixes=CHECK,GROUPS
// RUN: fusion-opt %s -fusion-lower-to-stages -fusion-fuse="arch=sm_90" | FileCheck %s --check-prefixes=CHECK,WARPS

// CHECK-LABEL: func @gradient
// GROUPS-SAME: inlined = array<i64>
// GROUPS-SAME: store 'gradient of relu' once
// GROUPS: %[[DZ:.*]] = fusion.kernel "{{.*}}" "channels"
// GROUPS: fusion.kernel "{{.*}}" "scatter"(%[[DZ]],
// GROUPS: fusion.kernel "{{.*}}" "weight"(%[[DZ]],
// WARPS-SAME: inlined = array<i64: 0>
// WARPS-NOT: "channels"
func.func @gradient(%dy: tensor<?x64x62x62xf32>, %z: tensor<?x64x62x62xf32>, %x: tensor<?x64x64x64xf32>, %w: tensor<64x64x3x3xf32>)
    -> (tensor<?x64x64x64xf32>, tensor<64x64x3x3xf32>) {
  %dz = fusion.activation_grad "relu" %dy, %z {params = {}} : tensor<?x64x62x62xf32>
  %dx = fusion.conv_grad_input %dz, %w : (tensor<?x64x62x62xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x64x64xf32>
  %dw = fusion.conv_grad_weight %dz, %x : (tensor<?x64x62x62xf32>, tensor<?x64x64x64xf32>) -> tensor<64x64x3x3xf32>
  return %dx, %dw : tensor<?x64x64x64xf32>, tensor<64x64x3x3xf32>
}

// What is spread from a few values costs nobody anything.
// CHECK-LABEL: func @spread
// CHECK-SAME: inlined = array<i64: 0>
// CHECK-NOT: "channels"
func.func @spread(%g: tensor<?x64x1x1xf32>, %x: tensor<?x64x64x64xf32>, %w: tensor<64x64x3x3xf32>)
    -> (tensor<?x64x64x64xf32>, tensor<64x64x3x3xf32>) {
  %dz = fusion.broadcast %g : tensor<?x64x1x1xf32> to tensor<?x64x62x62xf32>
  %dx = fusion.conv_grad_input %dz, %w : (tensor<?x64x62x62xf32>, tensor<64x64x3x3xf32>) -> tensor<?x64x64x64xf32>
  %dw = fusion.conv_grad_weight %dz, %x : (tensor<?x64x62x62xf32>, tensor<?x64x64x64xf32>) -> tensor<64x64x3x3xf32>
  return %dx, %dw : tensor<?x64x64x64xf32>, tensor<64x64x3x3xf32>
}
