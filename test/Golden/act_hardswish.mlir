// The activation hardswish at kinks, NaN, infinities, zeros, denormals, large and ordinary values.
func.func @act_hardswish(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %y = fusion.hardswish %x : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
