// Batch normalisation in training and its gradients.
func.func @batch_norm_any_batch(%x: tensor<?x2x5xf32>,
                                %gamma: tensor<2xf32> {fusion.parameter},
                                %beta: tensor<2xf32> {fusion.parameter}) -> tensor<?x2x5xf32> {
  %y = fusion.batch_norm %x affine %gamma, %beta {eps = 1.0e-05} : (tensor<?x2x5xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x5xf32>
  return %y : tensor<?x2x5xf32>
}
