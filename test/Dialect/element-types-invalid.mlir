// Element types that do not go together (tensor_c3), and casts that are none (cast_c1).
// RUN: fusion-opt %s --split-input-file --verify-diagnostics

func.func @tensor_c3_operands(%x: tensor<?x4xbf16>, %y: tensor<?x4xf32>) {
  // expected-error@+1 {{expected one element type, but got 'tensor<?x4xbf16>' as operand 0 and 'tensor<?x4xf32>' as operand 1; convert one with fusion.cast (tensor_c3)}}
  %z = fusion.add %x, %y : (tensor<?x4xbf16>, tensor<?x4xf32>) -> tensor<?x4xbf16>
  return
}

// -----

func.func @tensor_c3_two_narrow_types(%x: tensor<?x4xbf16>, %y: tensor<f16>) {
  // expected-error@+1 {{expected one element type, but got 'tensor<?x4xbf16>' as operand 0 and 'tensor<f16>' as operand 1; convert one with fusion.cast (tensor_c3)}}
  %z = fusion.add %x, %y : (tensor<?x4xbf16>, tensor<f16>) -> tensor<?x4xbf16>
  return
}

// -----

func.func @tensor_c3_result(%x: tensor<?x4xbf16>) {
  // expected-error@+1 {{expected one element type, but got 'tensor<?x4xbf16>' as operand 0 and 'tensor<?x4xf32>' as result 0; convert one with fusion.cast (tensor_c3)}}
  %z = fusion.mul %x, %x : (tensor<?x4xbf16>, tensor<?x4xbf16>) -> tensor<?x4xf32>
  return
}

// -----

func.func @tensor_c3_weight(%x: tensor<?x4xf16>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{expected one element type, but got 'tensor<?x4xf16>' as operand 0 and 'tensor<3x4xf32>' as operand 1; convert one with fusion.cast (tensor_c3)}}
  %z = fusion.linear %x, %w : (tensor<?x4xf16>, tensor<3x4xf32>) -> tensor<?x3xf16>
  return
}

// -----

func.func @tensor_c3_data_of_a_narrow_gamma(%x: tensor<?x4x5xf32>, %g: tensor<4xbf16>) {
  // expected-error@+1 {{expected one element type, but got 'tensor<4xbf16>' as operand 1 and 'tensor<?x4x5xf32>' as operand 0; convert one with fusion.cast (tensor_c3)}}
  %z = fusion.group_norm %x affine %g, %g {groups = 2 : i64, eps = 1.0e-5} : (tensor<?x4x5xf32>, tensor<4xbf16>, tensor<4xbf16>) -> tensor<?x4x5xf32>
  return
}

// -----

func.func @tensor_c3_narrow_statistics(%x: tensor<3x4xbf16>) {
  // expected-error@+1 {{expected result 0 in f32, as statistics and counts are, but got 'tensor<3xbf16>' (tensor_c3)}}
  %mean, %variance = fusion.moments %x {dims = array<i64: 1>} : tensor<3x4xbf16> to tensor<3xbf16>
  return
}

// -----

func.func @tensor_c3_narrow_count(%x: tensor<?x4xbf16>) {
  // expected-error@+1 {{expected result 0 in f32, as statistics and counts are, but got 'tensor<bf16>' (tensor_c3)}}
  %n = fusion.count %x {dims = array<i64: 0>} : tensor<?x4xbf16> to tensor<bf16>
  return
}

// -----

func.func @tensor_c3_narrow_sum(%x: tensor<3x4xf32>) {
  // expected-error@+1 {{expected one element type, but got 'tensor<3xf16>' as result 0 and 'tensor<3x4xf32>' as operand 0; convert one with fusion.cast (tensor_c3)}}
  %s = fusion.sum %x {dims = array<i64: 1>} : tensor<3x4xf32> to tensor<3xf16>
  return
}

// -----

func.func @cast_c1(%x: tensor<3x4xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<3x4xf16>', but got 'tensor<12xf16>'; reshape does what cast does not (cast_c1)}}
  %y = fusion.cast %x : tensor<3x4xf32> to tensor<12xf16>
  return
}

// -----

func.func @constant_c2_f16() {
  // expected-error@+1 {{expected a value that is finite in 'f16', but got 6.552000e+04 : f64; use a representable one (constant_c2)}}
  %c = fusion.constant 65520.0 : tensor<f16>
  return
}

// -----

func.func @cast_of_double(%x: tensor<3xf64>) {
  // expected-error@+1 {{'fusion.cast' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<3xf64>'}}
  %y = fusion.cast %x : tensor<3xf64> to tensor<3xf32>
  return
}
