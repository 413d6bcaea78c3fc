// A composite norm has no stages of its own.
// RUN: fusion-opt %s -fusion-lower-to-stages -verify-diagnostics
func.func @norm(%x: tensor<?x6x5xf32>) -> tensor<?x6x5xf32> {
  // expected-error@+1 {{expected an op that has stages, but got 'fusion.group_norm'; run -fusion-decompose-norms first}}
  %y = fusion.group_norm %x {groups = 2 : i64, eps = 1.0e-3} : (tensor<?x6x5xf32>) -> tensor<?x6x5xf32>
  return %y : tensor<?x6x5xf32>
}
