// Equal ops become one; a number for saved values survives on the one that is left.
// RUN: fusion-opt %s -fusion-simplify | FileCheck %s --check-prefixes=CHECK,MERGED
// RUN: fusion-opt %s '-fusion-simplify=precision=ieee' | FileCheck %s --check-prefixes=CHECK,MERGED
// RUN: fusion-opt %s '-fusion-simplify=precision=ieee phase=before-diff' | FileCheck %s --check-prefixes=CHECK,APART
// RUN: fusion-opt %s -fusion-simplify=disable=common-subexpressions | FileCheck %s --check-prefixes=CHECK,APART

// CHECK-LABEL: func.func @equal(
// MERGED: %[[S:.*]] = fusion.sigmoid %{{.*}} {fusion.id = 4 : i64}
// MERGED-NEXT: fusion.add %[[S]], %[[S]]
// APART: fusion.sigmoid
// APART-NEXT: fusion.sigmoid
func.func @equal(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = fusion.sigmoid %x : tensor<4xf32>
  %b = fusion.sigmoid %x {fusion.id = 4 : i64} : tensor<4xf32>
  %y = fusion.add %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// The backward function may hold a clone of either one alone.
// CHECK-LABEL: func.func @not_two_numbers(
// CHECK: fusion.sigmoid %{{.*}} {fusion.id = 3 : i64}
// CHECK-NEXT: fusion.sigmoid %{{.*}} {fusion.id = 4 : i64}
func.func @not_two_numbers(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = fusion.sigmoid %x {fusion.id = 3 : i64} : tensor<4xf32>
  %b = fusion.sigmoid %x {fusion.id = 4 : i64} : tensor<4xf32>
  %y = fusion.add %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @other_attributes(
// CHECK: fusion.leaky_relu
// CHECK-NEXT: fusion.leaky_relu
func.func @other_attributes(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = fusion.leaky_relu %x {slope = 0.1 : f64} : tensor<4xf32>
  %b = fusion.leaky_relu %x {slope = 0.2 : f64} : tensor<4xf32>
  %y = fusion.add %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @other_operands(
// CHECK: fusion.sub
// CHECK-NEXT: fusion.sub
func.func @other_operands(%x: tensor<4xf32>, %z: tensor<4xf32>) -> tensor<4xf32> {
  %a = fusion.sub %x, %z : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %b = fusion.sub %z, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %y = fusion.mul %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
