// Conv2d -> hardswish -> relu, small.
func.func @conv_chain(%x: tensor<2x3x11x13xf32>, %weight: tensor<8x3x3x3xf32> {fusion.parameter}, %bias: tensor<8xf32> {fusion.parameter})
    -> tensor<2x8x9x11xf32> {
  %conv = fusion.conv %x, %weight bias %bias : (tensor<2x3x11x13xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>) -> tensor<2x8x9x11xf32>
  %act = fusion.hardswish %conv : tensor<2x8x9x11xf32>
  %y = fusion.relu %act : tensor<2x8x9x11xf32>
  return %y : tensor<2x8x9x11xf32>
}
