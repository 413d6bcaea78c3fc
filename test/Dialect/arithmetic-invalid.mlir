// Every op of two operands and more: element types and shapes.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @add_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.add' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.add %x, %x : (tensor<?x4x5xf64>, tensor<?x4x5xf64>) -> tensor<?x4x5xf64>
  return
}

// -----
func.func @add_of_double(%x: tensor<?x4x5xf32>, %h: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.add' op operand #1 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.add %x, %h : (tensor<?x4x5xf32>, tensor<?x4x5xf64>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @add_shapes(%x: tensor<?x4x5xf32>, %b: tensor<3x5xf32>) {
  // expected-error@+1 {{'fusion.add' op expected shapes that broadcast from the right, but got 'tensor<?x4x5xf32>' and 'tensor<3x5xf32>'; give the smaller one extents of 1 where it repeats (binary_c1)}}
  %y = fusion.add %x, %b : (tensor<?x4x5xf32>, tensor<3x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @sub_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.sub' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.sub %x, %x : (tensor<?x4x5xf64>, tensor<?x4x5xf64>) -> tensor<?x4x5xf64>
  return
}

// -----
func.func @sub_of_double(%x: tensor<?x4x5xf32>, %h: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.sub' op operand #1 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.sub %x, %h : (tensor<?x4x5xf32>, tensor<?x4x5xf64>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @sub_shapes(%x: tensor<?x4x5xf32>, %b: tensor<3x5xf32>) {
  // expected-error@+1 {{'fusion.sub' op expected shapes that broadcast from the right, but got 'tensor<?x4x5xf32>' and 'tensor<3x5xf32>'; give the smaller one extents of 1 where it repeats (binary_c1)}}
  %y = fusion.sub %x, %b : (tensor<?x4x5xf32>, tensor<3x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @mul_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.mul' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.mul %x, %x : (tensor<?x4x5xf64>, tensor<?x4x5xf64>) -> tensor<?x4x5xf64>
  return
}

// -----
func.func @mul_of_double(%x: tensor<?x4x5xf32>, %h: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.mul' op operand #1 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.mul %x, %h : (tensor<?x4x5xf32>, tensor<?x4x5xf64>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @mul_shapes(%x: tensor<?x4x5xf32>, %b: tensor<3x5xf32>) {
  // expected-error@+1 {{'fusion.mul' op expected shapes that broadcast from the right, but got 'tensor<?x4x5xf32>' and 'tensor<3x5xf32>'; give the smaller one extents of 1 where it repeats (binary_c1)}}
  %y = fusion.mul %x, %b : (tensor<?x4x5xf32>, tensor<3x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @div_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.div' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.div %x, %x : (tensor<?x4x5xf64>, tensor<?x4x5xf64>) -> tensor<?x4x5xf64>
  return
}

// -----
func.func @div_of_double(%x: tensor<?x4x5xf32>, %h: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.div' op operand #1 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.div %x, %h : (tensor<?x4x5xf32>, tensor<?x4x5xf64>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @div_shapes(%x: tensor<?x4x5xf32>, %b: tensor<3x5xf32>) {
  // expected-error@+1 {{'fusion.div' op expected shapes that broadcast from the right, but got 'tensor<?x4x5xf32>' and 'tensor<3x5xf32>'; give the smaller one extents of 1 where it repeats (binary_c1)}}
  %y = fusion.div %x, %b : (tensor<?x4x5xf32>, tensor<3x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @maximum_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.maximum' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.maximum %x, %x : (tensor<?x4x5xf64>, tensor<?x4x5xf64>) -> tensor<?x4x5xf64>
  return
}

// -----
func.func @maximum_of_double(%x: tensor<?x4x5xf32>, %h: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.maximum' op operand #1 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.maximum %x, %h : (tensor<?x4x5xf32>, tensor<?x4x5xf64>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @maximum_shapes(%x: tensor<?x4x5xf32>, %b: tensor<3x5xf32>) {
  // expected-error@+1 {{'fusion.maximum' op expected shapes that broadcast from the right, but got 'tensor<?x4x5xf32>' and 'tensor<3x5xf32>'; give the smaller one extents of 1 where it repeats (binary_c1)}}
  %y = fusion.maximum %x, %b : (tensor<?x4x5xf32>, tensor<3x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @minimum_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.minimum' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.minimum %x, %x : (tensor<?x4x5xf64>, tensor<?x4x5xf64>) -> tensor<?x4x5xf64>
  return
}

// -----
func.func @minimum_of_double(%x: tensor<?x4x5xf32>, %h: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.minimum' op operand #1 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.minimum %x, %h : (tensor<?x4x5xf32>, tensor<?x4x5xf64>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @minimum_shapes(%x: tensor<?x4x5xf32>, %b: tensor<3x5xf32>) {
  // expected-error@+1 {{'fusion.minimum' op expected shapes that broadcast from the right, but got 'tensor<?x4x5xf32>' and 'tensor<3x5xf32>'; give the smaller one extents of 1 where it repeats (binary_c1)}}
  %y = fusion.minimum %x, %b : (tensor<?x4x5xf32>, tensor<3x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @where_of_i1(%c: tensor<?x4x5xi1>, %x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.where' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xi1>'}}
  %y = fusion.where %c, %x, %x : (tensor<?x4x5xi1>, tensor<?x4x5xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @where_shapes(%c: tensor<3x5xf32>, %x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.where' op expected shapes that broadcast from the right, but got 'tensor<3x5xf32>', 'tensor<?x4x5xf32>', 'tensor<?x4x5xf32>'; give the smaller ones extents of 1 where they repeat (ternary_c1)}}
  %y = fusion.where %c, %x, %x : (tensor<3x5xf32>, tensor<?x4x5xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @maximum_grad_of_f64(%d: tensor<?x4x5xf64>, %x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.maximum_grad' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = "fusion.maximum_grad"(%d, %x, %x) : (tensor<?x4x5xf64>, tensor<?x4x5xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @minimum_grad_of_f64(%d: tensor<?x4x5xf64>, %x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.minimum_grad' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = "fusion.minimum_grad"(%d, %x, %x) : (tensor<?x4x5xf64>, tensor<?x4x5xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @activation_grad_of_f64(%d: tensor<?x4x5xf64>, %x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.activation_grad' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = "fusion.activation_grad"(%d, %x) {of = "relu"} : (tensor<?x4x5xf64>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @activation_grad_of_nothing(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.activation_grad' op requires attribute 'of'}}
  %y = "fusion.activation_grad"(%x, %x) : (tensor<?x4x5xf32>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @constant_of_f64() {
  // expected-error@+1 {{'fusion.constant' op result #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<f64>'}}
  %y = "fusion.constant"() {value = 1.0 : f64} : () -> tensor<f64>
  return
}

// -----
func.func @constant_without_a_value() {
  // expected-error@+1 {{'fusion.constant' op requires attribute 'value'}}
  %y = "fusion.constant"() : () -> tensor<f32>
  return
}
