// The activation abs at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_abs(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.abs %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
