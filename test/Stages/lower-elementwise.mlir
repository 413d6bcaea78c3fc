// Activations, arithmetic and their broadcasts become maps; scalar constants go into the region.
// RUN: fusion-opt %s -fusion-lower-to-stages | FileCheck %s

// CHECK-DAG: #[[FULL:.*]] = affine_map<(d0, d1, d2) -> (d0 * 180 + d1 * 60 + d2)>
// CHECK-DAG: #[[CHANNEL:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-DAG: #[[SCALAR:.*]] = affine_map<(d0, d1, d2) -> (0)>
// CHECK-DAG: #[[IMAGE:.*]] = affine_map<(d0, d1, d2) -> (d0)>
// CHECK-DAG: #[[PICTURE:.*]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-DAG: #[[DEPTH:.*]] = affine_map<(d0, d1, d2) -> (d2 floordiv 20)>
// CHECK-DAG: #[[HEIGHT:.*]] = affine_map<(d0, d1, d2) -> ((d2 floordiv 5) mod 4)>
// CHECK-DAG: #[[WIDTH:.*]] = affine_map<(d0, d1, d2) -> (d2 mod 5)>
// CHECK-DAG: #[[DEPTH_WIDTH:.*]] = affine_map<(d0, d1, d2) -> ((d2 floordiv 20) * 5 + d2 mod 5)>
// CHECK-DAG: #[[LAST_TWO:.*]] = affine_map<(d0, d1, d2) -> (d2 mod 20)>
// CHECK-DAG: #[[IMAGE_HEIGHT:.*]] = affine_map<(d0, d1, d2) -> (d0 * 4 + (d2 floordiv 5) mod 4)>

// The formula of swish as it stands in Activations.td.
// CHECK-LABEL: func @activation
// CHECK: fusion.map(%{{.*}}) over [?, 3, 60] attributes {access = [#[[FULL]]], result_access = #[[FULL]], source = "swish"}
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
// CHECK-NEXT: %[[N:.*]] = arith.negf %[[X]]
// CHECK-NEXT: %[[E:.*]] = math.exp %[[N]]
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1.0
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[ONE]], %[[E]]
// CHECK-NEXT: %[[Y:.*]] = arith.divf %[[X]], %[[S]]
// CHECK-NEXT: fusion.yield %[[Y]]
func.func @activation(%x: tensor<?x3x3x4x5xf32>) -> tensor<?x3x3x4x5xf32> {
  %y = fusion.swish %x : tensor<?x3x3x4x5xf32>
  return %y : tensor<?x3x3x4x5xf32>
}

// A derivative takes x and dy; parameters of the activation become constants.
// CHECK-LABEL: func @activation_grad
// CHECK: fusion.map(%{{.*}}, %{{.*}}) over [2, 3, 1] {{.*}}source = "gradient of leaky_relu"
// CHECK: arith.constant 2.500000e-01 : f32
func.func @activation_grad(%dy: tensor<2x3xf32>, %x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %dx = fusion.activation_grad "leaky_relu" %dy, %x {params = {slope = 0.25 : f64}} : tensor<2x3xf32>
  return %dx : tensor<2x3xf32>
}

// CHECK-LABEL: func @channel
// CHECK: access = [#[[FULL]], #[[CHANNEL]]], result_access = #[[FULL]], source = "add"
func.func @channel(%x: tensor<?x3x3x4x5xf32>, %v: tensor<3x1x1x1xf32>) -> tensor<?x3x3x4x5xf32> {
  %y = fusion.add %x, %v : (tensor<?x3x3x4x5xf32>, tensor<3x1x1x1xf32>) -> tensor<?x3x3x4x5xf32>
  return %y : tensor<?x3x3x4x5xf32>
}

// CHECK-LABEL: func @scalar
// CHECK: access = [#[[SCALAR]], #[[FULL]]], result_access = #[[FULL]], source = "sub"
func.func @scalar(%x: tensor<?x3x3x4x5xf32>, %v: tensor<1xf32>) -> tensor<?x3x3x4x5xf32> {
  %y = fusion.sub %v, %x : (tensor<1xf32>, tensor<?x3x3x4x5xf32>) -> tensor<?x3x3x4x5xf32>
  return %y : tensor<?x3x3x4x5xf32>
}

