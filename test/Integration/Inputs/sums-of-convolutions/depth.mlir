func.func @mean_of_depth(%x: tensor<2x4x29x6x5xf32>, %w: tensor<6x2x3x3x2xf32> {fusion.parameter}, %b: tensor<6xf32> {fusion.parameter}) -> tensor<2x6x1x3x6xf32> {
  %c = fusion.conv %x, %w bias %b {stride = array<i64: 1, 2, 1>, padding = array<i64: 2, 1, 1>, dilation = array<i64: 2, 1, 1>, groups = 2 : i64} : (tensor<2x4x29x6x5xf32>, tensor<6x2x3x3x2xf32>, tensor<6xf32>) -> tensor<2x6x29x3x6xf32>
  %m = fusion.mean %c {dims = array<i64: 2>, keepdim} : tensor<2x6x29x3x6xf32> to tensor<2x6x1x3x6xf32>
  %y = fusion.tanh %m : tensor<2x6x1x3x6xf32>
  return %y : tensor<2x6x1x3x6xf32>
}
