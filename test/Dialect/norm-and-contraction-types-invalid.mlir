// Every norm and every contraction among named ops: element types, ranks, attributes.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @group_norm_of_f64(%x: tensor<?x4x8x8xf64>) {
  // expected-error@+1 {{'fusion.group_norm' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = fusion.group_norm %x {groups = 2 : i64, eps = 1.0e-5} : (tensor<?x4x8x8xf64>) -> tensor<?x4x8x8xf64>
  return
}

// -----
func.func @group_norm_eps(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{custom op 'fusion.group_norm' 'fusion.group_norm' op attribute 'eps' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.group_norm %x {groups = 2 : i64, eps = 1 : i64} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @group_norm_to_another_shape(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.group_norm' op expected the result to have x's type 'tensor<?x4x8x8xf32>', but got 'tensor<?x4x8x9xf32>' (norm_c5)}}
  %y = fusion.group_norm %x {groups = 2 : i64, eps = 1.0e-5} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x9xf32>
  return
}

// -----
func.func @instance_norm_of_f64(%x: tensor<?x4x8x8xf64>) {
  // expected-error@+1 {{'fusion.instance_norm' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = fusion.instance_norm %x {eps = 1.0e-5} : (tensor<?x4x8x8xf64>) -> tensor<?x4x8x8xf64>
  return
}

// -----
func.func @instance_norm_eps(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{custom op 'fusion.instance_norm' 'fusion.instance_norm' op attribute 'eps' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.instance_norm %x {eps = 1 : i64} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @instance_norm_to_another_shape(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.instance_norm' op expected the result to have x's type 'tensor<?x4x8x8xf32>', but got 'tensor<?x4x8x9xf32>' (norm_c5)}}
  %y = fusion.instance_norm %x {eps = 1.0e-5} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x9xf32>
  return
}

// -----
func.func @batch_norm_of_f64(%x: tensor<?x4x8x8xf64>) {
  // expected-error@+1 {{'fusion.batch_norm' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = fusion.batch_norm %x {eps = 1.0e-5} : (tensor<?x4x8x8xf64>) -> tensor<?x4x8x8xf64>
  return
}

// -----
func.func @batch_norm_eps(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{custom op 'fusion.batch_norm' 'fusion.batch_norm' op attribute 'eps' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.batch_norm %x {eps = 1 : i64} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @batch_norm_to_another_shape(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.batch_norm' op expected the result to have x's type 'tensor<?x4x8x8xf32>', but got 'tensor<?x4x8x9xf32>' (norm_c5)}}
  %y = fusion.batch_norm %x {eps = 1.0e-5} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x9xf32>
  return
}

// -----
func.func @layer_norm_of_f64(%x: tensor<?x4x8x8xf64>) {
  // expected-error@+1 {{'fusion.layer_norm' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = fusion.layer_norm %x {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<?x4x8x8xf64>) -> tensor<?x4x8x8xf64>
  return
}

