// What no kernel computes yet is named, with what would work.
// RUN: fusion-opt %s -split-input-file -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse -verify-diagnostics

func.func @too_many_places(%dy: tensor<?xf32>, %x: tensor<?x4x4096x4096xf32>) -> tensor<?x4x4096x4096xf32> {
  // expected-error@+1 {{expected the gradient of an extreme over runs of neighbouring dims of less than 2^24 elements, but got dims array<i64: 1, 2, 3> of 'tensor<?x4x4096x4096xf32>'; reduce in several steps}}
  %dx = fusion.extreme_grad "max" %dy, %x {dims = array<i64: 1, 2, 3>} : (tensor<?xf32>, tensor<?x4x4096x4096xf32>) -> tensor<?x4x4096x4096xf32>
  return %dx : tensor<?x4x4096x4096xf32>
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
