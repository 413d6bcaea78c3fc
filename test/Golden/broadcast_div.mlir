// div of two tensors that broadcast, both of them differentiated.
func.func @broadcast_div(%a: tensor<3x7xf32>,
                         %b: tensor<3x1xf32>) -> tensor<3x7xf32> {
  %y = fusion.div %a, %b : (tensor<3x7xf32>, tensor<3x1xf32>) -> tensor<3x7xf32>
  return %y : tensor<3x7xf32>
}
