// The activation exp at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_exp(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.exp %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
