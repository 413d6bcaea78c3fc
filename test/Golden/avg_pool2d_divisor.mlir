// A pool and its gradient.
func.func @avg_pool2d_divisor(%x: tensor<1x2x5x6xf32>) -> tensor<1x2x6x2xf32> {
  %y = fusion.avg_pool %x {kernel = array<i64: 2, 3>, stride = array<i64: 1, 2>, padding = array<i64: 1, 0>, divisor_override = 5 : i64} : tensor<1x2x5x6xf32> to tensor<1x2x6x2xf32>
  return %y : tensor<1x2x6x2xf32>
}
