// Swish, group norm and hardswish in bf16.
func.func @narrow_group_norm(%x: tensor<2x6x5x7xbf16>,
                             %g: tensor<6xbf16> {fusion.parameter},
                             %b: tensor<6xbf16> {fusion.parameter}) -> tensor<2x6x5x7xbf16> {
  %s = fusion.swish %x : tensor<2x6x5x7xbf16>
  %n = fusion.group_norm %s affine %g, %b {groups = 3 : i64, eps = 1.0e-5} : (tensor<2x6x5x7xbf16>, tensor<6xbf16>, tensor<6xbf16>) -> tensor<2x6x5x7xbf16>
  %y = fusion.hardswish %n : tensor<2x6x5x7xbf16>
  return %y : tensor<2x6x5x7xbf16>
}
