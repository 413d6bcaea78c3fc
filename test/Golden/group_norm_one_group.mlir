// Group normalisation and its gradients.
func.func @group_norm_one_group(%x: tensor<2x3x2x2x3xf32>,
                                %gamma: tensor<3xf32> {fusion.parameter},
                                %beta: tensor<3xf32> {fusion.parameter}) -> tensor<2x3x2x2x3xf32> {
  %y = fusion.group_norm %x affine %gamma, %beta {groups = 1 : i64, eps = 1.0e-05} : (tensor<2x3x2x2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3x2x2x3xf32>
  return %y : tensor<2x3x2x2x3xf32>
}
