// Softmax over channels in f16.
func.func @narrow_softmax(%x: tensor<?x9x5xf16>) -> tensor<?x9x5xf16> {
  %y = fusion.softmax %x {dims = array<i64: 1>} : tensor<?x9x5xf16>
  return %y : tensor<?x9x5xf16>
}
