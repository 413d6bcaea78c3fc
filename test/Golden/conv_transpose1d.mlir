// A convolution and its gradients.
func.func @conv_transpose1d(%x: tensor<2x3x7xf32>,
                            %weight: tensor<3x4x4xf32> {fusion.parameter},
                            %bias: tensor<4xf32> {fusion.parameter}) -> tensor<2x4x22xf32> {
  %y = fusion.conv %x, %weight bias %bias {transposed, stride = array<i64: 3>, padding = array<i64: 1>, output_padding = array<i64: 2>} : (tensor<2x3x7xf32>, tensor<3x4x4xf32>, tensor<4xf32>) -> tensor<2x4x22xf32>
  return %y : tensor<2x4x22xf32>
}
