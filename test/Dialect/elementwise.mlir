// Elementwise ops with attributes, and those of two or three operands, parse and print back as they are.
// RUN: fusion-opt %s | fusion-opt | FileCheck %s

// CHECK-LABEL: func.func @attributes
func.func @attributes(%x: tensor<?x4xf32>) {
  // CHECK: fusion.elu %{{.*}} {alpha = 1.000000e+00 : f64} : tensor<?x4xf32>
  %a = fusion.elu %x {alpha = 1.0 : f64} : tensor<?x4xf32>
  // CHECK: fusion.celu %{{.*}} {alpha = -2.000000e+00 : f64} : tensor<?x4xf32>
  %b = fusion.celu %x {alpha = -2.0 : f64} : tensor<?x4xf32>
  // CHECK: fusion.pow %{{.*}} {exponent = 2.500000e+00 : f64} : tensor<?x4xf32>
  %c = fusion.pow %x {exponent = 2.5 : f64} : tensor<?x4xf32>
  // CHECK: fusion.activation_grad "pow" %{{.*}}, %{{.*}} {params = {exponent = 2.500000e+00 : f64}} : tensor<?x4xf32>
  %d = fusion.activation_grad "pow" %x, %x {params = {exponent = 2.5 : f64}} : tensor<?x4xf32>
  return
}

// CHECK-LABEL: func.func @operands
func.func @operands(%x: tensor<?x4x5xf32>, %s: tensor<4x1xf32>, %t: tensor<1x4x1xf32>) {
  // CHECK: fusion.maximum %{{.*}}, %{{.*}} : (tensor<4x1xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  %a = fusion.maximum %s, %x : (tensor<4x1xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.minimum
  %b = fusion.minimum %a, %x : (tensor<?x4x5xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.where %{{.*}}, %{{.*}}, %{{.*}} : (tensor<4x1xf32>, tensor<1x4x1xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  %c = fusion.where %s, %t, %x : (tensor<4x1xf32>, tensor<1x4x1xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.maximum_grad %{{.*}}, %{{.*}}, %{{.*}} : (tensor<?x4x5xf32>, tensor<4x1xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  %d = fusion.maximum_grad %c, %s, %x : (tensor<?x4x5xf32>, tensor<4x1xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  // CHECK: fusion.minimum_grad
  %e = fusion.minimum_grad %c, %x, %s : (tensor<?x4x5xf32>, tensor<?x4x5xf32>, tensor<4x1xf32>) -> tensor<?x4x5xf32>
  return
}
