// Conv2d -> relu -> hardswish spelled out, tiny and odd.
func.func @chain_conv2d_relu_hardswish(%x: tensor<2x3x6x11xf32>,
                                       %weight: tensor<5x3x3x3xf32> {fusion.parameter},
                                       %bias: tensor<5xf32> {fusion.parameter}) -> tensor<2x5x4x9xf32> {
  %z = fusion.conv %x, %weight bias %bias : (tensor<2x3x6x11xf32>, tensor<5x3x3x3xf32>, tensor<5xf32>) -> tensor<2x5x4x9xf32>
  %r = fusion.relu %z : tensor<2x5x4x9xf32>
  %three = fusion.constant 3.0 : tensor<f32>
  %six = fusion.constant 6.0 : tensor<f32>
  %shifted = fusion.add %r, %three : (tensor<2x5x4x9xf32>, tensor<f32>) -> tensor<2x5x4x9xf32>
  %scaled = fusion.div %shifted, %six : (tensor<2x5x4x9xf32>, tensor<f32>) -> tensor<2x5x4x9xf32>
  %gate = fusion.clamp %scaled {min = 0.0, max = 1.0} : tensor<2x5x4x9xf32>
  %y = fusion.mul %r, %gate : (tensor<2x5x4x9xf32>, tensor<2x5x4x9xf32>) -> tensor<2x5x4x9xf32>
  return %y : tensor<2x5x4x9xf32>
}
