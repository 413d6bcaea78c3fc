// logsumexp over 400 elements of f16; sums are fp32.
func.func @narrow_logsumexp_f16(%x: tensor<3x400xf16>) -> tensor<3xf16> {
  %y = fusion.logsumexp %x {dims = array<i64: 1>} : tensor<3x400xf16> to tensor<3xf16>
  return %y : tensor<3xf16>
}
