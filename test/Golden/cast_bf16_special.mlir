// Ties, overflow, subnormals, NaN and infinities as bf16.
func.func @cast_bf16_special(%x: tensor<40xf32>) -> tensor<40xbf16> {
  %y = fusion.cast %x : tensor<40xf32> to tensor<40xbf16>
  return %y : tensor<40xbf16>
}
