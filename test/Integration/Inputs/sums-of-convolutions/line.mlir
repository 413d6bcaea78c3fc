func.func @wide_padding(%x: tensor<2x3x40xf32>, %w: tensor<3x4x7xf32> {fusion.parameter}) -> tensor<2x4xf32> {
  %c = fusion.conv %x, %w {transposed, padding = array<i64: 5>} : (tensor<2x3x40xf32>, tensor<3x4x7xf32>) -> tensor<2x4x36xf32>
  %y = fusion.sum %c {dims = array<i64: 2>} : tensor<2x4x36xf32> to tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
