// A linear layer and its gradients.
func.func @linear_no_bias(%x: tensor<5x7xf32>,
                          %weight: tensor<3x7xf32> {fusion.parameter}) -> tensor<5x3xf32> {
  %y = fusion.linear %x, %weight : (tensor<5x7xf32>, tensor<3x7xf32>) -> tensor<5x3xf32>
  return %y : tensor<5x3xf32>
}
