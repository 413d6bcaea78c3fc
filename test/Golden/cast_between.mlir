// From f16 to bf16 and back, behind an op.
func.func @cast_between(%x: tensor<4x33xf16>) -> tensor<4x33xf16> {
  %t = fusion.tanh %x : tensor<4x33xf16>
  %b = fusion.cast %t : tensor<4x33xf16> to tensor<4x33xbf16>
  %y = fusion.cast %b : tensor<4x33xbf16> to tensor<4x33xf16>
  return %y : tensor<4x33xf16>
}
