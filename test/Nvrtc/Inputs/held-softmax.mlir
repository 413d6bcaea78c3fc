func.func @held_softmax(%x: tensor<8192x16x512xbf16>, %r: tensor<8192x16x512xbf16>) -> tensor<8192x16x512xbf16> {
  %s = fusion.softmax %x {dims = array<i64: 2>} : tensor<8192x16x512xbf16>
  %a = fusion.mul %s, %r : (tensor<8192x16x512xbf16>, tensor<8192x16x512xbf16>) -> tensor<8192x16x512xbf16>
  %n = fusion.layer_norm %a {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<8192x16x512xbf16>) -> tensor<8192x16x512xbf16>
  %y = fusion.gelu %n : tensor<8192x16x512xbf16>
  return %y : tensor<8192x16x512xbf16>
}
