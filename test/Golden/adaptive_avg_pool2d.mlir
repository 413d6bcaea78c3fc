// A pool and its gradient.
func.func @adaptive_avg_pool2d(%x: tensor<2x3x7x5xf32>) -> tensor<2x3x3x2xf32> {
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 3, 2>} : tensor<2x3x7x5xf32> to tensor<2x3x3x2xf32>
  return %y : tensor<2x3x3x2xf32>
}
