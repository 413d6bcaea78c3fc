// ConvTranspose3d -> swish -> GroupNorm -> hardswish, tiny and odd.
func.func @chain_conv_transpose3d_swish_group_norm_hardswish(%x: tensor<2x3x3x4x2xf32>,
                                                             %weight: tensor<3x6x3x3x3xf32> {fusion.parameter},
                                                             %bias: tensor<6xf32> {fusion.parameter},
                                                             %gamma: tensor<6xf32> {fusion.parameter},
                                                             %beta: tensor<6xf32> {fusion.parameter}) -> tensor<2x6x5x7x3xf32> {
  %z = fusion.conv %x, %weight bias %bias {transposed, stride = array<i64: 2, 2, 2>, padding = array<i64: 1, 1, 1>} : (tensor<2x3x3x4x2xf32>, tensor<3x6x3x3x3xf32>, tensor<6xf32>) -> tensor<2x6x5x7x3xf32>
  %gate = fusion.sigmoid %z : tensor<2x6x5x7x3xf32>
  %s = fusion.mul %gate, %z : (tensor<2x6x5x7x3xf32>, tensor<2x6x5x7x3xf32>) -> tensor<2x6x5x7x3xf32>
  %n = fusion.group_norm %s affine %gamma, %beta {groups = 3 : i64, eps = 1.0e-05} : (tensor<2x6x5x7x3xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<2x6x5x7x3xf32>
  %y = fusion.hardswish %n : tensor<2x6x5x7x3xf32>
  return %y : tensor<2x6x5x7x3xf32>
}
