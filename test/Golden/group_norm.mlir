// Group normalisation and its gradients.
func.func @group_norm(%x: tensor<2x6x5x3xf32>,
                      %gamma: tensor<6xf32> {fusion.parameter},
                      %beta: tensor<6xf32> {fusion.parameter}) -> tensor<2x6x5x3xf32> {
  %y = fusion.group_norm %x affine %gamma, %beta {groups = 3 : i64, eps = 1.0e-05} : (tensor<2x6x5x3xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<2x6x5x3xf32>
  return %y : tensor<2x6x5x3xf32>
}
