// The activation clamp_above at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_clamp_above(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.clamp %x {min = 0xFFF0000000000000 : f64, max = 3.0} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
