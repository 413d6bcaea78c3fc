// Windows with ties, NaN, infinities and nothing but -infinity.
func.func @special_max_pool2d(%x: tensor<2x2x9x9xf32>) -> tensor<2x2x5x5xf32> {
  %y = fusion.max_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>} : tensor<2x2x9x9xf32> to tensor<2x2x5x5xf32>
  return %y : tensor<2x2x5x5xf32>
}
