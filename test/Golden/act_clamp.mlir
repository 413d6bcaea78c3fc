// The activation clamp at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_clamp(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.clamp %x {min = -0.5, max = 3.0} : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
