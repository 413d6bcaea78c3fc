// Conv2d -> hardswish -> relu, tiny and odd.
func.func @chain_conv2d_hardswish_relu(%x: tensor<?x5x7x9xf32>,
                                       %weight: tensor<7x5x3x3xf32> {fusion.parameter},
                                       %bias: tensor<7xf32> {fusion.parameter}) -> tensor<?x7x5x7xf32> {
  %z = fusion.conv %x, %weight bias %bias : (tensor<?x5x7x9xf32>, tensor<7x5x3x3xf32>, tensor<7xf32>) -> tensor<?x7x5x7xf32>
  %h = fusion.hardswish %z : tensor<?x7x5x7xf32>
  %y = fusion.relu %h : tensor<?x7x5x7xf32>
  return %y : tensor<?x7x5x7xf32>
}
