// minimum of two tensors that broadcast, both of them differentiated.
func.func @broadcast_minimum(%a: tensor<3x7xf32>,
                             %b: tensor<7xf32>) -> tensor<3x7xf32> {
  %y = fusion.minimum %a, %b : (tensor<3x7xf32>, tensor<7xf32>) -> tensor<3x7xf32>
  return %y : tensor<3x7xf32>
}
