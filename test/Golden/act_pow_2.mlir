// The activation pow_2 at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_pow_2(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.pow %x {exponent = 2.0} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
