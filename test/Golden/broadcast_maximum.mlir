// maximum of two tensors that broadcast, both of them differentiated.
func.func @broadcast_maximum(%a: tensor<2x3x5xf32>,
                             %b: tensor<3x1xf32>) -> tensor<2x3x5xf32> {
  %y = fusion.maximum %a, %b : (tensor<2x3x5xf32>, tensor<3x1xf32>) -> tensor<2x3x5xf32>
  return %y : tensor<2x3x5xf32>
}
