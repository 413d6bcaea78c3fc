// Fusion works on stages.
// RUN: fusion-opt %s -fusion-fuse -verify-diagnostics
func.func @named(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error@+1 {{expected a stage (map, reduce, pool, contract), but got 'fusion.relu'; run -fusion-lower-to-stages first}}
  %y = fusion.relu %x : tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
