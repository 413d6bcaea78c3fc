// A pool and its gradient.
func.func @avg_pool2d(%x: tensor<2x3x7x8xf32>) -> tensor<2x3x4x5xf32> {
  %y = fusion.avg_pool %x {kernel = array<i64: 3, 2>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>, ceil_mode} : tensor<2x3x7x8xf32> to tensor<2x3x4x5xf32>
  return %y : tensor<2x3x4x5xf32>
}
