// Conv2d -> hardswish -> relu. Reads 67 MB, writes 520 MB, 18.7 GFLOP.
func.func @conv2d_hardswish_relu(%x: tensor<128x8x128x128xf32>,
                                 %weight: tensor<64x8x3x3xf32> {fusion.parameter},
                                 %bias: tensor<64xf32> {fusion.parameter}) -> tensor<128x64x126x126xf32> {
  %conv = fusion.conv %x, %weight bias %bias
      : (tensor<128x8x128x128xf32>, tensor<64x8x3x3xf32>, tensor<64xf32>) -> tensor<128x64x126x126xf32>
  %act = fusion.hardswish %conv : tensor<128x64x126x126xf32>
  %y = fusion.relu %act : tensor<128x64x126x126xf32>
  return %y : tensor<128x64x126x126xf32>
}
