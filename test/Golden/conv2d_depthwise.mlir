// A convolution and its gradients.
func.func @conv2d_depthwise(%x: tensor<1x5x6x7xf32>,
                            %weight: tensor<5x1x3x3xf32> {fusion.parameter},
                            %bias: tensor<5xf32> {fusion.parameter}) -> tensor<1x5x6x7xf32> {
  %y = fusion.conv %x, %weight bias %bias {padding = array<i64: 1, 1>, groups = 5 : i64} : (tensor<1x5x6x7xf32>, tensor<5x1x3x3xf32>, tensor<5xf32>) -> tensor<1x5x6x7xf32>
  return %y : tensor<1x5x6x7xf32>
}
