// The normalised exponential and its gradient.
func.func @softmax_two_dims(%x: tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32> {
  %y = fusion.softmax %x {dims = array<i64: 1, 3>} : tensor<2x3x4x5xf32>
  return %y : tensor<2x3x4x5xf32>
}
