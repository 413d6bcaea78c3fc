// The activation mish at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_mish(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.mish %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
