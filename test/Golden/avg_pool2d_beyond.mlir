// A pool and its gradient.
func.func @avg_pool2d_beyond(%x: tensor<1x2x6x7xf32>) -> tensor<1x2x4x3xf32> {
  %y = fusion.avg_pool %x {kernel = array<i64: 3, 4>, stride = array<i64: 2, 3>, padding = array<i64: 1, 2>, ceil_mode} : tensor<1x2x6x7xf32> to tensor<1x2x4x3xf32>
  return %y : tensor<1x2x4x3xf32>
}
