// What has no gradient is a diagnostic, never a silent zero.
// RUN: fusion-opt %s -split-input-file -fusion-differentiate=grad=all -verify-diagnostics

func.func @no_rule(%x: tensor<2x4xf32>) -> tensor<4xf32> {
  // expected-error@+2 {{op 'fusion.sum_to' has no derivative rule}}
  // expected-note@+1 {{compile the forward pass alone with --grad=none, or remove the op}}
  %y = fusion.sum_to %x : tensor<2x4xf32> to tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----
func.func @norm_not_decomposed(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error@+2 {{op 'fusion.group_norm' has no derivative rule}}
  // expected-note@+1 {{run -fusion-decompose-norms first}}
  %y = fusion.group_norm %x {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
func.func @foreign_statistics(%x: tensor<2x4xf32>, %m: tensor<2x2xf32>, %r: tensor<2x2xf32>) -> tensor<2x4xf32> {
  // expected-error@+1 {{expected statistics that are this operand's own group_stats, but got others}}
  %y = fusion.normalize %x stats %m, %r : (tensor<2x4xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----
// The statistics' own use beside the norm would need a rule too.
func.func @statistics_used(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x2xf32>) {
  // expected-error@+2 {{op 'fusion.group_stats' has no derivative rule}}
  // expected-note@+1 {{compile the forward pass alone}}
  %m, %r = fusion.group_stats %x {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<2x4xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>)
  %y = fusion.normalize %x stats %m, %r : (tensor<2x4xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
  return %y, %m : tensor<2x4xf32>, tensor<2x2xf32>
}

// -----
// expected-error@+1 {{expected the results to depend on argument "b", but got no path to them, so it has no gradient; remove it or ask for fewer gradients}}
func.func @unused(%x: tensor<4xf32>, %b: tensor<4xf32> {fusion.name = "b"}) -> tensor<4xf32> {
  %y = fusion.relu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----
func.func @first(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
// expected-error@+1 {{expected one public function to differentiate, but got another; compile chains one by one}}
func.func @second(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----
// expected-error@+1 {{expected a function that has not been differentiated, but got one with a role}}
func.func @again(%x: tensor<4xf32>) -> tensor<4xf32> attributes {fusion.role = "forward"} {
  return %x : tensor<4xf32>
}
