// Normalisation over trailing dims and its gradients.
func.func @layer_norm(%x: tensor<?x4x5xf32>,
                      %gamma: tensor<5xf32> {fusion.parameter},
                      %beta: tensor<5xf32> {fusion.parameter}) -> tensor<?x4x5xf32> {
  %y = fusion.layer_norm %x affine %gamma, %beta {normalised_dims = 1 : i64, eps = 1.0e-05} : (tensor<?x4x5xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<?x4x5xf32>
  return %y : tensor<?x4x5xf32>
}
