// x * tanh(softplus(x)) as users spell it.
func.func @mish_spelled(%x: tensor<3x40xf32>) -> tensor<3x40xf32> {
  %s = fusion.softplus %x : tensor<3x40xf32>
  %t = fusion.tanh %s : tensor<3x40xf32>
  %y = fusion.mul %x, %t : (tensor<3x40xf32>, tensor<3x40xf32>) -> tensor<3x40xf32>
  return %y : tensor<3x40xf32>
}
