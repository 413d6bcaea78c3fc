// Asking for parameter gradients of a model without parameters is an error, and so is a misspelled option.
// RUN: not fusion-opt %s -fusion-differentiate 2>&1 | FileCheck %s
// RUN: not fusion-opt %s -fusion-differentiate=grad=some 2>&1 | FileCheck %s --check-prefix=OPTION

// CHECK: error: expected an argument to differentiate with respect to, but got none; mark parameters with {fusion.parameter} or use --grad=all
// OPTION: error: expected option grad to be params or all, but got some
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = fusion.relu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
