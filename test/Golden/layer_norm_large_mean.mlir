// Normalisation over trailing dims and its gradients.
func.func @layer_norm_large_mean(%x: tensor<2x3x13xf32>,
                                 %gamma: tensor<13xf32> {fusion.parameter},
                                 %beta: tensor<13xf32> {fusion.parameter}) -> tensor<2x3x13xf32> {
  %y = fusion.layer_norm %x affine %gamma, %beta {normalised_dims = 1 : i64, eps = 1.0e-05} : (tensor<2x3x13xf32>, tensor<13xf32>, tensor<13xf32>) -> tensor<2x3x13xf32>
  return %y : tensor<2x3x13xf32>
}
