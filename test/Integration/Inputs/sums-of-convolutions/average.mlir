func.func @global_average(%x: tensor<2x3x12x11xf32>, %w: tensor<5x3x3x5xf32> {fusion.parameter}) -> tensor<2x5x1x1xf32> {
  %c = fusion.conv %x, %w {padding = array<i64: 1, 2>} : (tensor<2x3x12x11xf32>, tensor<5x3x3x5xf32>) -> tensor<2x5x12x11xf32>
  %y = fusion.adaptive_avg_pool %c {output_size = array<i64: 1, 1>} : tensor<2x5x12x11xf32> to tensor<2x5x1x1xf32>
  return %y : tensor<2x5x1x1xf32>
}
