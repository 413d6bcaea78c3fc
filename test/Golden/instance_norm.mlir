// Instance normalisation and its gradients.
func.func @instance_norm(%x: tensor<2x3x4x5xf32>,
                         %gamma: tensor<3xf32> {fusion.parameter},
                         %beta: tensor<3xf32> {fusion.parameter}) -> tensor<2x3x4x5xf32> {
  %y = fusion.instance_norm %x affine %gamma, %beta {eps = 1.0e-05} : (tensor<2x3x4x5xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3x4x5xf32>
  return %y : tensor<2x3x4x5xf32>
}
