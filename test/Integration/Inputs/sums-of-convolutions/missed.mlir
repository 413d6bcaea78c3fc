func.func @missed_taps(%x: tensor<3x4x2xf32>, %w: tensor<5x4x3xf32> {fusion.parameter}) -> tensor<3x5xf32> {
  %c = fusion.conv %x, %w {padding = array<i64: 6>, dilation = array<i64: 5>} : (tensor<3x4x2xf32>, tensor<5x4x3xf32>) -> tensor<3x5x4xf32>
  %y = fusion.sum %c {dims = array<i64: 2>} : tensor<3x5x4xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
