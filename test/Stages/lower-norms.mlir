// A norm is its statistics and its normalisation, apart, so that fusion may place them in different kernels; sums become reductions.
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages | FileCheck %s

// CHECK-DAG: #[[FULL:.*]] = affine_map<(d0, d1, d2) -> (d0 * 30 + d1 * 5 + d2)>
// CHECK-DAG: #[[GROUP:.*]] = affine_map<(d0, d1, d2) -> (d0 * 2 + d1 floordiv 3)>
// CHECK-DAG: #[[CHANNEL:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-DAG: #[[SCALAR:.*]] = affine_map<(d0, d1, d2) -> (0)>
// CHECK-DAG: #[[IMAGE:.*]] = affine_map<(d0, d1, d2) -> (d0)>
// CHECK-DAG: #[[POSITION:.*]] = affine_map<(d0, d1, d2) -> (d1 * 5 + d2)>

// eps is inside the root; gamma and beta are read per channel, statistics per group.
// CHECK-LABEL: func @group_norm
// CHECK-SAME: (%[[X:[^:]*]]: tensor<?x6x5xf32>, %[[GAMMA:[^:]*]]: tensor<6xf32>, %[[BETA:[^:]*]]: tensor<6xf32>)
// CHECK: %[[M:.*]]:2 = fusion.reduce moments %[[X]] over [?, 6, 5] attributes {access = #[[FULL]], result_access = #[[GROUP]], source = "statistics"}
// CHECK: %[[RSTD:.*]] = fusion.map(%[[M]]#1) over [?, 2, 1]
// CHECK-NEXT: ^bb0(%[[V:.*]]: f32):
// CHECK-DAG: %[[EPS:.*]] = arith.constant 1.000000e-03 : f32
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK: %[[SUM:.*]] = arith.addf %[[V]], %[[EPS]]
// CHECK-NEXT: %[[ROOT:.*]] = math.sqrt %[[SUM]]
// CHECK-NEXT: arith.divf %[[ONE]], %[[ROOT]]
// CHECK: fusion.map(%[[X]], %[[M]]#0, %[[RSTD]], %[[GAMMA]], %[[BETA]]) over [?, 6, 5] attributes {access = [#[[FULL]], #[[GROUP]], #[[GROUP]], #[[CHANNEL]], #[[CHANNEL]]]
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[MEAN:.*]]: f32, %[[R:.*]]: f32, %[[G:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT: %[[CENTRED:.*]] = arith.subf %[[A]], %[[MEAN]]
// CHECK-NEXT: %[[N:.*]] = arith.mulf %[[CENTRED]], %[[R]]
// CHECK-NEXT: %[[S:.*]] = arith.mulf %[[N]], %[[G]]
// CHECK-NEXT: arith.addf %[[S]], %[[B]]
func.func @group_norm(%x: tensor<?x6x5xf32>, %gamma: tensor<6xf32>, %beta: tensor<6xf32>) -> tensor<?x6x5xf32> {
  %y = fusion.group_norm %x affine %gamma, %beta {groups = 2 : i64, eps = 1.0e-3} : (tensor<?x6x5xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x5xf32>
  return %y : tensor<?x6x5xf32>
}

// The gradient sums g and g * normalised over each group; 1 / 15 elements of a group are its scale.
// CHECK-LABEL: func @normalize_grad
// CHECK: source = "normalise"
// CHECK: fusion.reduce sum %{{.*}} over [?, 6, 5] attributes {access = #[[FULL]], result_access = #[[GROUP]]
// CHECK: fusion.reduce sum %{{.*}} over [?, 6, 5] attributes {access = #[[FULL]], result_access = #[[GROUP]]
// CHECK: source = "norm gradient"
// CHECK: arith.constant 0.0666666701 : f32
func.func @normalize_grad(%dy: tensor<?x6x5xf32>, %x: tensor<?x6x5xf32>, %mean: tensor<?x2xf32>, %rstd: tensor<?x2xf32>, %gamma: tensor<6xf32>)
    -> tensor<?x6x5xf32> {
  %dx = fusion.normalize_grad %dy, %x stats %mean, %rstd affine %gamma
      : (tensor<?x6x5xf32>, tensor<?x6x5xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<6xf32>) -> tensor<?x6x5xf32>
  return %dx : tensor<?x6x5xf32>
}

// CHECK-LABEL: func @sums
// CHECK: fusion.reduce sum %{{.*}} over [?, 6, 5] attributes {access = #[[FULL]], result_access = #[[CHANNEL]], source = "sum"} : (tensor<?x6x5xf32>) -> tensor<6xf32>
// CHECK: result_access = #[[CHANNEL]], source = "sum"} : (tensor<?x6x5xf32>) -> tensor<6x1xf32>
// CHECK: result_access = #[[SCALAR]], source = "sum"} : (tensor<?x6x5xf32>) -> tensor<f32>
// CHECK: result_access = #[[IMAGE]], source = "sum"} : (tensor<?x6x5xf32>) -> tensor<?xf32>
// CHECK: result_access = #[[POSITION]], source = "sum"} : (tensor<?x6x5xf32>) -> tensor<6x5xf32>
func.func @sums(%x: tensor<?x6x5xf32>) -> (tensor<6xf32>, tensor<6x1xf32>, tensor<f32>, tensor<?xf32>, tensor<6x5xf32>) {
  %a = fusion.sum_to %x {dims = array<i64: 0, 2>} : tensor<?x6x5xf32> to tensor<6xf32>
  %b = fusion.sum_to %x : tensor<?x6x5xf32> to tensor<6x1xf32>
  %c = fusion.sum_to %x {dims = array<i64: 0, 1, 2>} : tensor<?x6x5xf32> to tensor<f32>
  %d = fusion.sum_to %x {dims = array<i64: 1, 2>} : tensor<?x6x5xf32> to tensor<?xf32>
  %e = fusion.sum_to %x {dims = array<i64: 0>} : tensor<?x6x5xf32> to tensor<6x5xf32>
  return %a, %b, %c, %d, %e : tensor<6xf32>, tensor<6x1xf32>, tensor<f32>, tensor<?xf32>, tensor<6x5xf32>
}

// A sum to the shape the value has is the value.
// CHECK-LABEL: func @no_sum
// CHECK-NOT: fusion.reduce
// CHECK: return
func.func @no_sum(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %h = fusion.relu %x : tensor<2x6xf32>
  %y = fusion.sum_to %h : tensor<2x6xf32> to tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}
