// What stands in front of a pool is computed as often as its windows read it, or stored once: whichever is predicted to be faster.
// RUN: fusion-opt %s -fusion-lower-to-stages -fusion-fuse="batch=128" | FileCheck %s
// RUN: fusion-opt %s -fusion-lower-to-stages -fusion-fuse="batch=128" --remark-format=emitRemark --remarks-filter=fuse -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Windows that lie apart read each element once: there is nothing to choose.
// CHECK-LABEL: func @apart
// CHECK-SAME: inlined = array<i64>
// CHECK: fusion.kernel "{{.*}}" "pool"(%{{[^,]*}}, %{{[^,]*}})
// CHECK: source = "tanh"
// CHECK: fusion.pool max_grad
// REMARK-NOT: Function=apart
func.func @apart(%dy: tensor<?x16x16x16xf32>, %x: tensor<?x16x64x64xf32>) -> tensor<?x16x64x64xf32> {
  %t = fusion.tanh %x : tensor<?x16x64x64xf32>
  %dx = fusion.max_pool_grad %dy, %t {kernel = array<i64: 4, 4>} : (tensor<?x16x16x16xf32>, tensor<?x16x64x64xf32>) -> tensor<?x16x64x64xf32>
  return %dx : tensor<?x16x64x64xf32>
}

// Nine windows of nine elements hold each element: the tanh of a gradient is stored.
// CHECK-LABEL: func @gradient
// CHECK-SAME: inlined = array<i64>
// CHECK: %[[T:.*]] = fusion.kernel "{{.*}}" "channels"
// CHECK: source = "tanh"
// CHECK: fusion.kernel "{{.*}}" "pool"(%{{.*}}, %[[T]])
func.func @gradient(%dy: tensor<?x16x64x64xf32>, %x: tensor<?x16x64x64xf32>) -> tensor<?x16x64x64xf32> {
  // REMARK: pools.mlir:[[#@LINE+1]]:8: remark: [Missed] not fused | {{.*}}store 'tanh' once for the pools that read it
  %t = fusion.tanh %x : tensor<?x16x64x64xf32>
  %dx = fusion.max_pool_grad %dy, %t {kernel = array<i64: 3, 3>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1>}
      : (tensor<?x16x64x64xf32>, tensor<?x16x64x64xf32>) -> tensor<?x16x64x64xf32>
  return %dx : tensor<?x16x64x64xf32>
}

// A relu is cheap enough to be computed 9 / 4 times.
// CHECK-LABEL: func @cheap
// CHECK-SAME: inlined = array<i64: 0>
// CHECK: fusion.kernel "{{.*}}" "pool"
// CHECK: source = "relu"
// CHECK: fusion.pool max
func.func @cheap(%x: tensor<?x16x64x64xf32>) -> tensor<?x16x32x32xf32> {
  // REMARK: pools.mlir:[[#@LINE+1]]:8: remark: [Passed] fused | {{.*}}compute 'relu' while pools load it
  %t = fusion.relu %x : tensor<?x16x64x64xf32>
  %y = fusion.max_pool %t {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>} : tensor<?x16x64x64xf32> to tensor<?x16x32x32xf32>
  return %y : tensor<?x16x32x32xf32>
}
