// The activation sqrt at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_sqrt(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.sqrt %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
