// ConvTranspose3d -> swish -> GroupNorm -> hardswish, small: odd extents, groups of four channels, several tiles.
func.func @conv_norm_chain(%x: tensor<2x3x3x9x10xf32>, %weight: tensor<3x8x3x3x3xf32> {fusion.parameter}, %bias: tensor<8xf32> {fusion.parameter},
                           %gamma: tensor<8xf32> {fusion.parameter}, %beta: tensor<8xf32> {fusion.parameter}) -> tensor<2x8x5x17x19xf32> {
  %conv = fusion.conv %x, %weight bias %bias {transposed, stride = array<i64: 2, 2, 2>, padding = array<i64: 1, 1, 1>}
      : (tensor<2x3x3x9x10xf32>, tensor<3x8x3x3x3xf32>, tensor<8xf32>) -> tensor<2x8x5x17x19xf32>
  %swish = fusion.swish %conv : tensor<2x8x5x17x19xf32>
  %norm = fusion.group_norm %swish affine %gamma, %beta {groups = 2 : i64, eps = 2.5e-1}
      : (tensor<2x8x5x17x19xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8x5x17x19xf32>
  %y = fusion.hardswish %norm : tensor<2x8x5x17x19xf32>
  return %y : tensor<2x8x5x17x19xf32>
}
