// Tensors named after the structs of their own kernel, after the kernel, and after values of the epilogue.
// RUN: fusion-opt %s --emit=cuda --grad=all --prelude=omit -o %t.cu
// RUN: %python %S/Inputs/check-text.py %t.cu
// RUN: FileCheck --input-file=%t.cu %s
// CHECK: struct Problem {
// CHECK: struct Load {
// CHECK: extern "C" __global__
func.func @forward_0_convolution_relu(%Load: tensor<?x3x8x8xf32> {fusion.name = "Load"}, %Problem: tensor<4x3x3x3xf32> {fusion.name = "Problem", fusion.parameter},
                                      %Tile: tensor<4xf32> {fusion.name = "Tile", fusion.parameter})
    -> (tensor<?x4x6x6xf32> {fusion.name = "forward_0_convolution_relu"}) {
  %convolution = fusion.conv %Load, %Problem bias %Tile : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<?x4x6x6xf32> loc("WindowPlace")
  %relu = fusion.swish %convolution : tensor<?x4x6x6xf32> loc("tile")
  return %relu : tensor<?x4x6x6xf32>
}
