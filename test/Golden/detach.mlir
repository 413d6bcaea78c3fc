// A gate that contributes a value but no gradient.
func.func @detach(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %s = fusion.sigmoid %x : tensor<3x4xf32>
  %d = fusion.detach %s : tensor<3x4xf32>
  %y = fusion.mul %d, %x : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
