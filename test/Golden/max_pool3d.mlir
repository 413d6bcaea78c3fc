// A pool and its gradient.
func.func @max_pool3d(%x: tensor<1x2x4x5x6xf32>) -> tensor<1x2x2x6x3xf32> {
  %y = fusion.max_pool %x {kernel = array<i64: 2, 2, 3>, stride = array<i64: 2, 1, 2>, padding = array<i64: 0, 1, 1>} : tensor<1x2x4x5x6xf32> to tensor<1x2x2x6x3xf32>
  return %y : tensor<1x2x2x6x3xf32>
}
