// A reduction and its gradient.
func.func @reduce_sum_all(%x: tensor<2x3x4xf32>) -> tensor<f32> {
  %y = fusion.sum %x {dims = array<i64: 0, 1, 2>} : tensor<2x3x4xf32> to tensor<f32>
  return %y : tensor<f32>
}
