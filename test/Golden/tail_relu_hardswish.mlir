// The elementwise tail of a chain at kinks, NaN and infinities.
func.func @tail_relu_hardswish(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %r = fusion.relu %x : tensor<1x63xf32>
  %three = fusion.constant 3.0 : tensor<f32>
  %six = fusion.constant 6.0 : tensor<f32>
  %shifted = fusion.add %r, %three : (tensor<1x63xf32>, tensor<f32>) -> tensor<1x63xf32>
  %scaled = fusion.div %shifted, %six : (tensor<1x63xf32>, tensor<f32>) -> tensor<1x63xf32>
  %gate = fusion.clamp %scaled {min = 0.0, max = 1.0} : tensor<1x63xf32>
  %y = fusion.mul %r, %gate : (tensor<1x63xf32>, tensor<1x63xf32>) -> tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
