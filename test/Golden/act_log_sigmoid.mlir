// The activation log_sigmoid at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_log_sigmoid(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.log_sigmoid %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
