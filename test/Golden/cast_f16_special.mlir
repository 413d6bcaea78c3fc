// Ties, overflow, subnormals, NaN and infinities as f16.
func.func @cast_f16_special(%x: tensor<40xf32>) -> tensor<40xf16> {
  %y = fusion.cast %x : tensor<40xf32> to tensor<40xf16>
  return %y : tensor<40xf16>
}
