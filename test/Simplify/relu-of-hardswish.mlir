// relu(hardswish(x)) becomes hardswish(relu(x)) with assume-finite only; before differentiation too, since the gradients are equal.
// RUN: fusion-opt %s -fusion-simplify=assume-finite=true | FileCheck %s --check-prefixes=FIRES
// RUN: fusion-opt %s '-fusion-simplify=assume-finite=true phase=before-diff precision=ieee' | FileCheck %s --check-prefixes=FIRES
// RUN: fusion-opt %s -fusion-simplify | FileCheck %s --check-prefixes=STAYS
// RUN: fusion-opt %s '-fusion-simplify=assume-finite=true disable=relu-of-hardswish' | FileCheck %s --check-prefixes=STAYS

// FIRES-LABEL: func.func @fires(
// FIRES-SAME: %[[X:[^:]*]]:
// FIRES-NEXT: %[[R:.*]] = fusion.relu %[[X]]
// FIRES-NEXT: %[[H:.*]] = fusion.hardswish %[[R]]
// FIRES-NEXT: return %[[H]]
// STAYS-LABEL: func.func @fires(
// STAYS-SAME: %[[X:[^:]*]]:
// STAYS-NEXT: %[[H:.*]] = fusion.hardswish %[[X]]
// STAYS-NEXT: %[[R:.*]] = fusion.relu %[[H]]
// STAYS-NEXT: return %[[R]]
func.func @fires(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %h = fusion.hardswish %x : tensor<?x4xf32>
  %y = fusion.relu %h : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The hardswish would be computed twice.
// FIRES-LABEL: func.func @not_with_another_use(
// FIRES-SAME: %[[X:[^:]*]]:
// FIRES-NEXT: %[[H:.*]] = fusion.hardswish %[[X]]
// FIRES-NEXT: fusion.relu %[[H]]
// STAYS-LABEL: func.func @not_with_another_use(
// STAYS-SAME: %[[X:[^:]*]]:
// STAYS-NEXT: %[[H:.*]] = fusion.hardswish %[[X]]
// STAYS-NEXT: fusion.relu %[[H]]
func.func @not_with_another_use(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %h = fusion.hardswish %x : tensor<?x4xf32>
  %r = fusion.relu %h : tensor<?x4xf32>
  %y = fusion.add %h, %r : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// FIRES-LABEL: func.func @not_another_activation(
// FIRES-SAME: %[[X:[^:]*]]:
// FIRES-NEXT: %[[H:.*]] = fusion.swish %[[X]]
// FIRES-NEXT: fusion.relu %[[H]]
// STAYS-LABEL: func.func @not_another_activation(
// STAYS-SAME: %[[X:[^:]*]]:
// STAYS-NEXT: %[[H:.*]] = fusion.swish %[[X]]
// STAYS-NEXT: fusion.relu %[[H]]
func.func @not_another_activation(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %h = fusion.swish %x : tensor<?x4xf32>
  %y = fusion.relu %h : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
