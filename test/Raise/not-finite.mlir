// Where NaN may come, only idioms become ops whose gradient there is that of the op.
// RUN: fusion-opt %s -fusion-raise-idioms | FileCheck %s

// The gradient of the product is NaN where x is NaN; hardswish passes dy on.
// CHECK-LABEL: func.func @hardswish(
// CHECK-SAME: %[[X:[^:]*]]:
// CHECK: %[[GATE:.*]] = fusion.hardsigmoid %[[X]]
// CHECK: fusion.mul %[[X]], %[[GATE]]
func.func @hardswish(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %three = fusion.constant 3.0 : tensor<f32>
  %six = fusion.constant 6.0 : tensor<f32>
  %shifted = fusion.add %x, %three : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %scaled = fusion.div %shifted, %six : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %gate = fusion.clamp %scaled {min = 0.0, max = 1.0} : tensor<?x4xf32>
  %y = fusion.mul %x, %gate : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// relu6 passes the gradient on where x is NaN; hardsigmoid has none.
// CHECK-LABEL: func.func @relu6_gate(
// CHECK: fusion.relu6
// CHECK-NOT: hardsigmoid
func.func @relu6_gate(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %three = fusion.constant 3.0 : tensor<f32>
  %six = fusion.constant 6.0 : tensor<f32>
  %shifted = fusion.add %x, %three : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %limited = fusion.relu6 %shifted : tensor<?x4xf32>
  %y = fusion.div %limited, %six : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// swish has the product's gradient everywhere.
// CHECK-LABEL: func.func @swish(
// CHECK: fusion.swish
func.func @swish(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = fusion.sigmoid %x : tensor<?x4xf32>
  %y = fusion.mul %s, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
