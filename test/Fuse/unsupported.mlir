// What no kernel computes yet is named, with what would work.
// RUN: fusion-opt %s -split-input-file -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse -verify-diagnostics

func.func @keeps_positions(%x: tensor<?x4x8xf32>) -> tensor<4x8xf32> {
  // expected-error@+1 {{expected a reduction to one value per channel, per group of channels of an image, or to a scalar, but got the access affine_map<(d0, d1, d2) -> (d1 * 8 + d2)>; reductions that keep a spatial position are not supported yet}}
  %y = fusion.sum_to %x {dims = array<i64: 0>} : tensor<?x4x8xf32> to tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----
func.func @wide_row(%x: tensor<?x1024xf32>) -> tensor<?x1024xf32> {
  // expected-error@+1 {{expected a group of at most 512 features, but got 1024; wider rows are not supported yet}}
  %y = fusion.group_norm %x {groups = 1 : i64, eps = 1.0e-5} : (tensor<?x1024xf32>) -> tensor<?x1024xf32>
  return %y : tensor<?x1024xf32>
}

// -----
func.func @wide_tile(%x: tensor<?x64xf32>, %w: tensor<256x64xf32>) -> tensor<?x256xf32> {
  %z = fusion.linear %x, %w : (tensor<?x64xf32>, tensor<256x64xf32>) -> tensor<?x256xf32>
  // expected-error@+1 {{expected a group of at most 128 features, but got 256; wider rows are not supported yet}}
  %y = fusion.group_norm %z {groups = 1 : i64, eps = 1.0e-5} : (tensor<?x256xf32>) -> tensor<?x256xf32>
  return %y : tensor<?x256xf32>
}

// -----
// A plan of another chain is refused.
// expected-error@+1 {{expected an elementwise stage at position 7: the plan belongs to another chain}}
func.func @other_plan(%x: tensor<?x64xf32>) -> tensor<?x64xf32> attributes {fusion.choices = {inlined = array<i64: 7>, stored = array<i64>}} {
  %y = fusion.relu %x : tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----
// expected-error@+1 {{expected contraction 0: the plan belongs to another chain}}
func.func @other_cluster(%x: tensor<?x64xf32>) -> tensor<?x64xf32> attributes {fusion.choices = {inlined = array<i64>, stored = array<i64: 0>}} {
  %y = fusion.relu %x : tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----
// expected-error@+1 {{expected the entries 'inlined' and 'stored' in fusion.choices}}
func.func @broken_plan(%x: tensor<?x64xf32>) -> tensor<?x64xf32> attributes {fusion.choices = {}} {
  %y = fusion.relu %x : tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
