// The activation pow_0 at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_pow_0(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.pow %x {exponent = 0.0} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
