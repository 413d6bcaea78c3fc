// A pool and its gradient.
func.func @max_pool2d_overlapping(%x: tensor<1x2x6x7xf32>) -> tensor<1x2x6x3xf32> {
  %y = fusion.max_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 1, 2>, padding = array<i64: 1, 0>} : tensor<1x2x6x7xf32> to tensor<1x2x6x3xf32>
  return %y : tensor<1x2x6x3xf32>
}
