// Element types that stand beside each other: parameters of norms, scalars and statistics in f32 beside 16-bit data, and casts.
// RUN: fusion-opt %s | fusion-opt | FileCheck %s

// CHECK-LABEL: func.func @casts
func.func @casts(%x: tensor<?x4xf32>) -> tensor<?x4xf16> {
  // CHECK: fusion.cast %{{.*}} : tensor<?x4xf32> to tensor<?x4xbf16>
  %a = fusion.cast %x : tensor<?x4xf32> to tensor<?x4xbf16>
  // CHECK: fusion.cast %{{.*}} {exact} : tensor<?x4xbf16> to tensor<?x4xf16>
  %b = fusion.cast %a {exact} : tensor<?x4xbf16> to tensor<?x4xf16>
  return %b : tensor<?x4xf16>
}

// CHECK-LABEL: func.func @scalars
func.func @scalars(%x: tensor<?x4xbf16>, %s: tensor<f32>) -> tensor<?x4xbf16> {
  %a = fusion.mul %x, %s : (tensor<?x4xbf16>, tensor<f32>) -> tensor<?x4xbf16>
  %c = fusion.constant 0.1 : tensor<f32>
  %b = fusion.where %x, %a, %c : (tensor<?x4xbf16>, tensor<?x4xbf16>, tensor<f32>) -> tensor<?x4xbf16>
  return %b : tensor<?x4xbf16>
}

// CHECK-LABEL: func.func @norms
func.func @norms(%x: tensor<?x4x5xf16>, %g: tensor<4xf32>, %h: tensor<4xf16>, %m: tensor<4xf32>)
    -> (tensor<?x4x5xf16>, tensor<?x4x5xf16>, tensor<4xf32>, tensor<4xf32>) {
  %a = fusion.group_norm %x affine %g, %g {groups = 2 : i64, eps = 1.0e-5} : (tensor<?x4x5xf16>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x5xf16>
  %b, %mean, %variance = fusion.batch_norm %a affine %h, %h running %m, %m {eps = 1.0e-5}
      : (tensor<?x4x5xf16>, tensor<4xf16>, tensor<4xf16>, tensor<4xf32>, tensor<4xf32>) -> (tensor<?x4x5xf16>, tensor<4xf32>, tensor<4xf32>)
  return %a, %b, %mean, %variance : tensor<?x4x5xf16>, tensor<?x4x5xf16>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @statistics
func.func @statistics(%x: tensor<3x4xbf16>) -> (tensor<3x4xbf16>, tensor<3xf32>, tensor<f32>) {
  %mean, %variance = fusion.moments %x {dims = array<i64: 1>, keepdim} : tensor<3x4xbf16> to tensor<3x1xf32>
  %y = fusion.standardize %x stats %mean, %variance : (tensor<3x4xbf16>, tensor<3x1xf32>, tensor<3x1xf32>) -> tensor<3x4xbf16>
  %s = fusion.sum %x {dims = array<i64: 1>} : tensor<3x4xbf16> to tensor<3xf32>
  %n = fusion.count %x {dims = array<i64: 0>} : tensor<3x4xbf16> to tensor<f32>
  return %y, %s, %n : tensor<3x4xbf16>, tensor<3xf32>, tensor<f32>
}
