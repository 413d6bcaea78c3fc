// Every constraint of matrix products, elementwise ops and norms is diagnosed.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @linear_c1(%x: tensor<2x3x4xf32>, %w: tensor<5x4xf32>) {
  // expected-error@+1 {{expected x [N, K] and a static weight [F, K], but got 'tensor<2x3x4xf32>' and 'tensor<5x4xf32>'; flatten x first (linear_c1)}}
  %y = fusion.linear %x, %w : (tensor<2x3x4xf32>, tensor<5x4xf32>) -> tensor<2x3x5xf32>
  return
}

// -----
func.func @linear_c1_dynamic(%x: tensor<2x4xf32>, %w: tensor<?x4xf32>) {
  // expected-error@+1 {{expected x [N, K] and a static weight [F, K]}}
  %y = fusion.linear %x, %w : (tensor<2x4xf32>, tensor<?x4xf32>) -> tensor<2x5xf32>
  return
}

// -----
func.func @linear_c2(%x: tensor<2x3xf32>, %w: tensor<5x4xf32>) {
  // expected-error@+1 {{expected weight to have 3 input features as x has, but got 'tensor<5x4xf32>'; a weight is [F, K] (linear_c2)}}
  %y = fusion.linear %x, %w : (tensor<2x3xf32>, tensor<5x4xf32>) -> tensor<2x5xf32>
  return
}

// -----
func.func @linear_c3(%x: tensor<2x4xf32>, %w: tensor<5x4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected bias to have shape [5], one entry per output feature, but got 'tensor<4xf32>' (linear_c3)}}
  %y = fusion.linear %x, %w bias %b : (tensor<2x4xf32>, tensor<5x4xf32>, tensor<4xf32>) -> tensor<2x5xf32>
  return
}

// -----
func.func @linear_c4(%x: tensor<?x4xf32>, %w: tensor<5x4xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<?x5xf32>', but got 'tensor<?x4xf32>'; the result is [N, F] (linear_c4)}}
  %y = fusion.linear %x, %w : (tensor<?x4xf32>, tensor<5x4xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @matmul_c1(%a: tensor<4xf32>, %b: tensor<4x4xf32>) {
  // expected-error@+1 {{expected two operands of rank 2, but got 'tensor<4xf32>' and 'tensor<4x4xf32>'; flatten them first (matmul_c1)}}
  %y = fusion.matmul %a, %b : (tensor<4xf32>, tensor<4x4xf32>) -> tensor<4xf32>
  return
}

// -----
func.func @matmul_c2(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error@+1 {{expected equal extents in dim 1 of a and dim 0 of b, but got 'tensor<2x3xf32>' and 'tensor<4x5xf32>'; see transpose_a and transpose_b (matmul_c2)}}
  %y = fusion.matmul %a, %b : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----
func.func @matmul_c3(%a: tensor<?x3xf32>, %b: tensor<?x5xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<3x5xf32>', but got 'tensor<5x3xf32>' (matmul_c3)}}
  %y = fusion.matmul %a, %b {transpose_a} : (tensor<?x3xf32>, tensor<?x5xf32>) -> tensor<5x3xf32>
  return
}

// -----
func.func @constant_c1() {
  // expected-error@+1 {{expected a result of type 'tensor<f32>', but got 'tensor<2xf32>'; scalars broadcast by themselves (constant_c1)}}
  %c = fusion.constant 1.0 : tensor<2xf32>
  return
}

// -----
func.func @constant_c2_nan() {
  // expected-error@+1 {{expected a value that is finite in 'f32', but got 0x7FF8000000000000 : f64; use a representable one (constant_c2)}}
  %c = fusion.constant 0x7FF8000000000000 : tensor<f32>
  return
}

// -----
func.func @constant_c2_large() {
  // expected-error@+1 {{expected a value that is finite in 'f32', but got 1.000000e+300 : f64; use a representable one (constant_c2)}}
  %c = fusion.constant 1.0e300 : tensor<f32>
  return
}

// -----
func.func @binary_c1(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  // expected-error@+1 {{expected shapes that broadcast from the right, but got 'tensor<2x3xf32>' and 'tensor<2x4xf32>'; give the smaller one extents of 1 where it repeats (binary_c1)}}
  %y = fusion.add %a, %b : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x3xf32>
  return
}

// -----
func.func @binary_c1_batch(%a: tensor<?x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast from the right, but got 'tensor<?x3xf32>' and 'tensor<2x3xf32>'}}
  %y = fusion.mul %a, %b : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
  return
}

// -----
func.func @binary_c2(%a: tensor<2x3xf32>, %b: tensor<4x1x3xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<4x2x3xf32>', but got 'tensor<4x3xf32>' (binary_c2)}}
  %y = fusion.sub %a, %b : (tensor<2x3xf32>, tensor<4x1x3xf32>) -> tensor<4x3xf32>
  return
}

// -----
func.func @binary_unknown_inner(%a: tensor<?xf32>, %b: tensor<4x1xf32>) {
  // expected-error@+1 {{expected result 0 to have a static extent of at least 1 in dim 1}}
  %y = fusion.div %a, %b : (tensor<?xf32>, tensor<4x1xf32>) -> tensor<4x?xf32>
  return
}

// -----
func.func @leaky_relu_c1(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a finite slope, but got 0x7FF8000000000000 : f64; PyTorch's default is 0.01 (leaky_relu_c1)}}
  %y = fusion.leaky_relu %x {slope = 0x7FF8000000000000 : f64} : tensor<2xf32>
  return
}

// -----
func.func @clamp_c1(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected bounds that are numbers, but got min 0x7FF8000000000000 : f64 and max 1.000000e+00 : f64; an infinite bound leaves a side open (clamp_c1)}}
  %y = fusion.clamp %x {min = 0x7FF8000000000000 : f64, max = 1.0 : f64} : tensor<2xf32>
  return
}

