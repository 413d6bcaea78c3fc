func.func @narrow_norm(%x: tensor<8x64x64x64xbf16>, %g: tensor<64xf32> {fusion.parameter}, %b: tensor<64xf32> {fusion.parameter}) -> tensor<8x64x64x64xbf16> {
  %s = fusion.swish %x : tensor<8x64x64x64xbf16>
  %n = fusion.group_norm %s affine %g, %b {groups = 8 : i64, eps = 1.0e-5} : (tensor<8x64x64x64xbf16>, tensor<64xf32>, tensor<64xf32>) -> tensor<8x64x64x64xbf16>
  %y = fusion.hardswish %n : tensor<8x64x64x64xbf16>
  return %y : tensor<8x64x64x64xbf16>
}
