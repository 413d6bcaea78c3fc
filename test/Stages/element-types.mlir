// Scalars are f32 whatever lies in memory: a cast that rounds is a scalar op, an exact one only a type; widening reads the operand itself.
// RUN: fusion-opt %s -split-input-file -fusion-lower-to-stages | FileCheck %s

// CHECK-LABEL: func.func @rounds
// CHECK: fusion.map(%arg0) {{.*}} : (tensor<?x4xf32>) -> tensor<?x4xbf16> {
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32):
// CHECK-NEXT: %[[R:.*]] = fusion.round %[[A]] to bf16 : f32
// CHECK-NEXT: fusion.yield %[[R]] : f32
// The value stays in f32 behind it.
// CHECK: fusion.map(%{{.*}}) {{.*}} : (tensor<?x4xbf16>) -> tensor<?x4xf32>
// CHECK-NOT: fusion.round
func.func @rounds(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = fusion.cast %x : tensor<?x4xf32> to tensor<?x4xbf16>
  %b = fusion.cast %a : tensor<?x4xbf16> to tensor<?x4xf32>
  %y = fusion.relu %b : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: func.func @exact
// CHECK-NOT: fusion.round
// CHECK: : (tensor<?x4xf32>) -> tensor<?x4xf16>
// CHECK: return
func.func @exact(%x: tensor<?x4xf32>) -> tensor<?x4xf16> {
  %y = fusion.cast %x {exact} : tensor<?x4xf32> to tensor<?x4xf16>
  return %y : tensor<?x4xf16>
}

// -----

// What is written in 16 bits is read so.
// CHECK-LABEL: func.func @narrow_between
// CHECK: %[[N:.*]] = fusion.map(%arg0) {{.*}} : (tensor<?x4xf32>) -> tensor<?x4xf16>
// CHECK: fusion.map(%[[N]]) {{.*}} : (tensor<?x4xf16>) -> tensor<?x4xf16>
func.func @narrow_between(%x: tensor<?x4xf32>) -> tensor<?x4xf16> {
  %a = fusion.cast %x {exact} : tensor<?x4xf32> to tensor<?x4xf16>
  %y = fusion.relu %a : tensor<?x4xf16>
  return %y : tensor<?x4xf16>
}

// -----

// What is widened is read as it lies in memory.
// CHECK-LABEL: func.func @wide_between
// CHECK: fusion.map(%arg0) {{.*}} : (tensor<?x4xf16>) -> tensor<?x4xf32>
// CHECK-NEXT: ^bb0
// CHECK-NOT: fusion.map
// CHECK: arith.cmpf
func.func @wide_between(%x: tensor<?x4xf16>) -> tensor<?x4xf32> {
  %a = fusion.cast %x : tensor<?x4xf16> to tensor<?x4xf32>
  %y = fusion.relu %a : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Places, partial sums and what a norm's gradient makes on its way are f32.
// CHECK-LABEL: func.func @places
// CHECK: fusion.reduce argmax {{.*}} : (tensor<3x300xbf16>) -> tensor<3x1xf32>
func.func @places(%dy: tensor<3x1xbf16>, %x: tensor<3x300xbf16>) -> tensor<3x300xbf16> {
  %dx = fusion.extreme_grad "max" %dy, %x {dims = array<i64: 1>, keepdim} : (tensor<3x1xbf16>, tensor<3x300xbf16>) -> tensor<3x300xbf16>
  return %dx : tensor<3x300xbf16>
}

// -----

// CHECK-LABEL: func.func @sum_apart
// CHECK: fusion.reduce sum {{.*}} : (tensor<2x3x4x5xf16>) -> tensor<2x3x4x1xf32>
// CHECK: fusion.reduce sum {{.*}} : (tensor<2x3x4x1xf32>) -> tensor<2x1x4x1xf16>
func.func @sum_apart(%x: tensor<2x3x4x5xf16>) -> tensor<2x1x4x1xf16> {
  %y = fusion.sum %x {dims = array<i64: 1, 3>, keepdim} : tensor<2x3x4x5xf16> to tensor<2x1x4x1xf16>
  return %y : tensor<2x1x4x1xf16>
}

// -----

// CHECK-LABEL: func.func @constant
// CHECK: arith.constant 0.100097656 : f32
// CHECK: arith.constant 1.000000e-01 : f32
func.func @constant(%x: tensor<?x4xbf16>) -> tensor<?x4xbf16> {
  %c = fusion.constant 0.1 : tensor<bf16>
  %d = fusion.constant 0.1 : tensor<f32>
  %a = fusion.mul %x, %c : (tensor<?x4xbf16>, tensor<bf16>) -> tensor<?x4xbf16>
  %y = fusion.add %a, %d : (tensor<?x4xbf16>, tensor<f32>) -> tensor<?x4xbf16>
  return %y : tensor<?x4xbf16>
}
