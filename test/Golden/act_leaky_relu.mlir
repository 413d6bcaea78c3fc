// The activation leaky_relu at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_leaky_relu(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.leaky_relu %x {slope = 0.125} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
