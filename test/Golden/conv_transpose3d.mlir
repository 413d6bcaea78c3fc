// A convolution and its gradients.
func.func @conv_transpose3d(%x: tensor<2x3x3x2x4xf32>,
                            %weight: tensor<3x2x3x3x3xf32> {fusion.parameter},
                            %bias: tensor<2xf32> {fusion.parameter}) -> tensor<2x2x5x3x7xf32> {
  %y = fusion.conv %x, %weight bias %bias {transposed, stride = array<i64: 2, 2, 2>, padding = array<i64: 1, 1, 1>} : (tensor<2x3x3x2x4xf32>, tensor<3x2x3x3x3xf32>, tensor<2xf32>) -> tensor<2x2x5x3x7xf32>
  return %y : tensor<2x2x5x3x7xf32>
}
