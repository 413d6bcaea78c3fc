// Sums of convolutions over spatial dims: the input and the taps are summed instead. The functions at the end must stay as they are.
// RUN: fusion-opt %s -fusion-simplify=phase=before-diff | FileCheck %s
// RUN: fusion-opt %s '-fusion-simplify=phase=before-diff precision=ieee' | FileCheck %s --check-prefix=OFF
// RUN: fusion-opt %s -fusion-simplify=disable=sum-of-convolution | FileCheck %s --check-prefix=OFF

// Output 2 i + tap - 1 of a scatter: the first tap misses the first element, the others meet all. The bias comes once for each of 16 outputs.
// CHECK-LABEL: func.func @transposed(
// CHECK-DAG: %[[X0:.*]] = fusion.within %arg0 {dim = 2 : i64, from = 1 : i64, to = 8 : i64}
// CHECK-DAG: %[[S0:.*]] = fusion.sum %[[X0]] {dims = array<i64: 2>, keepdim}
// CHECK-DAG: %[[W0:.*]] = fusion.within %arg1 {dim = 2 : i64, from = 0 : i64, to = 1 : i64}
// CHECK-DAG: %[[V0:.*]] = fusion.sum %[[W0]] {dims = array<i64: 2>, keepdim}
// CHECK-DAG: %[[S1:.*]] = fusion.sum %arg0 {dims = array<i64: 2>, keepdim}
// CHECK-DAG: %[[W1:.*]] = fusion.within %arg1 {dim = 2 : i64, from = 1 : i64, to = 3 : i64}
// CHECK-DAG: %[[V1:.*]] = fusion.sum %[[W1]] {dims = array<i64: 2>, keepdim}
// CHECK-DAG: %[[SIXTEEN:.*]] = fusion.constant 1.600000e+01
// CHECK-DAG: %[[B:.*]] = fusion.mul %arg2, %[[SIXTEEN]]
// CHECK-DAG: %[[Y0:.*]] = fusion.conv %[[S0]], %[[V0]] bias %[[B]] {{.*}}transposed
// CHECK-DAG: %[[Y1:.*]] = fusion.conv %[[S1]], %[[V1]] {{.*}}transposed
// CHECK: fusion.add %[[Y0]], %[[Y1]]
// OFF-LABEL: func.func @transposed(
// OFF: fusion.conv %arg0, %arg1
func.func @transposed(%x: tensor<?x4x8xf32>, %w: tensor<4x6x3xf32>, %b: tensor<6xf32>) -> tensor<?x6xf32> {
  %c = fusion.conv %x, %w bias %b {transposed, stride = array<i64: 2>, padding = array<i64: 1>, output_padding = array<i64: 1>} : (tensor<?x4x8xf32>, tensor<4x6x3xf32>, tensor<6xf32>) -> tensor<?x6x16xf32>
  %y = fusion.sum %c {dims = array<i64: 2>} : tensor<?x6x16xf32> to tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// A gather of taps that lie 2 apart; what is not summed stays a window, with its stride, in two groups.
// CHECK-LABEL: func.func @depth(
// CHECK-DAG: fusion.within %arg0 {dim = 2 : i64, from = 0 : i64, to = 28 : i64}
// CHECK-DAG: fusion.within %arg0 {dim = 2 : i64, from = 1 : i64, to = 29 : i64}
// CHECK-COUNT-2: fusion.conv %{{.*}} {dilation = array<i64: 1, 1>, groups = 2 : i64, padding = array<i64: 0, 1>, stride = array<i64: 1, 2>} : (tensor<2x4x1x6xf32>, tensor<6x2x1x3xf32>{{.*}} -> tensor<2x6x1x3xf32>
// CHECK-NOT: fusion.conv
// OFF-LABEL: func.func @depth(
// OFF: fusion.conv %arg0, %arg1
func.func @depth(%x: tensor<2x4x29x6xf32>, %w: tensor<6x2x2x3xf32>) -> tensor<2x6x1x3xf32> {
  %c = fusion.conv %x, %w {stride = array<i64: 1, 2>, padding = array<i64: 1, 1>, dilation = array<i64: 2, 1>, groups = 2 : i64} : (tensor<2x4x29x6xf32>, tensor<6x2x2x3xf32>) -> tensor<2x6x29x3xf32>
  %y = fusion.sum %c {dims = array<i64: 2>, keepdim} : tensor<2x6x29x3xf32> to tensor<2x6x1x3xf32>
  return %y : tensor<2x6x1x3xf32>
}

// The first and the last tap meet padding alone: they are in no term.
// CHECK-LABEL: func.func @missed(
// CHECK: fusion.within %arg1 {dim = 2 : i64, from = 1 : i64, to = 2 : i64}
// CHECK-COUNT-1: fusion.conv
// CHECK-NOT: fusion.conv
func.func @missed(%x: tensor<3x4x2xf32>, %w: tensor<5x4x3xf32>) -> tensor<3x5xf32> {
  %c = fusion.conv %x, %w {padding = array<i64: 6>, dilation = array<i64: 5>} : (tensor<3x4x2xf32>, tensor<5x4x3xf32>) -> tensor<3x5x4xf32>
  %y = fusion.sum %c {dims = array<i64: 2>} : tensor<3x5x4xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}

// Taps meet every other element; channels are summed; few elements are; the convolution has another use; 27 ranges of taps would be as many
// convolutions.
// CHECK-LABEL: func.func @every_other(
// CHECK: fusion.conv %arg0, %arg1
func.func @every_other(%x: tensor<2x4x32xf32>, %w: tensor<6x4x3xf32>) -> tensor<2x6xf32> {
  %c = fusion.conv %x, %w {stride = array<i64: 2>, padding = array<i64: 1>} : (tensor<2x4x32xf32>, tensor<6x4x3xf32>) -> tensor<2x6x16xf32>
  %y = fusion.sum %c {dims = array<i64: 2>} : tensor<2x6x16xf32> to tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}
// CHECK-LABEL: func.func @channels(
// CHECK: fusion.conv %arg0, %arg1
func.func @channels(%x: tensor<2x4x32xf32>, %w: tensor<6x4x3xf32>) -> tensor<2x30xf32> {
  %c = fusion.conv %x, %w : (tensor<2x4x32xf32>, tensor<6x4x3xf32>) -> tensor<2x6x30xf32>
  %y = fusion.sum %c {dims = array<i64: 1>} : tensor<2x6x30xf32> to tensor<2x30xf32>
  return %y : tensor<2x30xf32>
}
// CHECK-LABEL: func.func @few(
// CHECK: fusion.conv %arg0, %arg1
func.func @few(%x: tensor<2x4x4xf32>, %w: tensor<6x4x3xf32>) -> tensor<2x6xf32> {
  %c = fusion.conv %x, %w {padding = array<i64: 1>} : (tensor<2x4x4xf32>, tensor<6x4x3xf32>) -> tensor<2x6x4xf32>
  %y = fusion.sum %c {dims = array<i64: 2>} : tensor<2x6x4xf32> to tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}
// CHECK-LABEL: func.func @used_twice(
// CHECK: fusion.conv %arg0, %arg1
func.func @used_twice(%x: tensor<2x4x32xf32>, %w: tensor<6x4x3xf32>) -> (tensor<2x6x30xf32>, tensor<2x6xf32>) {
  %c = fusion.conv %x, %w : (tensor<2x4x32xf32>, tensor<6x4x3xf32>) -> tensor<2x6x30xf32>
  %y = fusion.sum %c {dims = array<i64: 2>} : tensor<2x6x30xf32> to tensor<2x6xf32>
  return %c, %y : tensor<2x6x30xf32>, tensor<2x6xf32>
}
// CHECK-LABEL: func.func @many_ranges(
// CHECK: fusion.conv %arg0, %arg1
func.func @many_ranges(%x: tensor<2x4x16x16x16xf32>, %w: tensor<6x4x3x3x3xf32>) -> tensor<2x6xf32> {
  %c = fusion.conv %x, %w {padding = array<i64: 1, 1, 1>} : (tensor<2x4x16x16x16xf32>, tensor<6x4x3x3x3xf32>) -> tensor<2x6x16x16x16xf32>
  %y = fusion.sum %c {dims = array<i64: 2, 3, 4>} : tensor<2x6x16x16x16xf32> to tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}
