// The activation gelu_tanh at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_gelu_tanh(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.gelu_tanh %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
