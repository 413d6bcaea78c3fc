// The activation clamp_below at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_clamp_below(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.clamp %x {min = -0.5, max = 0x7FF0000000000000 : f64} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
