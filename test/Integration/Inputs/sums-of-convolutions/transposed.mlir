func.func @strided_transposed(%x: tensor<3x4x5x7xf32>, %w: tensor<4x6x3x3xf32> {fusion.parameter}, %b: tensor<6xf32> {fusion.parameter}) -> tensor<3x6xf32> {
  %c = fusion.conv %x, %w bias %b {transposed, stride = array<i64: 2, 3>, padding = array<i64: 1, 2>, output_padding = array<i64: 1, 0>} : (tensor<3x4x5x7xf32>, tensor<4x6x3x3xf32>, tensor<6xf32>) -> tensor<3x6x10x17xf32>
  %y = fusion.sum %c {dims = array<i64: 2, 3>} : tensor<3x6x10x17xf32> to tensor<3x6xf32>
  return %y : tensor<3x6xf32>
}
