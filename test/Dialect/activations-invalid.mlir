// Every activation and every other op of one operand: operands are fp32, results have the shape of the operand, attributes are numbers.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @abs_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.abs' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.abs %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @abs_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.abs' op requires the same type for all operands and results}}
  %y = "fusion.abs"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @exp_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.exp' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.exp %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @exp_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.exp' op requires the same type for all operands and results}}
  %y = "fusion.exp"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @gelu_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.gelu' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.gelu %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @gelu_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.gelu' op requires the same type for all operands and results}}
  %y = "fusion.gelu"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @gelu_tanh_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.gelu_tanh' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.gelu_tanh %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @gelu_tanh_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.gelu_tanh' op requires the same type for all operands and results}}
  %y = "fusion.gelu_tanh"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @hardsigmoid_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.hardsigmoid' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.hardsigmoid %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @hardsigmoid_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.hardsigmoid' op requires the same type for all operands and results}}
  %y = "fusion.hardsigmoid"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @hardswish_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.hardswish' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.hardswish %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @hardswish_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.hardswish' op requires the same type for all operands and results}}
  %y = "fusion.hardswish"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @log_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.log' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.log %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @log_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.log' op requires the same type for all operands and results}}
  %y = "fusion.log"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @log_sigmoid_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.log_sigmoid' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.log_sigmoid %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @log_sigmoid_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.log_sigmoid' op requires the same type for all operands and results}}
  %y = "fusion.log_sigmoid"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @mish_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.mish' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.mish %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @mish_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.mish' op requires the same type for all operands and results}}
  %y = "fusion.mish"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @neg_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.neg' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.neg %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @neg_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.neg' op requires the same type for all operands and results}}
  %y = "fusion.neg"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @reciprocal_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.reciprocal' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.reciprocal %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @reciprocal_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.reciprocal' op requires the same type for all operands and results}}
  %y = "fusion.reciprocal"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @relu_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.relu' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.relu %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @relu_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.relu' op requires the same type for all operands and results}}
  %y = "fusion.relu"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @relu6_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.relu6' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.relu6 %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @relu6_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.relu6' op requires the same type for all operands and results}}
  %y = "fusion.relu6"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @rsqrt_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.rsqrt' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.rsqrt %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @rsqrt_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.rsqrt' op requires the same type for all operands and results}}
  %y = "fusion.rsqrt"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @selu_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.selu' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.selu %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @selu_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.selu' op requires the same type for all operands and results}}
  %y = "fusion.selu"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @sigmoid_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.sigmoid' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.sigmoid %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @sigmoid_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.sigmoid' op requires the same type for all operands and results}}
  %y = "fusion.sigmoid"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @softplus_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.softplus' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.softplus %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @softplus_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.softplus' op requires the same type for all operands and results}}
  %y = "fusion.softplus"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @softsign_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.softsign' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.softsign %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @softsign_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.softsign' op requires the same type for all operands and results}}
  %y = "fusion.softsign"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @sqrt_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.sqrt' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.sqrt %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @sqrt_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.sqrt' op requires the same type for all operands and results}}
  %y = "fusion.sqrt"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @square_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.square' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.square %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @square_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.square' op requires the same type for all operands and results}}
  %y = "fusion.square"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @swish_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.swish' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.swish %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @swish_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.swish' op requires the same type for all operands and results}}
  %y = "fusion.swish"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @tanh_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.tanh' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.tanh %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @tanh_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.tanh' op requires the same type for all operands and results}}
  %y = "fusion.tanh"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @detach_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.detach' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.detach %x : tensor<?x4x5xf64>
  return
}

// -----
func.func @detach_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.detach' op failed to verify that all of {x, y} have same type}}
  %y = "fusion.detach"(%x) : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @celu_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.celu' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.celu %x {alpha = 0.5} : tensor<?x4x5xf64>
  return
}

// -----
func.func @celu_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.celu' op requires the same type for all operands and results}}
  %y = "fusion.celu"(%x) {alpha = 0.5 : f64} : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @celu_attribute(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.celu' 'fusion.celu' op attribute 'alpha' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.celu %x {alpha = 1 : i64} : tensor<?x4x5xf32>
  return
}

// -----
func.func @elu_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.elu' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.elu %x {alpha = 0.5} : tensor<?x4x5xf64>
  return
}

// -----
func.func @elu_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.elu' op requires the same type for all operands and results}}
  %y = "fusion.elu"(%x) {alpha = 0.5 : f64} : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @elu_attribute(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.elu' 'fusion.elu' op attribute 'alpha' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.elu %x {alpha = 1 : i64} : tensor<?x4x5xf32>
  return
}

// -----
func.func @leaky_relu_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.leaky_relu' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.leaky_relu %x {slope = 0.5} : tensor<?x4x5xf64>
  return
}

// -----
func.func @leaky_relu_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.leaky_relu' op requires the same type for all operands and results}}
  %y = "fusion.leaky_relu"(%x) {slope = 0.5 : f64} : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @leaky_relu_attribute(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.leaky_relu' 'fusion.leaky_relu' op attribute 'slope' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.leaky_relu %x {slope = 1 : i64} : tensor<?x4x5xf32>
  return
}

// -----
func.func @clamp_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.clamp' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.clamp %x {min = 0.5, max = 1.0} : tensor<?x4x5xf64>
  return
}

// -----
func.func @clamp_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.clamp' op requires the same type for all operands and results}}
  %y = "fusion.clamp"(%x) {min = 0.5 : f64, max = 1.0 : f64} : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @clamp_attribute(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.clamp' 'fusion.clamp' op attribute 'min' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.clamp %x {min = 1 : i64, max = 1.0} : tensor<?x4x5xf32>
  return
}

// -----
func.func @pow_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.pow' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.pow %x {exponent = 0.5} : tensor<?x4x5xf64>
  return
}

// -----
func.func @pow_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.pow' op requires the same type for all operands and results}}
  %y = "fusion.pow"(%x) {exponent = 0.5 : f64} : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @pow_attribute(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.pow' 'fusion.pow' op attribute 'exponent' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.pow %x {exponent = 1 : i64} : tensor<?x4x5xf32>
  return
}

// -----
func.func @dropout_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.dropout' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.dropout %x {p = 0.5, seed = 1 : i64, offset = 0 : i64} : tensor<?x4x5xf64>
  return
}

// -----
func.func @dropout_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.dropout' op failed to verify that all of {x, y} have same type}}
  %y = "fusion.dropout"(%x) {p = 0.5 : f64, seed = 1 : i64, offset = 0 : i64} : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @dropout_attribute(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.dropout' 'fusion.dropout' op attribute 'p' failed to satisfy constraint: 64-bit float attribute}}
  %y = fusion.dropout %x {p = 1 : i64, seed = 1 : i64, offset = 0 : i64} : tensor<?x4x5xf32>
  return
}
