// A convolution and its gradients.
func.func @conv2d_pointwise(%x: tensor<3x5x4x3xf32>,
                            %weight: tensor<7x5x1x1xf32> {fusion.parameter},
                            %bias: tensor<7xf32> {fusion.parameter}) -> tensor<3x7x4x3xf32> {
  %y = fusion.conv %x, %weight bias %bias : (tensor<3x5x4x3xf32>, tensor<7x5x1x1xf32>, tensor<7xf32>) -> tensor<3x7x4x3xf32>
  return %y : tensor<3x7x4x3xf32>
}
