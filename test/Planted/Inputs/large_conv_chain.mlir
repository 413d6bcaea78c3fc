// Conv2d -> hardswish -> relu whose output has more than 2^31 elements.
func.func @large_conv_chain(%x: tensor<3000x8x128x128xf32>, %weight: tensor<64x8x3x3xf32> {fusion.parameter}, %bias: tensor<64xf32> {fusion.parameter})
    -> tensor<3000x64x126x126xf32> {
  %conv = fusion.conv %x, %weight bias %bias : (tensor<3000x8x128x128xf32>, tensor<64x8x3x3xf32>, tensor<64xf32>) -> tensor<3000x64x126x126xf32>
  %act = fusion.hardswish %conv : tensor<3000x64x126x126xf32>
  %y = fusion.relu %act : tensor<3000x64x126x126xf32>
  return %y : tensor<3000x64x126x126xf32>
}
