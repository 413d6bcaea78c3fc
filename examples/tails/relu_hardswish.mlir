// relu -> hardswish with no anchor in front, the hardswish spelled out as x * clamp((x + 3) / 6, 0, 1).
func.func @relu_hardswish(%x: tensor<128x64x126x126xf32>) -> tensor<128x64x126x126xf32> {
  %relu = fusion.relu %x : tensor<128x64x126x126xf32>
  %three = fusion.constant 3.0 : tensor<f32>
  %six = fusion.constant 6.0 : tensor<f32>
  %shifted = fusion.add %relu, %three : (tensor<128x64x126x126xf32>, tensor<f32>) -> tensor<128x64x126x126xf32>
  %scaled = fusion.div %shifted, %six : (tensor<128x64x126x126xf32>, tensor<f32>) -> tensor<128x64x126x126xf32>
  %gate = fusion.clamp %scaled {min = 0.0, max = 1.0} : tensor<128x64x126x126xf32>
  %y = fusion.mul %relu, %gate : (tensor<128x64x126x126xf32>, tensor<128x64x126x126xf32>) -> tensor<128x64x126x126xf32>
  return %y : tensor<128x64x126x126xf32>
}
