// GroupNorm alone, one channel per group: few elements each, so that a wrong variance stands out of the tolerance.
func.func @channel_norm(%x: tensor<2x4x8x16xf32>, %gamma: tensor<4xf32> {fusion.parameter}, %beta: tensor<4xf32> {fusion.parameter})
    -> tensor<2x4x8x16xf32> {
  %y = fusion.group_norm %x affine %gamma, %beta {groups = 4 : i64, eps = 1.0e-5}
      : (tensor<2x4x8x16xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x8x16xf32>
  return %y : tensor<2x4x8x16xf32>
}
