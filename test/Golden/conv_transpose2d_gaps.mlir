// A convolution and its gradients.
func.func @conv_transpose2d_gaps(%x: tensor<1x2x3x3xf32>,
                                 %weight: tensor<2x2x2x1xf32> {fusion.parameter}) -> tensor<1x2x8x5xf32> {
  %y = fusion.conv %x, %weight {transposed, stride = array<i64: 3, 2>} : (tensor<1x2x3x3xf32>, tensor<2x2x2x1xf32>) -> tensor<1x2x8x5xf32>
  return %y : tensor<1x2x8x5xf32>
}
