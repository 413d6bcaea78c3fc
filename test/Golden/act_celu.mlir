// The activation celu at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_celu(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.celu %x {alpha = 0.75} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
