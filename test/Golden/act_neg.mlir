// The activation neg at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_neg(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.neg %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
