// Batch normalisation in training and its gradients.
func.func @batch_norm(%x: tensor<3x4x5x2xf32>,
                      %gamma: tensor<4xf32> {fusion.parameter},
                      %beta: tensor<4xf32> {fusion.parameter}) -> tensor<3x4x5x2xf32> {
  %y = fusion.batch_norm %x affine %gamma, %beta {eps = 1.0e-05} : (tensor<3x4x5x2xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<3x4x5x2xf32>
  return %y : tensor<3x4x5x2xf32>
}
