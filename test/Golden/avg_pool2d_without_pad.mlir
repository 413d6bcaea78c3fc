// A pool and its gradient.
func.func @avg_pool2d_without_pad(%x: tensor<2x2x7x6xf32>) -> tensor<2x2x4x6xf32> {
  %y = fusion.avg_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 1>, padding = array<i64: 1, 1>, count_include_pad = false} : tensor<2x2x7x6xf32> to tensor<2x2x4x6xf32>
  return %y : tensor<2x2x4x6xf32>
}
