// sub of two tensors that broadcast, both of them differentiated.
func.func @broadcast_sub(%a: tensor<3x1x5xf32>,
                         %b: tensor<4x1xf32>) -> tensor<3x4x5xf32> {
  %y = fusion.sub %a, %b : (tensor<3x1x5xf32>, tensor<4x1xf32>) -> tensor<3x4x5xf32>
  return %y : tensor<3x4x5xf32>
}
