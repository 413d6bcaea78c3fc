// A reduction and its gradient.
func.func @reduce_mean_spatial(%x: tensor<2x3x4x5xf32>) -> tensor<2x3x1x1xf32> {
  %y = fusion.mean %x {dims = array<i64: 2, 3>, keepdim} : tensor<2x3x4x5xf32> to tensor<2x3x1x1xf32>
  return %y : tensor<2x3x1x1xf32>
}