// -----
func.func @layer_norm_eps(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{custom op 'fusion.layer_norm' 'fusion.layer_norm' op attribute 'eps' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.layer_norm %x {normalised_dims = 1 : i64, eps = 1 : i64} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @layer_norm_to_another_shape(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.layer_norm' op expected the result to have x's type 'tensor<?x4x8x8xf32>', but got 'tensor<?x4x8x9xf32>' (norm_c5)}}
  %y = fusion.layer_norm %x {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x9xf32>
  return
}

// -----
func.func @rms_norm_of_f64(%x: tensor<?x4x8x8xf64>) {
  // expected-error@+1 {{'fusion.rms_norm' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = fusion.rms_norm %x {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<?x4x8x8xf64>) -> tensor<?x4x8x8xf64>
  return
}

// -----
func.func @rms_norm_eps(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{custom op 'fusion.rms_norm' 'fusion.rms_norm' op attribute 'eps' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.rms_norm %x {normalised_dims = 1 : i64, eps = 1 : i64} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @rms_norm_to_another_shape(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.rms_norm' op expected the result to have x's type 'tensor<?x4x8x8xf32>', but got 'tensor<?x4x8x9xf32>' (norm_c5)}}
  %y = fusion.rms_norm %x {normalised_dims = 1 : i64, eps = 1.0e-5} : (tensor<?x4x8x8xf32>) -> tensor<?x4x8x9xf32>
  return
}

// -----
func.func @group_stats_of_f64(%x: tensor<?x4x8x8xf64>) {
  // expected-error@+1 {{'fusion.group_stats' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %m, %r = "fusion.group_stats"(%x) {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<?x4x8x8xf64>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  return
}

// -----
func.func @group_stats_without_groups(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.group_stats' op requires attribute 'groups'}}
  %m, %r = "fusion.group_stats"(%x) {eps = 1.0e-5 : f64} : (tensor<?x4x8x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  return
}

// -----
func.func @normalize_of_f64(%x: tensor<?x4x8x8xf64>, %m: tensor<?x2xf32>) {
  // expected-error@+1 {{'fusion.normalize' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = "fusion.normalize"(%x, %m, %m) {operandSegmentSizes = array<i32: 1, 1, 1, 0, 0>} : (tensor<?x4x8x8xf64>, tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @normalize_grad_of_f64(%d: tensor<?x4x8x8xf64>, %x: tensor<?x4x8x8xf32>, %m: tensor<?x2xf32>) {
  // expected-error@+1 {{'fusion.normalize_grad' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = "fusion.normalize_grad"(%d, %x, %m, %m) : (tensor<?x4x8x8xf64>, tensor<?x4x8x8xf32>, tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @standardize_of_f64(%x: tensor<?x4x8x8xf64>, %m: tensor<4xf32>) {
  // expected-error@+1 {{'fusion.standardize' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = "fusion.standardize"(%x, %m, %m) : (tensor<?x4x8x8xf64>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @conv_of_f64(%x: tensor<?x3x8x8xf64>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{'fusion.conv' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x3x8x8xf64>'}}
  %y = fusion.conv %x, %w : (tensor<?x3x8x8xf64>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----
func.func @conv_weight_of_f64(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf64>) {
  // expected-error@+1 {{'fusion.conv' op operand #1 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<4x3x3x3xf64>'}}
  %y = fusion.conv %x, %w : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf64>) -> tensor<?x4x6x6xf32>
  return
}

// -----
func.func @conv_stride_is_no_number(%x: tensor<?x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{custom op 'fusion.conv' 'fusion.conv' op attribute 'stride' failed to satisfy constraint: i64 dense array attribute}}
  %y = fusion.conv %x, %w {stride = 2 : i64} : (tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<?x4x6x6xf32>
  return
}

// -----
func.func @conv_grad_input_of_f64(%d: tensor<?x4x6x6xf64>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{'fusion.conv_grad_input' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x6x6xf64>'}}
  %y = "fusion.conv_grad_input"(%d, %w) : (tensor<?x4x6x6xf64>, tensor<4x3x3x3xf32>) -> tensor<?x3x8x8xf32>
  return
}

// -----
func.func @conv_grad_weight_of_f64(%d: tensor<?x4x6x6xf64>, %x: tensor<?x3x8x8xf32>) {
  // expected-error@+1 {{'fusion.conv_grad_weight' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x6x6xf64>'}}
  %y = "fusion.conv_grad_weight"(%d, %x) : (tensor<?x4x6x6xf64>, tensor<?x3x8x8xf32>) -> tensor<4x3x3x3xf32>
  return
}

// -----
func.func @linear_of_f64(%x: tensor<?x8xf64>, %w: tensor<4x8xf32>) {
  // expected-error@+1 {{'fusion.linear' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x8xf64>'}}
  %y = fusion.linear %x, %w : (tensor<?x8xf64>, tensor<4x8xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @linear_rank(%x: tensor<?x2x8xf32>, %w: tensor<4x8xf32>) {
  // expected-error@+1 {{'fusion.linear' op expected x [N, K] and a static weight [F, K], but got 'tensor<?x2x8xf32>' and 'tensor<4x8xf32>'; flatten x first (linear_c1)}}
  %y = fusion.linear %x, %w : (tensor<?x2x8xf32>, tensor<4x8xf32>) -> tensor<?x2x4xf32>
  return
}

// -----
func.func @matmul_of_f64(%x: tensor<?x8xf64>, %w: tensor<8x4xf32>) {
  // expected-error@+1 {{'fusion.matmul' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x8xf64>'}}
  %y = fusion.matmul %x, %w : (tensor<?x8xf64>, tensor<8x4xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @matmul_rank(%x: tensor<?x2x8xf32>, %w: tensor<8x4xf32>) {
  // expected-error@+1 {{'fusion.matmul' op expected two operands of rank 2, but got 'tensor<?x2x8xf32>' and 'tensor<8x4xf32>'; flatten them first (matmul_c1)}}
  %y = fusion.matmul %x, %w : (tensor<?x2x8xf32>, tensor<8x4xf32>) -> tensor<?x2x4xf32>
  return
}
