// What a max pool's gradient counts: a search per window where windows lie apart, else one per element and window that holds it; and what stands
// in front of it as often.
// RUN: split-file %s %t
// RUN: fusion-opt %t/apart.mlir --emit=report --format=text | FileCheck %t/apart.mlir
// RUN: fusion-opt %t/overlapping.mlir --emit=report --format=text | FileCheck %t/overlapping.mlir

//--- apart.mlir
// 128 x 16 x 64 x 64 elements at 26 instructions (tanh 20, search 4, spread 2) of 2.6 flop; 256 windows of 16 elements for a channel.
// CHECK: max_pool_gradient: {{.*}}, 0.50 GFLOP, {{.*}}; 64 windows x 8 channels per block
func.func @apart(%dy: tensor<128x16x16x16xf32>, %x: tensor<128x16x64x64xf32>) -> tensor<128x16x64x64xf32> {
  %t = fusion.tanh %x : tensor<128x16x64x64xf32>
  %dx = fusion.max_pool_grad %dy, %t {kernel = array<i64: 4, 4>} : (tensor<128x16x16x16xf32>, tensor<128x16x64x64xf32>) -> tensor<128x16x64x64xf32>
  return %dx : tensor<128x16x64x64xf32>
}

//--- overlapping.mlir
// Windows of 3 x 3 at stride 2: 81 / 4 elements to look at for each of the elements, at 6 instructions (relu 2, search 4).
// CHECK: max_pool_gradient: {{.*}}, 2.65 GFLOP, {{.*}}; 1024 positions x 8 channels per block
func.func @overlapping(%dy: tensor<128x16x32x32xf32>, %x: tensor<128x16x64x64xf32>) -> tensor<128x16x64x64xf32> {
  %t = fusion.relu %x : tensor<128x16x64x64xf32>
  %dx = fusion.max_pool_grad %dy, %t {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>}
      : (tensor<128x16x32x32xf32>, tensor<128x16x64x64xf32>) -> tensor<128x16x64x64xf32>
  return %dx : tensor<128x16x64x64xf32>
}
