// A pool and its gradient.
func.func @adaptive_avg_pool3d(%x: tensor<1x2x5x4x3xf32>) -> tensor<1x2x2x4x5xf32> {
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 2, 4, 5>} : tensor<1x2x5x4x3xf32> to tensor<1x2x2x4x5xf32>
  return %y : tensor<1x2x2x4x5xf32>
}
