// sum over 400 elements of bf16; sums are fp32.
func.func @narrow_sum_bf16(%x: tensor<3x400xbf16>) -> tensor<3xbf16> {
  %y = fusion.sum %x {dims = array<i64: 1>} : tensor<3x400xbf16> to tensor<3xbf16>
  return %y : tensor<3xbf16>
}
