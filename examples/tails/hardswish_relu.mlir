// hardswish -> relu with no anchor in front: one elementwise kernel.
func.func @hardswish_relu(%x: tensor<128x64x126x126xf32>) -> tensor<128x64x126x126xf32> {
  %act = fusion.hardswish %x : tensor<128x64x126x126xf32>
  %y = fusion.relu %act : tensor<128x64x126x126xf32>
  return %y : tensor<128x64x126x126xf32>
}
