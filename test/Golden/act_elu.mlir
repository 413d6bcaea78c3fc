// The activation elu at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_elu(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.elu %x {alpha = 0.75} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
