// Ops that are formulas of several operands, and formulas that depend on attributes, become maps without leftovers.
// RUN: fusion-opt %s -fusion-lower-to-stages | FileCheck %s

// NaN comes through: the one in %a because nothing is larger, the one in %b because it is not smaller.
// CHECK-LABEL: func @maximum
// CHECK: source = "maximum"
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT: %[[LARGER:.*]] = arith.cmpf ogt, %[[A]], %[[B]]
// CHECK-NEXT: %[[NUMBER:.*]] = arith.cmpf oeq, %[[A]], %[[A]]
// CHECK-NEXT: %[[OTHER:.*]] = arith.select %[[NUMBER]], %[[B]], %[[A]]
// CHECK-NEXT: %[[Y:.*]] = arith.select %[[LARGER]], %[[A]], %[[OTHER]]
// CHECK-NEXT: fusion.yield %[[Y]]
func.func @maximum(%a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %y = fusion.maximum %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func @where
// CHECK: source = "where"
// CHECK-NEXT: ^bb0(%[[C:.*]]: f32, %[[A:.*]]: f32, %[[B:.*]]: f32):
// CHECK: %[[ZERO:.*]] = arith.cmpf oeq, %[[C]], %{{.*}}
// CHECK-NEXT: %[[Y:.*]] = arith.select %[[ZERO]], %[[B]], %[[A]]
func.func @where(%c: tensor<2x3xf32>, %a: tensor<2x1xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %y = fusion.where %c, %a, %b : (tensor<2x3xf32>, tensor<2x1xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// What the attribute decides is decided here: a bounded side has no test for infinity.
// CHECK-LABEL: func @clamp_gradient
// CHECK: source = "gradient of clamp"
// CHECK: arith.cmpf olt
// CHECK: arith.cmpf ogt
// CHECK-NOT: arith.cmpf
// CHECK: fusion.yield
func.func @clamp_gradient(%dy: tensor<2x3xf32>, %x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %dx = fusion.activation_grad "clamp" %dy, %x {params = {min = 0.0 : f64, max = 6.0 : f64}} : tensor<2x3xf32>
  return %dx : tensor<2x3xf32>
}

// CHECK-LABEL: func @square_root
// CHECK: math.sqrt
// CHECK-NOT: math.powf
// CHECK: fusion.yield
func.func @square_root(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = fusion.pow %x {exponent = 0.5} : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func @power
// CHECK: %[[E:.*]] = arith.constant 2.5
// CHECK: math.powf %{{.*}}, %[[E]]
func.func @power(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = fusion.pow %x {exponent = 2.5} : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
