// A reduction and its gradient.
func.func @reduce_sum_inner(%x: tensor<2x3x5xf32>) -> tensor<2x3xf32> {
  %y = fusion.sum %x {dims = array<i64: 2>} : tensor<2x3x5xf32> to tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
