// Batch normalisation in training and its gradients.
func.func @batch_norm_flat(%x: tensor<?x5xf32>,
                           %gamma: tensor<5xf32> {fusion.parameter},
                           %beta: tensor<5xf32> {fusion.parameter}) -> tensor<?x5xf32> {
  %y = fusion.batch_norm %x affine %gamma, %beta {eps = 1.0e-05} : (tensor<?x5xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}
