// The activation clamp_crossed at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_clamp_crossed(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.clamp %x {min = 3.0, max = -0.5} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
