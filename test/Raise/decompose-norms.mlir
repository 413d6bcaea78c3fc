// A norm becomes statistics and normalisation, the affine step staying with the latter.
// RUN: fusion-opt %s -fusion-decompose-norms -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @affine(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x6x5xf32>{{.*}}, %[[G:[^:]*]]: tensor<6xf32>{{.*}}, %[[B:[^:]*]]: tensor<6xf32>
// CHECK-NEXT: %[[M:.*]], %[[R:.*]] = fusion.group_stats %[[X]] {eps = 1.000000e-05 : f64, groups = 2 : i64} {{.*}} -> (tensor<?x2xf32>, tensor<?x2xf32>) loc("norm_stats"("norm"(
// CHECK-NEXT: %[[Y:.*]] = fusion.normalize %[[X]] stats %[[M]], %[[R]] affine %[[G]], %[[B]] : {{.*}} loc("norm"(
// CHECK-NEXT: return %[[Y]]
func.func @affine(%x: tensor<?x6x5xf32>, %g: tensor<6xf32>, %b: tensor<6xf32>) -> tensor<?x6x5xf32> {
  %y = fusion.group_norm %x affine %g, %b {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<?x6x5xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x5xf32> loc("norm"("model.py":1:2))
  return %y : tensor<?x6x5xf32>
}

// CHECK-LABEL: func.func @plain(
// CHECK: %[[M:.*]], %[[R:.*]] = fusion.group_stats %[[X:.*]] {eps = 0.000000e+00 : f64, groups = 3 : i64} : (tensor<2x6xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>)
// CHECK-NEXT: fusion.normalize %[[X]] stats %[[M]], %[[R]] : (tensor<2x6xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
func.func @plain(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %y = fusion.group_norm %x {groups = 3 : i64, eps = 0.0 : f64} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}