// -----
func.func @activation_grad_c1(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected the name of an activation, but got "swosh"; did you mean "swish"? (activation_grad_c1)}}
  %y = fusion.activation_grad "swosh" %x, %x : tensor<2xf32>
  return
}

// -----
func.func @activation_grad_c1_other_op(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected the name of an activation, but got "add"}}
  %y = fusion.activation_grad "add" %x, %x : tensor<2xf32>
  return
}

// -----
func.func @activation_grad_c2_missing(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected params to hold the f64 attribute "slope" of leaky_relu, but got {} (activation_grad_c2)}}
  %y = fusion.activation_grad "leaky_relu" %x, %x : tensor<2xf32>
  return
}

// -----
func.func @activation_grad_c2_extra(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected params to hold only attributes of relu, but got "slope"; remove it (activation_grad_c2)}}
  %y = fusion.activation_grad "relu" %x, %x {params = {slope = 1.0 : f64}} : tensor<2xf32>
  return
}

// -----
func.func @activation_grad_c2_value(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected bounds that are numbers}}
  %y = fusion.activation_grad "clamp" %x, %x {params = {min = 0x7FF8000000000000 : f64, max = 1.0 : f64}} : tensor<2xf32>
  return
}

// -----
func.func @sum_to_c1(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{expected dims to ascend from 0 to 2, but got array<i64: 2, 0>; list each summed dim once (sum_to_c1)}}
  %y = fusion.sum_to %x {dims = array<i64: 2, 0>} : tensor<2x3x4xf32> to tensor<3xf32>
  return
}

// -----
func.func @sum_to_c1_range(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{expected dims to ascend from 0 to 2, but got array<i64: 3>}}
  %y = fusion.sum_to %x {dims = array<i64: 3>} : tensor<2x3x4xf32> to tensor<3xf32>
  return
}

// -----
func.func @sum_to_c2(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{expected a result that broadcasts to 'tensor<2x3x4xf32>', but got 'tensor<3xf32>'; or list the summed dims in `dims` (sum_to_c2)}}
  %y = fusion.sum_to %x : tensor<2x3x4xf32> to tensor<3xf32>
  return
}

// -----
func.func @sum_to_c3(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<3xf32>', but got 'tensor<4xf32>'; summed dims are dropped (sum_to_c3)}}
  %y = fusion.sum_to %x {dims = array<i64: 0, 2>} : tensor<2x3x4xf32> to tensor<4xf32>
  return
}

