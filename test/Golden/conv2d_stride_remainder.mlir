// A convolution and its gradients.
func.func @conv2d_stride_remainder(%x: tensor<1x2x8x9xf32>,
                                   %weight: tensor<3x2x2x3xf32> {fusion.parameter}) -> tensor<1x3x3x4xf32> {
  %y = fusion.conv %x, %weight {stride = array<i64: 3, 2>} : (tensor<1x2x8x9xf32>, tensor<3x2x2x3xf32>) -> tensor<1x3x3x4xf32>
  return %y : tensor<1x3x3x4xf32>
}
