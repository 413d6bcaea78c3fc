// A pool and its gradient.
func.func @adaptive_avg_pool2d_global(%x: tensor<2x4x5x3xf32>) -> tensor<2x4x1x1xf32> {
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 1, 1>} : tensor<2x4x5x3xf32> to tensor<2x4x1x1xf32>
  return %y : tensor<2x4x1x1xf32>
}
