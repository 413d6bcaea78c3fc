// Instance normalisation and its gradients.
func.func @instance_norm_plain(%x: tensor<2x3x7xf32>) -> tensor<2x3x7xf32> {
  %y = fusion.instance_norm %x {eps = 1.0e-05} : (tensor<2x3x7xf32>) -> tensor<2x3x7xf32>
  return %y : tensor<2x3x7xf32>
}
