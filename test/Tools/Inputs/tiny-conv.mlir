// A convolution that the host driver runs in no time.
func.func @tiny(%x: tensor<2x3x9x9xf32>, %w: tensor<4x3x3x3xf32> {fusion.parameter}) -> tensor<2x4x7x7xf32> {
  %c = fusion.conv %x, %w : (tensor<2x3x9x9xf32>, tensor<4x3x3x3xf32>) -> tensor<2x4x7x7xf32>
  %y = fusion.relu %c : tensor<2x4x7x7xf32>
  return %y : tensor<2x4x7x7xf32>
}
