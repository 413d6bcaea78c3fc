// A matrix product and its gradients.
func.func @matmul(%a: tensor<4x5xf32>,
                  %b: tensor<5x3xf32>) -> tensor<4x3xf32> {
  %y = fusion.matmul %a, %b : (tensor<4x5xf32>, tensor<5x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}
