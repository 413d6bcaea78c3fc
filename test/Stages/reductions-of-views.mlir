// A reduction reads through a reshape that neither moves nor merges what it reduces: what stands in front of it is not copied first.
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages | FileCheck %s

// CHECK-LABEL: func @softmax_of_view
// CHECK: %[[C:.*]] = fusion.map(%{{.*}}) over [?, 6, 32] {{.*}} source = "clamp"
// CHECK: %[[M:.*]] = fusion.reduce max %[[C]] over [?, 6, 32]
// CHECK: fusion.map(%[[C]], %[[M]]) over [?, 6, 32] {{.*}} source = "sub"
// CHECK-NOT: source = "reshape"
func.func @softmax_of_view(%x: tensor<?x6x4x8xf32>) -> tensor<?x6x32xf32> {
  %c = fusion.clamp %x {min = 0.0, max = 1.0} : tensor<?x6x4x8xf32>
  %v = fusion.reshape %c : tensor<?x6x4x8xf32> to tensor<?x6x32xf32>
  %y = fusion.softmax %v {dims = array<i64: 2>} : tensor<?x6x32xf32>
  return %y : tensor<?x6x32xf32>
}

// Other channels: the copy stays.
// CHECK-LABEL: func @sum_of_other_channels
// CHECK: %[[V:.*]] = fusion.map(%{{.*}}) {{.*}} source = "reshape"
// CHECK: fusion.reduce sum %[[V]]
func.func @sum_of_other_channels(%x: tensor<2x6x4x8xf32>) -> tensor<2x24xf32> {
  %v = fusion.reshape %x : tensor<2x6x4x8xf32> to tensor<2x24x8xf32>
  %y = fusion.sum %v {dims = array<i64: 2>} : tensor<2x24x8xf32> to tensor<2x24xf32>
  return %y : tensor<2x24xf32>
}
