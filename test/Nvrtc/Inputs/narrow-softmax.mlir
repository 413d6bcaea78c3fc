func.func @narrow_softmax(%x: tensor<64x32x64x64xf16>, %s: tensor<32x1x1xf16> {fusion.parameter}) -> tensor<64x32x64x64xf16> {
  %m = fusion.mul %x, %s : (tensor<64x32x64x64xf16>, tensor<32x1x1xf16>) -> tensor<64x32x64x64xf16>
  %z = fusion.softmax %m {dims = array<i64: 1>} : tensor<64x32x64x64xf16>
  %y = fusion.swish %z : tensor<64x32x64x64xf16>
  return %y : tensor<64x32x64x64xf16>
}
