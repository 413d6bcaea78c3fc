// Every applied rule leaves a remark with its name, its classes and its condition.
// RUN: fusion-opt %s -fusion-simplify=assume-finite=true --remark-format=emitRemark --remarks-filter-passed=simplify 2>&1 | FileCheck %s

func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %h = fusion.hardswish %x : tensor<4xf32>
  // CHECK-DAG: remarks.mlir:[[#@LINE+1]]:8: remark: [Passed] relu-of-hardswish | Category:simplify | {{.*}}Class=finite, GradientClass=exact, Reason="differs at x = -inf only", Remark=fusion.relu
  %r = fusion.relu %h : tensor<4xf32>
  %s = fusion.sigmoid %r : tensor<4xf32>
  // CHECK-DAG: remarks.mlir:[[#@LINE+1]]:8: remark: [Passed] dead-relu | Category:simplify | {{.*}}Class=exact, GradientClass=finite, Reason="operand is in [0, 1]", Remark=fusion.relu
  %y = fusion.relu %s : tensor<4xf32>
  return %y : tensor<4xf32>
}
