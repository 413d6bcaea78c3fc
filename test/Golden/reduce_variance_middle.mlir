// A reduction and its gradient.
func.func @reduce_variance_middle(%x: tensor<?x4x3xf32>) -> tensor<?x1x3xf32> {
  %y = fusion.variance %x {dims = array<i64: 1>, keepdim} : tensor<?x4x3xf32> to tensor<?x1x3xf32>
  return %y : tensor<?x1x3xf32>
}
