// Limits in a row become one.
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff precision=ieee' | FileCheck %s --check-prefixes=CHECK,IEEE
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff' | FileCheck %s --check-prefixes=CHECK,TORCH
// RUN: fusion-opt %s '-fusion-simplify=disable=merge-clamps,merge-leaky-relus,dead-relu,dead-clamp' | FileCheck %s --check-prefix=OFF

// CHECK-LABEL: func.func @overlap(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.clamp %[[X]] {max = 2.000000e+00 : f64, min = 0.000000e+00 : f64}
// CHECK-NEXT: return %[[Y]]
// OFF-LABEL: func.func @overlap(
// OFF: fusion.clamp 
// OFF: fusion.clamp 
func.func @overlap(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.clamp %x {min = -1.0 : f64, max = 2.0 : f64} : tensor<?x4xf32>
  %y = fusion.clamp %v {min = 0.0 : f64, max = 5.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Both give 2 everywhere but at NaN.
// CHECK-LABEL: func.func @apart(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.clamp %[[X]] {max = 2.000000e+00 : f64, min = 2.000000e+00 : f64}
// CHECK-NEXT: return %[[Y]]
// OFF-LABEL: func.func @apart(
// OFF: fusion.clamp 
// OFF: fusion.clamp 
func.func @apart(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.clamp %x {min = 0.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.clamp %v {min = 2.0 : f64, max = 3.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @relu_of_clamp(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.clamp %[[X]] {max = 2.000000e+00 : f64, min = 0.000000e+00 : f64}
// CHECK-NEXT: return %[[Y]]
// OFF-LABEL: func.func @relu_of_clamp(
// OFF: fusion.clamp 
// OFF: fusion.relu 
func.func @relu_of_clamp(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.clamp %x {min = -1.0 : f64, max = 2.0 : f64} : tensor<?x4xf32>
  %y = fusion.relu %v : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @clamp_of_relu(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.clamp %[[X]] {max = 2.000000e+00 : f64, min = 0.000000e+00 : f64}
// CHECK-NEXT: return %[[Y]]
// OFF-LABEL: func.func @clamp_of_relu(
// OFF: fusion.relu 
// OFF: fusion.clamp 
func.func @clamp_of_relu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.relu %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -1.0 : f64, max = 2.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @clamp_of_relu_below(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.clamp %[[X]] {max = -1.000000e+00 : f64, min = -1.000000e+00 : f64}
// CHECK-NEXT: return %[[Y]]
// OFF-LABEL: func.func @clamp_of_relu_below(
// OFF: fusion.relu 
// OFF: fusion.clamp 
func.func @clamp_of_relu_below(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.relu %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = -2.0 : f64, max = -1.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A clamp whose min is above its max is constant; the rule does not speak of it. (dead-clamp asks for the gradient, which is not the same.)
// CHECK-LABEL: func.func @not_inverted(
// CHECK: fusion.clamp %{{.*}} {max = 1.000000e+00 : f64, min = 3.000000e+00 : f64}
// CHECK-NEXT: fusion.clamp
func.func @not_inverted(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.clamp %x {min = 3.0 : f64, max = 1.0 : f64} : tensor<?x4xf32>
  %y = fusion.clamp %v {min = 0.0 : f64, max = 2.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @not_relu6(
// CHECK: fusion.relu6
// CHECK-NEXT: fusion.clamp
func.func @not_relu6(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.relu6 %x : tensor<?x4xf32>
  %y = fusion.clamp %v {min = 0.0 : f64, max = 2.0 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// TORCH-LABEL: func.func @leaky_relus(
// TORCH-SAME: %[[X:[^:]*]]:
// TORCH-NEXT: %[[Y:.*]] = fusion.leaky_relu %[[X]] {slope = -1.250000e-01 : f64}
// TORCH-NEXT: return %[[Y]]
// IEEE-LABEL: func.func @leaky_relus(
// IEEE: fusion.leaky_relu
// IEEE-NEXT: fusion.leaky_relu
// OFF-LABEL: func.func @leaky_relus(
// OFF: fusion.leaky_relu
// OFF-NEXT: fusion.leaky_relu
func.func @leaky_relus(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.leaky_relu %x {slope = 0.25 : f64} : tensor<?x4xf32>
  %y = fusion.leaky_relu %v {slope = -0.5 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A negative inner slope turns the sign.
// CHECK-LABEL: func.func @not_leaky_relus_negative(
// CHECK: fusion.leaky_relu
// CHECK-NEXT: fusion.leaky_relu
func.func @not_leaky_relus_negative(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.leaky_relu %x {slope = -0.25 : f64} : tensor<?x4xf32>
  %y = fusion.leaky_relu %v {slope = 0.5 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The merged slope would be infinite.
// CHECK-LABEL: func.func @not_leaky_relus_overflow(
// CHECK: fusion.leaky_relu
// CHECK-NEXT: fusion.leaky_relu
func.func @not_leaky_relus_overflow(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %v = fusion.leaky_relu %x {slope = 1.0e30 : f64} : tensor<?x4xf32>
  %y = fusion.leaky_relu %v {slope = 1.0e30 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
