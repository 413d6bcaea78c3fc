// max_pool with overlapping windows in bf16.
func.func @narrow_max_pool(%x: tensor<2x3x9x8xbf16>) -> tensor<2x3x5x4xbf16> {
  %y = fusion.max_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>} : tensor<2x3x9x8xbf16> to tensor<2x3x5x4xbf16>
  return %y : tensor<2x3x5x4xbf16>
}
