// Conv2d -> hardswish -> relu, for any batch size: the kernels take it as an argument.
func.func @conv2d_hardswish_relu_dynamic(%x: tensor<?x8x128x128xf32>,
                                         %weight: tensor<64x8x3x3xf32> {fusion.parameter},
                                         %bias: tensor<64xf32> {fusion.parameter}) -> tensor<?x64x126x126xf32> {
  %conv = fusion.conv %x, %weight bias %bias
      : (tensor<?x8x128x128xf32>, tensor<64x8x3x3xf32>, tensor<64xf32>) -> tensor<?x64x126x126xf32>
  %act = fusion.hardswish %conv : tensor<?x64x126x126xf32>
  %y = fusion.relu %act : tensor<?x64x126x126xf32>
  return %y : tensor<?x64x126x126xf32>
}
