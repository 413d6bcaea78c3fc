// x * tanh(softplus(x)) becomes mish, in either order; what only looks like it does not.
// RUN: fusion-opt %s -fusion-raise-idioms | FileCheck %s

// CHECK-LABEL: func.func @mish(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK-NEXT: %[[Y:.*]] = fusion.mish %[[X]] :
// CHECK-NEXT: return %[[Y]]
func.func @mish(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.softplus %x : tensor<?x4xf32>
  %t = fusion.tanh %s : tensor<?x4xf32>
  %y = fusion.mul %x, %t : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @swapped(
// CHECK: fusion.mish
// CHECK-NOT: fusion.mul
func.func @swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.softplus %x : tensor<?x4xf32>
  %t = fusion.tanh %s : tensor<?x4xf32>
  %y = fusion.mul %t, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Another x, and another inner function.
// CHECK-LABEL: func.func @not_mish(
// CHECK-NOT: fusion.mish
// CHECK: return
func.func @not_mish(%x: tensor<?x4xf32>, %z: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %s = fusion.softplus %x : tensor<?x4xf32>
  %t = fusion.tanh %s : tensor<?x4xf32>
  %a = fusion.mul %z, %t : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %b = fusion.mul %s, %t : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %u = fusion.tanh %x : tensor<?x4xf32>
  %c = fusion.mul %x, %u : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %a, %b, %c : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
