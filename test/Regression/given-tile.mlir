// The tile of another shape: blocks step by whole groups of the shape at hand, and a group wider than the tile is diagnosed.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse -fusion-schedule | FileCheck %s

// CHECK: fusion.kernel
// CHECK-SAME: cols = 64
// CHECK-SAME: step = 48
func.func @narrow(%x: tensor<?x5xf32>, %w: tensor<96x5xf32>) -> tensor<?x96xf32>
    attributes {fusion.schedules = [{rows = 64 : i64, cols = 64 : i64, tm = 4 : i64, tn = 4 : i64, step = 64 : i64}]} {
  %z = fusion.linear %x, %w : (tensor<?x5xf32>, tensor<96x5xf32>) -> tensor<?x96xf32>
  %y = fusion.group_norm %z {groups = 4 : i64, eps = 1.0e-5} : (tensor<?x96xf32>) -> tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}

// -----

func.func @wide(%x: tensor<?x5xf32>, %w: tensor<192x5xf32>) -> tensor<?x192xf32>
    attributes {fusion.schedules = [{rows = 64 : i64, cols = 64 : i64, tm = 4 : i64, tn = 4 : i64, step = 64 : i64}]} {
  // expected-error @+1 {{expected a group of at most 64 features, the columns of the given tile, but got 96; give a schedule of wider tiles}}
  %z = fusion.linear %x, %w : (tensor<?x5xf32>, tensor<192x5xf32>) -> tensor<?x192xf32>
  %y = fusion.group_norm %z {groups = 2 : i64, eps = 1.0e-5} : (tensor<?x192xf32>) -> tensor<?x192xf32>
  return %y : tensor<?x192xf32>
}

// -----

func.func @window(%dy: tensor<?x4x6xf32>, %x: tensor<?x3x6xf32>) -> tensor<4x3x1xf32>
    attributes {fusion.schedules = [{bs = 8 : i64, tq = 9 : i64}, {}]} {
  // expected-error @+1 {{expected a tile for a window of 1 taps, but got one of 9 taps per thread; give a schedule of a model with the same window}}
  %dw = fusion.conv_grad_weight %dy, %x : (tensor<?x4x6xf32>, tensor<?x3x6xf32>) -> tensor<4x3x1xf32>
  return %dw : tensor<4x3x1xf32>
}

// -----

// Nine warps hold the 8 x 9 columns of 9 taps, and would not share those of 5 evenly.
func.func @warps(%dy: tensor<?x4x6xf32>, %x: tensor<?x3x6xf32>) -> tensor<4x3x5xf32>
    attributes {fusion.schedules = [{as = 16 : i64, bs = 8 : i64, warp_a = 16 : i64, warp_q = 8 : i64, threads = 288 : i64}, {}]} {
  // expected-error @+1 {{expected a tile for a window of 5 taps, which 5 warps hold on tensor cores, but got one of 288 threads; give a schedule of a model with the same window}}
  %dw = fusion.conv_grad_weight %dy, %x {padding = array<i64: 2>} : (tensor<?x4x6xf32>, tensor<?x3x6xf32>) -> tensor<4x3x5xf32>
  return %dw : tensor<4x3x5xf32>
}
