// A reduction and its gradient.
func.func @reduce_min_batch(%x: tensor<?x4xf32>) -> tensor<4xf32> {
  %y = fusion.min %x {dims = array<i64: 0>} : tensor<?x4xf32> to tensor<4xf32>
  return %y : tensor<4xf32>
}