// CHECK-LABEL: func @image
// CHECK: access = [#[[FULL]], #[[IMAGE]]]
func.func @image(%x: tensor<?x3x3x4x5xf32>, %v: tensor<?x1x1x1x1xf32>) -> tensor<?x3x3x4x5xf32> {
  %y = fusion.mul %x, %v : (tensor<?x3x3x4x5xf32>, tensor<?x1x1x1x1xf32>) -> tensor<?x3x3x4x5xf32>
  return %y : tensor<?x3x3x4x5xf32>
}

// A tensor with all spatial dims is one run over p; with some of them, it is runs and remainders of p.
// CHECK-LABEL: func @spatial
// CHECK: access = [#[[FULL]], #[[PICTURE]]]
// CHECK: access = [#[[FULL]], #[[DEPTH]]]
// CHECK: access = [#[[FULL]], #[[HEIGHT]]]
// CHECK: access = [#[[FULL]], #[[WIDTH]]]
// CHECK: access = [#[[FULL]], #[[DEPTH_WIDTH]]]
// CHECK: access = [#[[FULL]], #[[LAST_TWO]]]
// CHECK: access = [#[[FULL]], #[[IMAGE_HEIGHT]]]
func.func @spatial(%x: tensor<?x3x3x4x5xf32>, %all: tensor<3x4x5xf32>, %d: tensor<3x1x1xf32>, %h: tensor<4x1xf32>, %w: tensor<5xf32>,
                   %dw: tensor<3x1x5xf32>, %hw: tensor<4x5xf32>, %nh: tensor<?x1x1x4x1xf32>) -> tensor<?x3x3x4x5xf32> {
  %1 = fusion.div %x, %all : (tensor<?x3x3x4x5xf32>, tensor<3x4x5xf32>) -> tensor<?x3x3x4x5xf32>
  %2 = fusion.add %1, %d : (tensor<?x3x3x4x5xf32>, tensor<3x1x1xf32>) -> tensor<?x3x3x4x5xf32>
  %3 = fusion.add %2, %h : (tensor<?x3x3x4x5xf32>, tensor<4x1xf32>) -> tensor<?x3x3x4x5xf32>
  %4 = fusion.add %3, %w : (tensor<?x3x3x4x5xf32>, tensor<5xf32>) -> tensor<?x3x3x4x5xf32>
  %5 = fusion.add %4, %dw : (tensor<?x3x3x4x5xf32>, tensor<3x1x5xf32>) -> tensor<?x3x3x4x5xf32>
  %6 = fusion.add %5, %hw : (tensor<?x3x3x4x5xf32>, tensor<4x5xf32>) -> tensor<?x3x3x4x5xf32>
  %7 = fusion.add %6, %nh : (tensor<?x3x3x4x5xf32>, tensor<?x1x1x4x1xf32>) -> tensor<?x3x3x4x5xf32>
  return %7 : tensor<?x3x3x4x5xf32>
}

// CHECK-LABEL: func @constant
// CHECK-NOT: fusion.constant
// CHECK: fusion.map(%{{[^,]*}}) over [?, 3, 60]
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
// CHECK-NEXT: %[[C:.*]] = arith.constant 3.0
// CHECK-NEXT: arith.addf %[[X]], %[[C]]
func.func @constant(%x: tensor<?x3x3x4x5xf32>) -> tensor<?x3x3x4x5xf32> {
  %three = fusion.constant 3.0 : tensor<f32>
  %y = fusion.add %x, %three : (tensor<?x3x3x4x5xf32>, tensor<f32>) -> tensor<?x3x3x4x5xf32>
  return %y : tensor<?x3x3x4x5xf32>
}

// Results are tensors of their own: what is an argument, or returned twice, is copied.
// CHECK-LABEL: func @results
// CHECK: %[[Y:.*]] = fusion.map{{.*}}source = "relu"
// CHECK: %[[Z:.*]] = fusion.map{{.*}}source = "copy"
// CHECK: %[[X:.*]] = fusion.map{{.*}}source = "copy"
// CHECK: return %[[Y]], %[[Z]], %[[X]]
func.func @results(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %y = fusion.relu %x : tensor<2x3xf32>
  return %y, %y, %x : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// What nobody reads has no stages; what two ops compute alike is one stage.
// CHECK-LABEL: func @once
// CHECK-COUNT-1: source = "relu"
// CHECK-NOT: source = "relu"
// CHECK-NOT: source = "tanh"
// CHECK: return
func.func @once(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %a = fusion.relu %x : tensor<2x3xf32>
  %b = fusion.relu %x : tensor<2x3xf32>
  %dead = fusion.tanh %x : tensor<2x3xf32>
  %y = fusion.add %a, %b : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
