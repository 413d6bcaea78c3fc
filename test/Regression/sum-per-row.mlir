// A sum over all features of a row: its group was taken to be 32 features wide, and the result's offset came out as n * 0.
// RUN: fusion-run %s --grad=all --check --sanitize | FileCheck %s
// REQUIRES: fusion-run
// CHECK: backward grad_b: 3 elements
// CHECK: ok
func.func @sum_per_row(%a: tensor<3x7xf32>, %b: tensor<3x1xf32>) -> tensor<3x7xf32> {
  %y = fusion.div %a, %b : (tensor<3x7xf32>, tensor<3x1xf32>) -> tensor<3x7xf32>
  return %y : tensor<3x7xf32>
}
