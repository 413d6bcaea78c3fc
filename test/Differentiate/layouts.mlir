// A gradient lies as its tensor does: what comes in follows the result, what goes out the argument.
// RUN: fusion-opt %s -fusion-differentiate=grad=all | FileCheck %s

// CHECK: func.func @f_backward(%[[DY:[^:]*]]: tensor<2x3x4x5xf32> {fusion.layout = "channels_last", fusion.name = "grad_y"},
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x3x4x5xf32> {fusion.layout = "channels_last", fusion.name = "x"}, %[[R:[^:]*]]: tensor<2x3x4x5xf32> {fusion.name = "r"})
// CHECK-SAME: -> (tensor<2x3x4x5xf32> {fusion.grad_of = "x", fusion.layout = "channels_last"}, tensor<2x3x4x5xf32> {fusion.grad_of = "r"})
func.func @f(%x: tensor<2x3x4x5xf32> {fusion.layout = "channels_last", fusion.name = "x"}, %r: tensor<2x3x4x5xf32> {fusion.name = "r"})
    -> (tensor<2x3x4x5xf32> {fusion.layout = "channels_last", fusion.name = "y"}) {
  %y = fusion.mul %x, %r : (tensor<2x3x4x5xf32>, tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32>
  return %y : tensor<2x3x4x5xf32>
}
