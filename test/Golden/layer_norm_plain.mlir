// Normalisation over trailing dims and its gradients.
func.func @layer_norm_plain(%x: tensor<4x9xf32>) -> tensor<4x9xf32> {
  %y = fusion.layer_norm %x {normalised_dims = 1 : i64, eps = 1.0e-05} : (tensor<4x9xf32>) -> tensor<4x9xf32>
  return %y : tensor<4x9xf32>
}
