// Group normalisation and its gradients.
func.func @group_norm_large_mean(%x: tensor<2x4x13xf32>,
                                 %gamma: tensor<4xf32> {fusion.parameter},
                                 %beta: tensor<4xf32> {fusion.parameter}) -> tensor<2x4x13xf32> {
  %y = fusion.group_norm %x affine %gamma, %beta {groups = 2 : i64, eps = 1.0e-05} : (tensor<2x4x13xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4x13xf32>
  return %y : tensor<2x4x13xf32>
}
