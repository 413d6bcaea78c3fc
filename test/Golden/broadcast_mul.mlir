// mul of two tensors that broadcast, both of them differentiated.
func.func @broadcast_mul(%a: tensor<2x3x4x5xf32>,
                         %b: tensor<4x5xf32>) -> tensor<2x3x4x5xf32> {
  %y = fusion.mul %a, %b : (tensor<2x3x4x5xf32>, tensor<4x5xf32>) -> tensor<2x3x4x5xf32>
  return %y : tensor<2x3x4x5xf32>
}
