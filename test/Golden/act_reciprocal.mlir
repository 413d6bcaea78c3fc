// The activation reciprocal at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_reciprocal(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.reciprocal %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
