// Constraints of pools, and of what reductions and maps got beside sums.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @operands(%x: tensor<?x3x8xf32>) -> tensor<?x3x4xf32> {
  // expected-error@+1 {{expected 1 operand, but got 2 (pool_stage_c1)}}
  %y = fusion.pool max(%x, %x) {kernel = array<i64: 2>, stride = array<i64: 2>, padding = array<i64: 0>, dilation = array<i64: 1>} : (tensor<?x3x8xf32>, tensor<?x3x8xf32>) -> tensor<?x3x4xf32>
  return %y : tensor<?x3x4xf32>
}

// -----
func.func @gradient(%dy: tensor<?x3x4xf32>, %x: tensor<?x3x9xf32>) -> tensor<?x3x8xf32> {
  // expected-error@+1 {{expected x of the result's type 'tensor<?x3x8xf32>', but got 'tensor<?x3x9xf32>' (pool_stage_c1)}}
  %dx = fusion.pool max_grad(%dy, %x) {kernel = array<i64: 2>, stride = array<i64: 2>, padding = array<i64: 0>, dilation = array<i64: 1>} : (tensor<?x3x4xf32>, tensor<?x3x9xf32>) -> tensor<?x3x8xf32>
  return %dx : tensor<?x3x8xf32>
}

// -----
func.func @channels(%x: tensor<?x3x8xf32>) -> tensor<?x4x4xf32> {
  // expected-error@+1 {{expected operand and result of one rank from 3 to 5 with the same batch and channels, but got 'tensor<?x3x8xf32>' and 'tensor<?x4x4xf32>' (pool_stage_c2)}}
  %y = fusion.pool max(%x) {kernel = array<i64: 2>, stride = array<i64: 2>, padding = array<i64: 0>, dilation = array<i64: 1>} : (tensor<?x3x8xf32>) -> tensor<?x4x4xf32>
  return %y : tensor<?x4x4xf32>
}

// -----
func.func @entries(%x: tensor<?x3x8xf32>) -> tensor<?x3x4xf32> {
  // expected-error@+1 {{expected 1 entries of stride, one per spatial dim, but got 2 (pool_stage_c3)}}
  %y = fusion.pool average(%x) {kernel = array<i64: 2>, stride = array<i64: 2, 2>, padding = array<i64: 0>, dilation = array<i64: 1>} : (tensor<?x3x8xf32>) -> tensor<?x3x4xf32>
  return %y : tensor<?x3x4xf32>
}

// -----
func.func @padding(%x: tensor<?x3x8xf32>) -> tensor<?x3x5xf32> {
  // expected-error@+1 {{expected kernel, stride and dilation of at least 1 and a padding between 0 and half the kernel, but got 2, 2, 1 and 2 in spatial dim 0 (pool_stage_c3)}}
  %y = fusion.pool average(%x) {kernel = array<i64: 2>, stride = array<i64: 2>, padding = array<i64: 2>, dilation = array<i64: 1>} : (tensor<?x3x8xf32>) -> tensor<?x3x5xf32>
  return %y : tensor<?x3x5xf32>
}

// -----
func.func @windows(%x: tensor<?x3x8xf32>) -> tensor<?x3x5xf32> {
  // expected-error@+1 {{expected windows that begin inside an extent of 8, but got 5 windows in spatial dim 0 (pool_stage_c4)}}
  %y = fusion.pool average(%x) {kernel = array<i64: 2>, stride = array<i64: 2>, padding = array<i64: 0>, dilation = array<i64: 1>} : (tensor<?x3x8xf32>) -> tensor<?x3x5xf32>
  return %y : tensor<?x3x5xf32>
}

// -----
func.func @partial_kind(%x: tensor<?x4x8xf32>) -> tensor<1x4x?xf32> {
  // expected-error@+1 {{expected partials of a sum or of moments, but got max (partial_c3)}}
  %p = fusion.partial max tiles_inner %x over [?, 4, 8] : (tensor<?x4x8xf32>) -> tensor<1x4x?xf32>
  return %p : tensor<1x4x?xf32>
}

// -----
#dense = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @index(%x: tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  // expected-error@+1 {{expected an index of the dims (n, c, p) and the batch as a symbol, with one result, but got affine_map<(d0, d1) -> (d1)> (map_c6)}}
  %y = fusion.map(%x) over [?, 4, 8] attributes {access = [#dense], result_access = #dense, index = affine_map<(n, c) -> (c)>} : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  ^bb0(%a: f32, %i: f32):
    fusion.yield %i : f32
  }
  return %y : tensor<?x4x8xf32>
}
