func.func @within(%x: tensor<2x3x5x7xf32>, %w: tensor<4x3x3x3xf32> {fusion.parameter}) -> tensor<2x4x3x5xf32> {
  %rows = fusion.within %x {dim = 2 : i64, from = 1 : i64, to = 5 : i64} : tensor<2x3x5x7xf32>
  %part = fusion.within %rows {dim = 3 : i64, from = 0 : i64, to = 6 : i64} : tensor<2x3x5x7xf32>
  %none = fusion.within %x {dim = 3 : i64, from = 4 : i64, to = 4 : i64} : tensor<2x3x5x7xf32>
  %sum = fusion.add %part, %none : (tensor<2x3x5x7xf32>, tensor<2x3x5x7xf32>) -> tensor<2x3x5x7xf32>
  %c = fusion.conv %sum, %w : (tensor<2x3x5x7xf32>, tensor<4x3x3x3xf32>) -> tensor<2x4x3x5xf32>
  %y = fusion.within %c {dim = 3 : i64, from = 2 : i64, to = 5 : i64} : tensor<2x4x3x5xf32>
  return %y : tensor<2x4x3x5xf32>
}
