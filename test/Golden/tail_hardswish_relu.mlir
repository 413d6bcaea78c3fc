// The elementwise tail of a chain at kinks, NaN and infinities.
func.func @tail_hardswish_relu(%x: tensor<1x63xf32>) -> tensor<1x63xf32> {
  %h = fusion.hardswish %x : tensor<1x63xf32>
  %y = fusion.relu %h : tensor<1x63xf32>
  return %y : tensor<1x63xf32>
}
