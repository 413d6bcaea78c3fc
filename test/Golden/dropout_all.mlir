// Dropout that keeps everything, and dropout that drops everything, NaN apart.
func.func @dropout_all(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %a = fusion.dropout %x {p = 0.0 : f64, seed = 7 : i64, offset = 0 : i64} : tensor<3x5xf32>
  %b = fusion.dropout %x {p = 1.0 : f64, seed = 7 : i64, offset = 0 : i64} : tensor<3x5xf32>
  %y = fusion.add %a, %b : (tensor<3x5xf32>, tensor<3x5xf32>) -> tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
