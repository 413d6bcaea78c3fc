// A convolution and its gradients.
func.func @conv2d(%x: tensor<2x3x7x6xf32>,
                  %weight: tensor<4x3x3x3xf32> {fusion.parameter},
                  %bias: tensor<4xf32> {fusion.parameter}) -> tensor<2x4x5x4xf32> {
  %y = fusion.conv %x, %weight bias %bias : (tensor<2x3x7x6xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<2x4x5x4xf32>
  return %y : tensor<2x4x5x4xf32>
}
