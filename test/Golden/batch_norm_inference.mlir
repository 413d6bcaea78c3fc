// Batch normalisation with the running statistics.
func.func @batch_norm_inference(%x: tensor<2x3x4xf32>,
                                %gamma: tensor<3xf32> {fusion.parameter},
                                %beta: tensor<3xf32> {fusion.parameter},
                                %mean: tensor<3xf32> {fusion.parameter},
                                %variance: tensor<3xf32> {fusion.parameter}) -> tensor<2x3x4xf32> {
  %y = fusion.batch_norm %x affine %gamma, %beta running %mean, %variance {eps = 1.0e-05, inference} : (tensor<2x3x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}
