// The activation relu6 at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_relu6(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.relu6 %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
