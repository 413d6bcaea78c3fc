// A pool and its gradient.
func.func @avg_pool3d(%x: tensor<1x2x5x4x6xf32>) -> tensor<1x2x3x4x2xf32> {
  %y = fusion.avg_pool %x {kernel = array<i64: 2, 3, 2>, stride = array<i64: 2, 1, 3>, padding = array<i64: 1, 1, 0>, ceil_mode} : tensor<1x2x5x4x6xf32> to tensor<1x2x3x4x2xf32>
  return %y : tensor<1x2x3x4x2xf32>
}
