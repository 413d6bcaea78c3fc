// The activation pow_minus_half at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_pow_minus_half(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.pow %x {exponent = -0.5} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
