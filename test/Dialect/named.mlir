// The examples of the op descriptions parse and print back as they are.
// RUN: fusion-opt %s | fusion-opt | FileCheck %s

// CHECK-LABEL: func.func @conv
func.func @conv(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>) -> tensor<?x4x3x3xf32> {
  // CHECK: fusion.conv %{{.*}}, %{{.*}} bias %{{.*}} {stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<?x4x3x3xf32>
  %y = fusion.conv %x, %w bias %b {stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<?x4x3x3xf32>
  return %y : tensor<?x4x3x3xf32>
}
