// A gradient has the type of its tensor: of a cast it is cast back, exactly, and of an f32 scalar or parameter beside 16-bit data it is f32.
// RUN: fusion-opt %s -split-input-file -fusion-differentiate=grad=all | FileCheck %s

// CHECK-LABEL: func.func @cast_backward
// CHECK: %[[D:.*]] = fusion.cast %arg0 {exact} : tensor<4xbf16> to tensor<4xf32>
// CHECK: return %[[D]] : tensor<4xf32>
func.func @cast(%x: tensor<4xf32>) -> tensor<4xbf16> {
  %y = fusion.cast %x : tensor<4xf32> to tensor<4xbf16>
  return %y : tensor<4xbf16>
}

// -----

// CHECK-LABEL: func.func @scalar_backward
// CHECK: fusion.sum_to {{.*}} : tensor<?x4xf16> to tensor<f32>
func.func @scalar(%x: tensor<?x4xf16>, %s: tensor<f32>) -> tensor<?x4xf16> {
  %y = fusion.mul %x, %s : (tensor<?x4xf16>, tensor<f32>) -> tensor<?x4xf16>
  return %y : tensor<?x4xf16>
}

// -----

// CHECK-LABEL: func.func @moments_backward
// CHECK: %[[X:.*]] = fusion.cast %arg1 {exact} : tensor<3x4xbf16> to tensor<3x4xf32>
// CHECK: fusion.sub %[[X]]
// CHECK: fusion.cast {{.*}} {exact} : tensor<3x4xf32> to tensor<3x4xbf16>
func.func @moments(%x: tensor<3x4xbf16>) -> tensor<3x1xf32> {
  %mean, %variance = fusion.moments %x {dims = array<i64: 1>, keepdim} : tensor<3x4xbf16> to tensor<3x1xf32>
  return %variance : tensor<3x1xf32>
}
