// A pool and its gradient.
func.func @max_pool2d_dilated_ceil(%x: tensor<2x2x9x8xf32>) -> tensor<2x2x5x3xf32> {
  %y = fusion.max_pool %x {kernel = array<i64: 2, 3>, stride = array<i64: 2, 3>, padding = array<i64: 1, 1>, dilation = array<i64: 2, 1>, ceil_mode} : tensor<2x2x9x8xf32> to tensor<2x2x5x3xf32>
  return %y : tensor<2x2x5x3xf32>
}
