// A pool and its gradient.
func.func @adaptive_avg_pool1d(%x: tensor<?x3x10xf32>) -> tensor<?x3x4xf32> {
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 4>} : tensor<?x3x10xf32> to tensor<?x3x4xf32>
  return %y : tensor<?x3x4xf32>
}
