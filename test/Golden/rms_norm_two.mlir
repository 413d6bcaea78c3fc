// Normalisation over trailing dims and its gradients.
func.func @rms_norm_two(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %y = fusion.rms_norm %x {normalised_dims = 2 : i64, eps = 1.0e-05} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}
