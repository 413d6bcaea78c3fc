// A pool and its gradient.
func.func @max_pool1d(%x: tensor<?x3x9xf32>) -> tensor<?x3x3xf32> {
  %y = fusion.max_pool %x {kernel = array<i64: 3>} : tensor<?x3x9xf32> to tensor<?x3x3xf32>
  return %y : tensor<?x3x3xf32>
}
