// Group normalisation and its gradients.
func.func @group_norm_plain(%x: tensor<3x4x7xf32>) -> tensor<3x4x7xf32> {
  %y = fusion.group_norm %x {groups = 2 : i64, eps = 1.0e-05} : (tensor<3x4x7xf32>) -> tensor<3x4x7xf32>
  return %y : tensor<3x4x7xf32>
}
