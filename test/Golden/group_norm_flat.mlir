// Group normalisation and its gradients.
func.func @group_norm_flat(%x: tensor<4x12xf32>,
                           %gamma: tensor<12xf32> {fusion.parameter},
                           %beta: tensor<12xf32> {fusion.parameter}) -> tensor<4x12xf32> {
  %y = fusion.group_norm %x affine %gamma, %beta {groups = 4 : i64, eps = 1.0e-05} : (tensor<4x12xf32>, tensor<12xf32>, tensor<12xf32>) -> tensor<4x12xf32>
  return %y : tensor<4x12xf32>
}
