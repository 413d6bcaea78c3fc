// What no kernel computes yet is named, with what would work.
// RUN: fusion-opt %s -split-input-file -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse -verify-diagnostics

func.func @dims_apart(%x: tensor<?x4x6x8xf32>) -> tensor<?x6xf32> {
  // expected-error@+1 {{expected a reduction over neighbouring dims, or to one value per channel or to a scalar, but got the access affine_map<(d0, d1, d2) -> (d0 * 6 + d2 floordiv 8)>; other reductions are not supported yet}}
  %y = fusion.sum_to %x {dims = array<i64: 1, 3>} : tensor<?x4x6x8xf32> to tensor<?x6xf32>
  return %y : tensor<?x6xf32>
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
