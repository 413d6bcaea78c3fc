// Every constraint of elementwise ops with attributes, and of those with three operands, is diagnosed.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @elu_c1(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a finite alpha, but got 0x7FF8000000000000 : f64; PyTorch's default is 1.0 (elu_c1)}}
  %y = fusion.elu %x {alpha = 0x7FF8000000000000 : f64} : tensor<2xf32>
  return
}

// -----
func.func @celu_c1(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a finite alpha that x can be divided by, but got 0.000000e+00 : f64; PyTorch's default is 1.0 (celu_c1)}}
  %y = fusion.celu %x {alpha = 0.0 : f64} : tensor<2xf32>
  return
}

// -----
func.func @celu_c1_gradient(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a finite alpha that x can be divided by, but got 0.000000e+00 : f64}}
  %y = fusion.activation_grad "celu" %x, %x {params = {alpha = 0.0 : f64}} : tensor<2xf32>
  return
}

// -----
func.func @elu_gradient_takes_any_alpha(%x: tensor<2xf32>) {
  %y = fusion.activation_grad "elu" %x, %x {params = {alpha = 0.0 : f64}} : tensor<2xf32>
  return
}

// -----
func.func @pow_c1(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a finite exponent, but got 1.000000e+300 : f64; use a representable one (pow_c1)}}
  %y = fusion.pow %x {exponent = 1.0e300 : f64} : tensor<2xf32>
  return
}

// -----
func.func @pow_c1_gradient(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a finite exponent, but got 0x7FF0000000000000 : f64; use a representable one (pow_c1)}}
  %y = fusion.activation_grad "pow" %x, %x {params = {exponent = 0x7FF0000000000000 : f64}} : tensor<2xf32>
  return
}

// -----
func.func @binary_c1_maximum(%x: tensor<2x3xf32>, %y: tensor<2xf32>) {
  // expected-error@+1 {{expected shapes that broadcast from the right, but got 'tensor<2x3xf32>' and 'tensor<2xf32>'}}
  %z = fusion.maximum %x, %y : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----
func.func @binary_c2_minimum(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<2x3xf32>', but got 'tensor<3xf32>' (binary_c2)}}
  %z = fusion.minimum %x, %y : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----
func.func @ternary_c1(%c: tensor<4xf32>, %x: tensor<2x3xf32>, %y: tensor<2x1xf32>) {
  // expected-error@+1 {{expected shapes that broadcast from the right, but got 'tensor<4xf32>', 'tensor<2x3xf32>', 'tensor<2x1xf32>'; give the smaller ones extents of 1 where they repeat (ternary_c1)}}
  %z = fusion.where %c, %x, %y : (tensor<4xf32>, tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
  return
}

// -----
func.func @ternary_c2(%c: tensor<3xf32>, %x: tensor<2x1xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<2x3xf32>', but got 'tensor<2x1xf32>' (ternary_c2)}}
  %z = fusion.where %c, %x, %x : (tensor<3xf32>, tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return
}

// -----
func.func @ternary_c2_gradient(%dy: tensor<2x3xf32>, %x: tensor<3xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<2x3xf32>', but got 'tensor<3xf32>' (ternary_c2)}}
  %z = fusion.maximum_grad %dy, %x, %x : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}
