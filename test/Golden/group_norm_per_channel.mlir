// Group normalisation and its gradients.
func.func @group_norm_per_channel(%x: tensor<2x5x11xf32>,
                                  %gamma: tensor<5xf32> {fusion.parameter},
                                  %beta: tensor<5xf32> {fusion.parameter}) -> tensor<2x5x11xf32> {
  %y = fusion.group_norm %x affine %gamma, %beta {groups = 5 : i64, eps = 5.0e-01} : (tensor<2x5x11xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<2x5x11xf32>
  return %y : tensor<2x5x11xf32>
}
