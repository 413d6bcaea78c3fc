// A reduction and its gradient.
func.func @reduce_variance_outer_inner(%x: tensor<3x2x4xf32>) -> tensor<2xf32> {
  %y = fusion.variance %x {dims = array<i64: 0, 2>} : tensor<3x2x4xf32> to tensor<2xf32>
  return %y : tensor<2xf32>
}
