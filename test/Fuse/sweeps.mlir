// Reductions over a run of neighbouring dims, whatever its length: one kernel walks the run once per reduction and goes on behind it.
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse -fusion-schedule | FileCheck %s

// CHECK-LABEL: @wide_row
// CHECK: fusion.kernel "forward_0_swish" "sweep"({{.*}}schedule = {along_reduced = 1 : i64
// CHECK: fusion.reduce moments
// CHECK-NOT: fusion.kernel
func.func @wide_row(%x: tensor<?x1024xf32>) -> tensor<?x1024xf32> {
  %n = fusion.group_norm %x {groups = 1 : i64, eps = 1.0e-5} : (tensor<?x1024xf32>) -> tensor<?x1024xf32>
  %y = fusion.swish %n : tensor<?x1024xf32>
  return %y : tensor<?x1024xf32>
}

// Short runs of neighbouring elements lie in the registers of a few lanes: what one walk leaves to the next decides how many.
// CHECK-LABEL: @short_runs
// CHECK: fusion.kernel "forward_0_swish" "sweep"({{.*}}schedule = {along_reduced = 1 : i64, held = 1 : i64, lanes = 4 : i64
func.func @short_runs(%x: tensor<4096x64x4x64xf32>) -> tensor<4096x64x4x64xf32> {
  %n = fusion.layer_norm %x {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<4096x64x4x64xf32>) -> tensor<4096x64x4x64xf32>
  %y = fusion.swish %n : tensor<4096x64x4x64xf32>
  return %y : tensor<4096x64x4x64xf32>
}

// Long ones do not fit.
// CHECK-LABEL: @long_runs
// CHECK: fusion.kernel "forward_0_swish" "sweep"({{.*}}schedule = {along_reduced = 1 : i64, held = 0 : i64, lanes = 32 : i64
func.func @long_runs(%x: tensor<4096x64x4x2052xf32>) -> tensor<4096x64x4x2052xf32> {
  %n = fusion.layer_norm %x {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<4096x64x4x2052xf32>) -> tensor<4096x64x4x2052xf32>
  %y = fusion.swish %n : tensor<4096x64x4x2052xf32>
  return %y : tensor<4096x64x4x2052xf32>
}

// A matrix product that is wider than its tile is stored, then swept.
// CHECK-LABEL: @wide_tile
// CHECK: fusion.kernel "forward_0_linear" "matmul"
// CHECK: fusion.kernel "forward_1_normalise" "sweep"
// CHECK-NOT: fusion.kernel
func.func @wide_tile(%x: tensor<?x64xf32>, %w: tensor<256x64xf32>) -> tensor<?x256xf32> {
  %z = fusion.linear %x, %w : (tensor<?x64xf32>, tensor<256x64xf32>) -> tensor<?x256xf32>
  %y = fusion.group_norm %z {groups = 1 : i64, eps = 1.0e-5} : (tensor<?x256xf32>) -> tensor<?x256xf32>
  return %y : tensor<?x256xf32>
}

// Lanes lie along what stays: channels of an image, trailing dims of a batch.
// CHECK-LABEL: @over_channels
// CHECK: fusion.kernel "forward_0_sum" "sweep"({{.*}}schedule = {along_reduced = 0 : i64
func.func @over_channels(%x: tensor<?x6x4x5xf32>) -> tensor<?x1x4x5xf32> {
  %y = fusion.sum_to %x : tensor<?x6x4x5xf32> to tensor<?x1x4x5xf32>
  return %y : tensor<?x1x4x5xf32>
}

// CHECK-LABEL: @over_batch
// CHECK: fusion.kernel "forward_0_sum" "sweep"
func.func @over_batch(%x: tensor<?x4x8xf32>) -> tensor<4x8xf32> {
  %y = fusion.sum_to %x {dims = array<i64: 0>} : tensor<?x4x8xf32> to tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// A sum that another kernel waits for is stored by the sweep that makes it.
// CHECK-LABEL: @reduced_twice
// CHECK: fusion.kernel "forward_0_swish" "sweep"
// CHECK: fusion.kernel "forward_1_sum" "channels"
// CHECK: fusion.kernel "forward_2_finish_sum" "finish_rows"
// CHECK-NOT: fusion.kernel
func.func @reduced_twice(%x: tensor<?x6x4x5xf32>) -> tensor<?xf32> {
  %s = fusion.sum %x {dims = array<i64: 3>} : tensor<?x6x4x5xf32> to tensor<?x6x4xf32>
  %a = fusion.swish %s : tensor<?x6x4xf32>
  %t = fusion.sum %a {dims = array<i64: 1, 2>} : tensor<?x6x4xf32> to tensor<?xf32>
  %y = fusion.relu %t : tensor<?xf32>
  return %y : tensor<?xf32>
}

// Dims apart are merged one run after the other.
// CHECK-LABEL: @dims_apart
// CHECK: fusion.kernel "forward_0_sum" "sweep"
// CHECK: fusion.kernel "forward_1_sum" "sweep"
// CHECK-NOT: fusion.kernel
func.func @dims_apart(%x: tensor<?x4x6x8xf32>) -> tensor<?x6xf32> {
  %y = fusion.sum %x {dims = array<i64: 1, 3>} : tensor<?x4x6x8xf32> to tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}
