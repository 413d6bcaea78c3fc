// A matrix product and its gradients.
func.func @matmul_ta_tb(%a: tensor<5x4xf32>,
                        %b: tensor<3x5xf32>) -> tensor<4x3xf32> {
  %y = fusion.matmul %a, %b {transpose_a, transpose_b} : (tensor<5x4xf32>, tensor<3x5xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}
