// A convolution and its gradients.
func.func @conv3d(%x: tensor<2x2x4x5x6xf32>,
                  %weight: tensor<3x2x2x3x3xf32> {fusion.parameter},
                  %bias: tensor<3xf32> {fusion.parameter}) -> tensor<2x3x5x2x3xf32> {
  %y = fusion.conv %x, %weight bias %bias {stride = array<i64: 1, 2, 2>, padding = array<i64: 1, 0, 1>} : (tensor<2x2x4x5x6xf32>, tensor<3x2x2x3x3xf32>, tensor<3xf32>) -> tensor<2x3x5x2x3xf32>
  return %y : tensor<2x3x5x2x3xf32>
}
