// A subtracted parameter, broadcast per channel, in front of an activation: no anchor at all.
func.func @sub_chain(%x: tensor<3x8x5x7xf32>, %shift: tensor<8x1x1xf32> {fusion.parameter}) -> tensor<3x8x5x7xf32> {
  %moved = fusion.sub %x, %shift : (tensor<3x8x5x7xf32>, tensor<8x1x1xf32>) -> tensor<3x8x5x7xf32>
  %y = fusion.swish %moved : tensor<3x8x5x7xf32>
  return %y : tensor<3x8x5x7xf32>
}
