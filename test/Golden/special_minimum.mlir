// minimum where the operands are equal, of different signs of zero, infinite or NaN.
func.func @special_minimum(%a: tensor<8x8xf32>,
                           %b: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %y = fusion.minimum %a, %b : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}