// -----
func.func @norm_c1(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected x to have rank 2 or more ([N, C, ...]), but got 'tensor<4xf32>' (norm_c1)}}
  %y = fusion.group_norm %x {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----
func.func @norm_c2(%x: tensor<2x6x5xf32>) {
  // expected-error@+1 {{expected groups that divide 6 channels, but got 4; 1 normalises over all channels together (norm_c2)}}
  %y = fusion.group_norm %x {groups = 4 : i64, eps = 1.0e-5 : f64} : (tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  return
}

// -----
func.func @norm_c2_stats(%x: tensor<2x6x5xf32>) {
  // expected-error@+1 {{expected groups that divide 6 channels, but got -1}}
  %m, %r = fusion.group_stats %x {groups = -1 : i64, eps = 1.0e-5 : f64} : (tensor<2x6x5xf32>) -> (tensor<2x1xf32>, tensor<2x1xf32>)
  return
}

// -----
func.func @norm_c2_normalize(%x: tensor<2x6x5xf32>, %s: tensor<2x4xf32>) {
  // expected-error@+1 {{expected groups that divide 6 channels, but got 4}}
  %y = fusion.normalize %x stats %s, %s : (tensor<2x6x5xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x6x5xf32>
  return
}

// -----
func.func @norm_c3_nan(%x: tensor<2x6x5xf32>) {
  // expected-error@+1 {{expected eps to be finite and not negative, but got 0x7FF8000000000000 : f64; PyTorch's default is 1e-5 (norm_c3)}}
  %y = fusion.group_norm %x {groups = 2 : i64, eps = 0x7FF8000000000000 : f64} : (tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  return
}

// -----
func.func @norm_c3_negative(%x: tensor<2x6x5xf32>) {
  // expected-error@+1 {{expected eps to be finite and not negative, but got -1.000000e-05 : f64}}
  %y = fusion.group_norm %x {groups = 2 : i64, eps = -1.0e-5 : f64} : (tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  return
}

// -----
func.func @norm_c3_infinite(%x: tensor<2x6x5xf32>) {
  // expected-error@+1 {{expected eps to be finite and not negative, but got 0x7FF0000000000000 : f64}}
  %m, %r = fusion.group_stats %x {groups = 2 : i64, eps = 0x7FF0000000000000 : f64} : (tensor<2x6x5xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>)
  return
}

// -----
func.func @norm_c4(%x: tensor<2x6x5xf32>, %g: tensor<2xf32>) {
  // expected-error@+1 {{expected gamma to have shape [6], one entry per channel, but got 'tensor<2xf32>'; it is per channel, not per group (norm_c4)}}
  %y = fusion.group_norm %x affine %g, %g {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<2x6x5xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x6x5xf32>
  return
}

// -----
func.func @norm_c4_alone(%x: tensor<2x6x5xf32>, %g: tensor<6xf32>) {
  // expected-error@+1 {{expected gamma and beta together or neither, but got gamma alone (norm_c4)}}
  %y = "fusion.group_norm"(%x, %g) {groups = 2 : i64, eps = 1.0e-5 : f64, operandSegmentSizes = array<i32: 1, 1, 0>} : (tensor<2x6x5xf32>, tensor<6xf32>) -> tensor<2x6x5xf32>
  return
}

// -----
func.func @norm_c4_grad(%x: tensor<2x6x5xf32>, %s: tensor<2x2xf32>, %g: tensor<2xf32>) {
  // expected-error@+1 {{expected gamma to have shape [6]}}
  %y = fusion.normalize_grad %x, %x stats %s, %s affine %g : (tensor<2x6x5xf32>, tensor<2x6x5xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x6x5xf32>
  return
}

// -----
func.func @norm_c5(%x: tensor<2x6x5xf32>) {
  // expected-error@+1 {{expected the result to have x's type 'tensor<2x6x5xf32>', but got 'tensor<2x6x4xf32>' (norm_c5)}}
  %y = fusion.group_norm %x {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<2x6x5xf32>) -> tensor<2x6x4xf32>
  return
}

// -----
func.func @norm_c5_grad(%x: tensor<2x6x5xf32>, %dy: tensor<2x6x4xf32>, %s: tensor<2x2xf32>) {
  // expected-error@+1 {{expected dy to have x's type 'tensor<2x6x5xf32>', but got 'tensor<2x6x4xf32>' (norm_c5)}}
  %y = fusion.normalize_grad %dy, %x stats %s, %s : (tensor<2x6x4xf32>, tensor<2x6x5xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x6x5xf32>
  return
}

// -----
func.func @norm_c6(%x: tensor<2x6x5xf32>) {
  // expected-error@+1 {{expected mean and rstd of type 'tensor<2x2xf32>', but got 'tensor<2x3xf32>' and 'tensor<2x2xf32>'; they are [N, groups] (norm_c6)}}
  %m, %r = fusion.group_stats %x {groups = 2 : i64, eps = 1.0e-5 : f64} : (tensor<2x6x5xf32>) -> (tensor<2x3xf32>, tensor<2x2xf32>)
  return
}

// -----
func.func @norm_c6_normalize(%x: tensor<2x6x5xf32>, %m: tensor<2x2xf32>, %r: tensor<1x2xf32>) {
  // expected-error@+1 {{expected mean and rstd of type 'tensor<2x2xf32>', but got 'tensor<2x2xf32>' and 'tensor<1x2xf32>'}}
  %y = fusion.normalize %x stats %m, %r : (tensor<2x6x5xf32>, tensor<2x2xf32>, tensor<1x2xf32>) -> tensor<2x6x5xf32>
  return
}
