// Batch normalisation in training; what it leaves in the running statistics is added to its result.
func.func @batch_norm_running(%x: tensor<?x4x5xf32>,
                              %mean: tensor<4xf32> {fusion.parameter},
                              %variance: tensor<4xf32> {fusion.parameter}) -> tensor<?x4x5xf32> {
  %n, %m, %v = fusion.batch_norm %x running %mean, %variance {eps = 1.0e-05, momentum = 0.25} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>)
  %k = fusion.mul %m, %v : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %s = fusion.reshape %k : tensor<4xf32> to tensor<4x1xf32>
  %y = fusion.add %n, %s : (tensor<?x4x5xf32>, tensor<4x1xf32>) -> tensor<?x4x5xf32>
  return %y : tensor<?x4x5xf32>
}
