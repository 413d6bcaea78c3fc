// A convolution and its gradients.
func.func @conv_transpose2d_window(%x: tensor<2x4x5x4xf32>,
                                   %weight: tensor<4x3x3x2xf32> {fusion.parameter},
                                   %bias: tensor<6xf32> {fusion.parameter}) -> tensor<2x6x10x13xf32> {
  %y = fusion.conv %x, %weight bias %bias {transposed, stride = array<i64: 2, 3>, padding = array<i64: 2, 0>, output_padding = array<i64: 1, 2>, dilation = array<i64: 2, 1>, groups = 2 : i64} : (tensor<2x4x5x4xf32>, tensor<4x3x3x2xf32>, tensor<6xf32>) -> tensor<2x6x10x13xf32>
  return %y : tensor<2x6x10x13xf32>
}
