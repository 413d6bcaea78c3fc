// A convolution in front of a norm that spans more than a tile is run twice or stored: whichever is predicted to be faster.
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse="bandwidth=1e12 flops=60e12" | FileCheck %s --check-prefixes=CHECK,RECOMPUTE
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse="bandwidth=60e12 flops=10e12" | FileCheck %s --check-prefixes=CHECK,STORE

// CHECK-LABEL: func @norm
// RECOMPUTE-SAME: stored = array<i64>,
// RECOMPUTE: %[[P:.*]] = fusion.kernel "{{.*}}" "gather"{{.*}} -> tensor<3x16x?xf32>
// RECOMPUTE: fusion.partial moments tiles_inner
// RECOMPUTE: %[[S:.*]]:2 = fusion.kernel "{{.*}}" "finish_rows"(%[[P]])
// RECOMPUTE: fusion.kernel "{{.*}}" "gather"(%{{.*}}, %{{.*}}, %[[S]]#0, %[[S]]#1) {{.*}} -> tensor<?x16x30x30xf32>
// RECOMPUTE: fusion.contract gather
// RECOMPUTE: source = "swish"
// RECOMPUTE: source = "normalise"
// RECOMPUTE-NOT: fusion.kernel

// What is stored is the last value that the rest can be computed from: behind the swish.
// STORE-SAME: stored = array<i64: 0>,
// STORE: %[[P:.*]]:2 = fusion.kernel "{{.*}}" "gather"{{.*}} -> (tensor<?x16x30x30xf32>, tensor<3x16x?xf32>)
// STORE: fusion.contract gather
// STORE: source = "swish"
// STORE: %[[S:.*]]:2 = fusion.kernel "{{.*}}" "finish_rows"(%[[P]]#1)
// STORE: fusion.kernel "{{.*}}" "channels"(%[[P]]#0, %[[S]]#0, %[[S]]#1) {{.*}} -> tensor<?x16x30x30xf32>
// STORE-NOT: fusion.contract
// STORE-NOT: source = "swish"
// STORE: source = "normalise"
// STORE-NOT: fusion.kernel
func.func @norm(%x: tensor<?x8x32x32xf32>, %w: tensor<16x8x3x3xf32>) -> tensor<?x16x30x30xf32> {
  %z = fusion.conv %x, %w : (tensor<?x8x32x32xf32>, tensor<16x8x3x3xf32>) -> tensor<?x16x30x30xf32>
  %s = fusion.swish %z : tensor<?x16x30x30xf32>
  %y = fusion.group_norm %s {groups = 4 : i64, eps = 1.0e-5} : (tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  return %y : tensor<?x16x30x30xf32>
}
