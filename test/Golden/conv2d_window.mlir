// A convolution and its gradients.
func.func @conv2d_window(%x: tensor<2x4x9x8xf32>,
                         %weight: tensor<6x2x3x2xf32> {fusion.parameter},
                         %bias: tensor<6xf32> {fusion.parameter}) -> tensor<2x6x4x11xf32> {
  %y = fusion.conv %x, %weight bias %bias {stride = array<i64: 2, 1>, padding = array<i64: 1, 2>, dilation = array<i64: 2, 1>, groups = 2 : i64} : (tensor<2x4x9x8xf32>, tensor<6x2x3x2xf32>, tensor<6xf32>) -> tensor<2x6x4x11xf32>
  return %y : tensor<2x6x4x11xf32>
}
