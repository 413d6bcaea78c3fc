// A pool and its gradient.
func.func @avg_pool2d_valid(%x: tensor<2x3x6x6xf32>) -> tensor<2x3x3x2xf32> {
  %y = fusion.avg_pool %x {kernel = array<i64: 2, 3>} : tensor<2x3x6x6xf32> to tensor<2x3x3x2xf32>
  return %y : tensor<2x3x3x2xf32>
}
