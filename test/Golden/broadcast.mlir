// A value repeated along two dims and used along them.
func.func @broadcast(%x: tensor<4x1xf32>,
                     %z: tensor<3x4x5xf32>) -> tensor<3x4x5xf32> {
  %b = fusion.broadcast %x : tensor<4x1xf32> to tensor<3x4x5xf32>
  %y = fusion.mul %b, %z : (tensor<3x4x5xf32>, tensor<3x4x5xf32>) -> tensor<3x4x5xf32>
  return %y : tensor<3x4x5xf32>
}
