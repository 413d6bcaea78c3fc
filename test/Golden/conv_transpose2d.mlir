// A convolution and its gradients.
func.func @conv_transpose2d(%x: tensor<2x3x4x5xf32>,
                            %weight: tensor<3x2x3x3xf32> {fusion.parameter},
                            %bias: tensor<2xf32> {fusion.parameter}) -> tensor<2x2x6x7xf32> {
  %y = fusion.conv %x, %weight bias %bias {transposed} : (tensor<2x3x4x5xf32>, tensor<3x2x3x3xf32>, tensor<2xf32>) -> tensor<2x2x6x7xf32>
  return %y : tensor<2x2x6x7xf32>
}
