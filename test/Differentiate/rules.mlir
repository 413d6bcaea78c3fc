// One function per derivative rule; the gradients stand behind clones (fusion.id) of the forward ops they need.
// RUN: fusion-opt %s -split-input-file -fusion-differentiate=grad=all | FileCheck %s

// CHECK-LABEL: func.func @activation(
// CHECK-SAME: %{{.*}}: tensor<?x4xf32> {fusion.name = "x0"}) -> (tensor<?x4xf32> {fusion.name = "y"}) attributes {fusion.role = "forward"}
// CHECK: fusion.leaky_relu %{{.*}} {fusion.id = 0 : i64, slope
// CHECK-LABEL: func.func @activation_backward(
// CHECK-SAME: %[[DY:.*]]: tensor<?x4xf32> {fusion.name = "grad_y"}, %[[X:.*]]: tensor<?x4xf32> {fusion.name = "x0"})
// CHECK-SAME: -> (tensor<?x4xf32> {fusion.grad_of = "x0"}) attributes {fusion.role = "backward"}
// The value of the activation itself is not needed and does not stay.
// CHECK-NEXT: %[[DX:.*]] = fusion.activation_grad "leaky_relu" %[[DY]], %[[X]] {params = {slope = 1.000000e-01 : f64}}
// CHECK-NEXT: return %[[DX]]
func.func @activation(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = fusion.leaky_relu %x {slope = 0.1 : f64} : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----
// CHECK-LABEL: func.func @add_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<?x4x5xf32> {{[^%]*}}, %{{[^:]*}}: tensor<?x4x5xf32> {{[^%]*}}, %{{[^:]*}}: tensor<4x1xf32>
// CHECK-NEXT: %[[DB:.*]] = fusion.sum_to %[[DY]] : tensor<?x4x5xf32> to tensor<4x1xf32>
// CHECK-NEXT: return %[[DY]], %[[DB]]
func.func @add(%a: tensor<?x4x5xf32>, %b: tensor<4x1xf32>) -> tensor<?x4x5xf32> {
  %y = fusion.add %a, %b : (tensor<?x4x5xf32>, tensor<4x1xf32>) -> tensor<?x4x5xf32>
  return %y : tensor<?x4x5xf32>
}

// -----
// CHECK-LABEL: func.func @sub_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32>
// CHECK-NEXT: %[[S:.*]] = fusion.sum_to %[[DY]] : tensor<2x4xf32> to tensor<4xf32>
// CHECK-NEXT: %[[C:.*]] = fusion.constant -1.000000e+00
// CHECK-NEXT: %[[DB:.*]] = fusion.mul %[[S]], %[[C]]
// CHECK-NEXT: return %[[DY]], %[[DB]]
func.func @sub(%a: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
  %y = fusion.sub %a, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// CHECK-LABEL: func.func @mul_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[A:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[B:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: %[[DA:.*]] = fusion.mul %[[DY]], %[[B]]
// CHECK-NEXT: %[[P:.*]] = fusion.mul %[[DY]], %[[A]]
// CHECK-NEXT: %[[DB:.*]] = fusion.sum_to %[[P]] : tensor<2x4xf32> to tensor<4xf32>
// CHECK-NEXT: return %[[DA]], %[[DB]]
func.func @mul(%a: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
  %y = fusion.mul %a, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// CHECK-LABEL: func.func @div_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[A:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[B:[^:]*]]: tensor<2x4xf32>
// CHECK-NEXT: %[[Y:.*]] = fusion.div %[[A]], %[[B]] {fusion.id = 0 : i64}
// CHECK-NEXT: %[[DA:.*]] = fusion.div %[[DY]], %[[B]]
// CHECK-NEXT: %[[R:.*]] = fusion.div %[[Y]], %[[B]]
// CHECK-NEXT: %[[P:.*]] = fusion.mul %[[DY]], %[[R]]
// CHECK-NEXT: %[[C:.*]] = fusion.constant -1.000000e+00
// CHECK-NEXT: %[[DB:.*]] = fusion.mul %[[P]], %[[C]]
// CHECK-NEXT: return %[[DA]], %[[DB]]
func.func @div(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %y = fusion.div %a, %b : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// CHECK-LABEL: func.func @conv_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<?x4x3x3xf32> {{[^%]*}}, %[[X:[^:]*]]: tensor<?x3x8x8xf32> {{[^%]*}}, %[[W:[^:]*]]: tensor<4x3x3x3xf32>
// CHECK-NEXT: %[[DX:.*]] = fusion.conv_grad_input %[[DY]], %[[W]] {stride = array<i64: 2, 2>} : (tensor<?x4x3x3xf32>, tensor<4x3x3x3xf32>) -> tensor<?x3x8x8xf32>
// CHECK-NEXT: %[[DW:.*]] = fusion.conv_grad_weight %[[DY]], %[[X]] {stride = array<i64: 2, 2>} : (tensor<?x4x3x3xf32>, tensor<?x3x8x8xf32>) -> tensor<4x3x3x3xf32>
// CHECK-NEXT: %[[DB:.*]] = fusion.sum_to %[[DY]] {dims = array<i64: 0, 2, 3>} : tensor<?x4x3x3xf32> to tensor<4xf32>
// CHECK-NEXT: return %[[DX]], %[[DW]], %[[DB]]
func.func @conv(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>) -> tensor<?x4x3x3xf32> {
  %y = fusion.conv %x, %w bias %b {stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<?x4x3x3xf32>
  return %y : tensor<?x4x3x3xf32>
}

// -----
// CHECK-LABEL: func.func @conv_transposed_backward(
// CHECK: fusion.conv_grad_input {{.*}}groups = 2 : i64, output_padding = array<i64: 1>, padding = array<i64: 1>, stride = array<i64: 3>, transposed
// CHECK: fusion.conv_grad_weight {{.*}}groups = 2 : i64, output_padding = array<i64: 1>, padding = array<i64: 1>, stride = array<i64: 3>, transposed
func.func @conv_transposed(%x: tensor<2x4x8xf32>, %w: tensor<4x3x3xf32>) -> tensor<2x6x23xf32> {
  %y = fusion.conv %x, %w {transposed, groups = 2 : i64, stride = array<i64: 3>, padding = array<i64: 1>, output_padding = array<i64: 1>}
    : (tensor<2x4x8xf32>, tensor<4x3x3xf32>) -> tensor<2x6x23xf32>
  return %y : tensor<2x6x23xf32>
}

// -----
// CHECK-LABEL: func.func @linear_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<?x5xf32> {{[^%]*}}, %[[X:[^:]*]]: tensor<?x4xf32> {{[^%]*}}, %[[W:[^:]*]]: tensor<5x4xf32>
// CHECK-NEXT: %[[DX:.*]] = fusion.matmul %[[DY]], %[[W]] : (tensor<?x5xf32>, tensor<5x4xf32>) -> tensor<?x4xf32>
// CHECK-NEXT: %[[DW:.*]] = fusion.matmul %[[DY]], %[[X]] {transpose_a} : (tensor<?x5xf32>, tensor<?x4xf32>) -> tensor<5x4xf32>
// CHECK-NEXT: %[[DB:.*]] = fusion.sum_to %[[DY]] {dims = array<i64: 0>} : tensor<?x5xf32> to tensor<5xf32>
// CHECK-NEXT: return %[[DX]], %[[DW]], %[[DB]]
func.func @linear(%x: tensor<?x4xf32>, %w: tensor<5x4xf32>, %b: tensor<5xf32>) -> tensor<?x5xf32> {
  %y = fusion.linear %x, %w bias %b : (tensor<?x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// -----
// CHECK-LABEL: func.func @matmul_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[A:[^:]*]]: tensor<2x3xf32> {{[^%]*}}, %[[B:[^:]*]]: tensor<3x4xf32>
// CHECK-NEXT: fusion.matmul %[[DY]], %[[B]] {transpose_b} : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: fusion.matmul %[[A]], %[[DY]] {transpose_a} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<3x4xf32>
func.func @matmul(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) -> tensor<2x4xf32> {
  %y = fusion.matmul %a, %b : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// CHECK-LABEL: func.func @matmul_ta_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[A:[^:]*]]: tensor<3x2xf32> {{[^%]*}}, %[[B:[^:]*]]: tensor<3x4xf32>
// CHECK-NEXT: fusion.matmul %[[B]], %[[DY]] {transpose_b} : (tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<3x2xf32>
// CHECK-NEXT: fusion.matmul %[[A]], %[[DY]] : (tensor<3x2xf32>, tensor<2x4xf32>) -> tensor<3x4xf32>
func.func @matmul_ta(%a: tensor<3x2xf32>, %b: tensor<3x4xf32>) -> tensor<2x4xf32> {
  %y = fusion.matmul %a, %b {transpose_a} : (tensor<3x2xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// CHECK-LABEL: func.func @matmul_tb_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[A:[^:]*]]: tensor<2x3xf32> {{[^%]*}}, %[[B:[^:]*]]: tensor<4x3xf32>
// CHECK-NEXT: fusion.matmul %[[DY]], %[[B]] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: fusion.matmul %[[DY]], %[[A]] {transpose_a} : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
func.func @matmul_tb(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>) -> tensor<2x4xf32> {
  %y = fusion.matmul %a, %b {transpose_b} : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// CHECK-LABEL: func.func @matmul_ta_tb_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<2x4xf32> {{[^%]*}}, %[[A:[^:]*]]: tensor<3x2xf32> {{[^%]*}}, %[[B:[^:]*]]: tensor<4x3xf32>
// CHECK-NEXT: fusion.matmul %[[B]], %[[DY]] {transpose_a, transpose_b} : (tensor<4x3xf32>, tensor<2x4xf32>) -> tensor<3x2xf32>
// CHECK-NEXT: fusion.matmul %[[DY]], %[[A]] {transpose_a, transpose_b} : (tensor<2x4xf32>, tensor<3x2xf32>) -> tensor<4x3xf32>
func.func @matmul_ta_tb(%a: tensor<3x2xf32>, %b: tensor<4x3xf32>) -> tensor<2x4xf32> {
  %y = fusion.matmul %a, %b {transpose_a, transpose_b} : (tensor<3x2xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// CHECK-LABEL: func.func @norm_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<?x6x5xf32> {{[^%]*}}, %[[X:[^:]*]]: tensor<?x6x5xf32> {{[^%]*}}, %[[G:[^:]*]]: tensor<6xf32>
// CHECK-NEXT: %[[M:.*]], %[[R:.*]] = fusion.group_stats %[[X]]
// CHECK-NEXT: %[[DX:.*]] = fusion.normalize_grad %[[DY]], %[[X]] stats %[[M]], %[[R]] affine %[[G]]
// CHECK-NEXT: %[[N:.*]] = fusion.normalize %[[X]] stats %[[M]], %[[R]] : (
// CHECK-NEXT: %[[P:.*]] = fusion.mul %[[DY]], %[[N]]
// CHECK-NEXT: %[[DG:.*]] = fusion.sum_to %[[P]] {dims = array<i64: 0, 2>} : tensor<?x6x5xf32> to tensor<6xf32>
// CHECK-NEXT: %[[DB:.*]] = fusion.sum_to %[[DY]] {dims = array<i64: 0, 2>} : tensor<?x6x5xf32> to tensor<6xf32>
// CHECK-NEXT: return %[[DX]], %[[DG]], %[[DB]]
func.func @norm(%x: tensor<?x6x5xf32>, %g: tensor<6xf32>, %b: tensor<6xf32>) -> tensor<?x6x5xf32> {
  %m, %r = fusion.group_stats %x {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<?x6x5xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  %y = fusion.normalize %x stats %m, %r affine %g, %b : (tensor<?x6x5xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x5xf32>
  return %y : tensor<?x6x5xf32>
}

// -----
// Several uses: gradients add up. Several results: each has a gradient of its own.
// CHECK-LABEL: func.func @uses_backward(
// CHECK-SAME: %[[DA:[^:]*]]: tensor<4xf32> {fusion.name = "grad_y0"}, %[[DB:[^:]*]]: tensor<4xf32> {fusion.name = "grad_y1"}, %[[X:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: %[[T:.*]] = fusion.tanh %[[X]] {fusion.id = 0 : i64}
// CHECK-NEXT: %[[G:.*]] = fusion.activation_grad "relu" %[[DB]], %[[T]]
// CHECK-NEXT: %[[S:.*]] = fusion.add %[[DA]], %[[G]]
// CHECK-NEXT: %[[DX:.*]] = fusion.activation_grad "tanh" %[[S]], %[[X]]
// CHECK-NEXT: return %[[DX]]
func.func @uses(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %t = fusion.tanh %x : tensor<4xf32>
  %r = fusion.relu %t : tensor<4xf32>
  return %t, %r : tensor<4xf32>, tensor<4xf32>
}

// -----
// The same operand twice.
// CHECK-LABEL: func.func @square_backward(
// CHECK-SAME: %[[DY:[^:]*]]: tensor<4xf32> {{[^%]*}}, %[[X:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: %[[P:.*]] = fusion.mul %[[DY]], %[[X]]
// CHECK-NEXT: %[[Q:.*]] = fusion.mul %[[DY]], %[[X]]
// CHECK-NEXT: %[[S:.*]] = fusion.add %[[P]], %[[Q]]
// CHECK-NEXT: return %[[S]]
func.func @square(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = fusion.mul %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
