// Two dropouts that differ in their offset, the second at a counter of more than 32 bits.
func.func @dropout(%x: tensor<?x7x5xf32>) -> tensor<?x7x5xf32> {
  %a = fusion.dropout %x {p = 0.375 : f64, seed = 78187493520 : i64, offset = 11 : i64} : tensor<?x7x5xf32>
  %y = fusion.dropout %a {p = 0.375 : f64, seed = 78187493520 : i64, offset = 4294967287 : i64} : tensor<?x7x5xf32>
  return %y : tensor<?x7x5xf32>
}
