// A pool and its gradient.
func.func @avg_pool1d(%x: tensor<?x3x9xf32>) -> tensor<?x3x4xf32> {
  %y = fusion.avg_pool %x {kernel = array<i64: 4>, stride = array<i64: 2>, padding = array<i64: 1>} : tensor<?x3x9xf32> to tensor<?x3x4xf32>
  return %y : tensor<?x3x4xf32>
}
