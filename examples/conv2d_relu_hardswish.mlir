// Conv2d -> relu -> hardswish, the hardswish spelled out as x * clamp((x + 3) / 6, 0, 1). Reads 67 MB, writes 520 MB, 18.7 GFLOP.
func.func @conv2d_relu_hardswish(%x: tensor<128x8x128x128xf32>,
                                 %weight: tensor<64x8x3x3xf32> {fusion.parameter},
                                 %bias: tensor<64xf32> {fusion.parameter}) -> tensor<128x64x126x126xf32> {
  %conv = fusion.conv %x, %weight bias %bias
      : (tensor<128x8x128x128xf32>, tensor<64x8x3x3xf32>, tensor<64xf32>) -> tensor<128x64x126x126xf32>
  %relu = fusion.relu %conv : tensor<128x64x126x126xf32>
  %three = fusion.constant 3.0 : tensor<f32>
  %six = fusion.constant 6.0 : tensor<f32>
  %shifted = fusion.add %relu, %three : (tensor<128x64x126x126xf32>, tensor<f32>) -> tensor<128x64x126x126xf32>
  %scaled = fusion.div %shifted, %six : (tensor<128x64x126x126xf32>, tensor<f32>) -> tensor<128x64x126x126xf32>
  %gate = fusion.clamp %scaled {min = 0.0, max = 1.0} : tensor<128x64x126x126xf32>
  %y = fusion.mul %relu, %gate : (tensor<128x64x126x126xf32>, tensor<128x64x126x126xf32>) -> tensor<128x64x126x126xf32>
  return %y : tensor<128x64x126x126xf32>
}
