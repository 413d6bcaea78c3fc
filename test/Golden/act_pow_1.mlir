// The activation pow_1 at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_pow_1(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.pow %x {exponent = 1.0} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
