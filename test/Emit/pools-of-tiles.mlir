// A pool reads the tile once: what stands in front of it is computed for each element as windows read it, unless somebody else wants it.
// RUN: fusion-opt %s --emit=cuda --prelude=omit | FileCheck %s
// RUN: fusion-run %s --device=host --check --sanitize | FileCheck %s --check-prefix=DONE
// DONE: ok

// CHECK: // forward_0_convolution
// CHECK: const float bias_value = bias[channel];
// CHECK: const auto [[E:element.*]] = [&](float convolution) {
// CHECK: const float bias_1 = convolution + bias_value;
// CHECK: return gelu;
// CHECK-NEXT: };
// CHECK-NOT: tile[{{.*}}] =
// CHECK: maxOfTile<{{.*}}>(tile + c * {{[0-9]+}}, at, [[E]],
func.func @pooled(%x: tensor<?x8x26x26xf32>, %w: tensor<32x8x3x3xf32>, %bias: tensor<32xf32> {fusion.name = "bias"}) -> tensor<?x32x6x6xf32> {
  %c = fusion.conv %x, %w bias %bias : (tensor<?x8x26x26xf32>, tensor<32x8x3x3xf32>, tensor<32xf32>) -> tensor<?x32x24x24xf32>
  %r = fusion.gelu %c : tensor<?x32x24x24xf32>
  %y = fusion.max_pool %r {kernel = array<i64: 4, 4>, stride = array<i64: 4, 4>} : tensor<?x32x24x24xf32> to tensor<?x32x6x6xf32>
  return %y : tensor<?x32x6x6xf32>
}
