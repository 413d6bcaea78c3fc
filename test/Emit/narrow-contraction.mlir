// Contractions of 16-bit operands, read plainly or through what is fused in front of them, are a located error; what follows them may be 16-bit.
// RUN: not fusion-opt %s --emit=cuda 2>&1 | FileCheck %s
// CHECK: narrow-contraction.mlir:[[@LINE+3]]:8: error: expected operands of f32 to multiply, but got 'tensor<?x3x8xbf16>', which is not supported yet
func.func @f(%x: tensor<?x3x8xbf16>, %w: tensor<4x3x3xf32>) -> tensor<?x4x6xf32> {
  %a = fusion.cast %x : tensor<?x3x8xbf16> to tensor<?x3x8xf32>
  %y = fusion.conv %a, %w : (tensor<?x3x8xf32>, tensor<4x3x3xf32>) -> tensor<?x4x6xf32>
  return %y : tensor<?x4x6xf32>
}
