// A pool and its gradient.
func.func @avg_pool1d_beyond(%x: tensor<2x3x6xf32>) -> tensor<2x3x3xf32> {
  %y = fusion.avg_pool %x {kernel = array<i64: 3>, stride = array<i64: 2>, ceil_mode} : tensor<2x3x6xf32> to tensor<2x3x3xf32>
  return %y : tensor<2x3x3xf32>
}
