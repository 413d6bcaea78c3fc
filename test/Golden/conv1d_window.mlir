// A convolution and its gradients.
func.func @conv1d_window(%x: tensor<2x4x17xf32>,
                         %weight: tensor<6x2x3xf32> {fusion.parameter},
                         %bias: tensor<6xf32> {fusion.parameter}) -> tensor<2x6x8xf32> {
  %y = fusion.conv %x, %weight bias %bias {stride = array<i64: 2>, padding = array<i64: 2>, dilation = array<i64: 3>, groups = 2 : i64} : (tensor<2x4x17xf32>, tensor<6x2x3xf32>, tensor<6xf32>) -> tensor<2x6x8xf32>
  return %y : tensor<2x6x8xf32>
}
