// Normalisation over trailing dims and its gradients.
func.func @layer_norm_three(%x: tensor<2x2x3x4xf32>,
                            %gamma: tensor<2x3x4xf32> {fusion.parameter},
                            %beta: tensor<2x3x4xf32> {fusion.parameter}) -> tensor<2x2x3x4xf32> {
  %y = fusion.layer_norm %x affine %gamma, %beta {normalised_dims = 3 : i64, eps = 1.0e-05} : (tensor<2x2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x2x3x4xf32>
  return %y : tensor<2x2x3x4xf32>
}
