// Every stage, and what ends their regions: element types, attributes, and where terminators may stand.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @map_of_f64(%x: tensor<?x4x8xf64>) {
  // expected-error@+1 {{'fusion.map' op operand #0 must be variadic of ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8xf64>'}}
  %y = fusion.map(%x) over [?, 4, 8] attributes {access = [affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>], result_access = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>} : (tensor<?x4x8xf64>) -> tensor<?x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
func.func @yield_outside_a_map(%x: tensor<?x4x8xf32>) {
  %c = arith.constant 1.0 : f32
  // expected-error@+1 {{'fusion.yield' op expects parent op 'fusion.map'}}
  fusion.yield %c : f32
  return
}

// -----
func.func @yield_of_f64(%x: tensor<?x4x8xf32>) {
  %y = fusion.map(%x) over [?, 4, 8] attributes {access = [affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>], result_access = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>} : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  ^bb0(%a: f32):
    %b = arith.extf %a : f32 to f64
    // expected-error@+1 {{'fusion.yield' op operand #0 must be 32-bit float, but got 'f64'}}
    fusion.yield %b : f64
  }
  return
}

// -----
func.func @uniform_outside_a_map() {
  // expected-error@+1 {{'fusion.uniform' op expects parent op 'fusion.map'}}
  %u = fusion.uniform {seed = 1 : i64, offset = 0 : i64} : f32
  return
}

// -----
func.func @uniform_of_f64(%x: tensor<?x4x8xf32>) {
  %y = fusion.map(%x) over [?, 4, 8] attributes {access = [affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>], result_access = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>} : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  ^bb0(%a: f32):
    // expected-error@+1 {{'fusion.uniform' op result #0 must be 32-bit float, but got 'f64'}}
    %u = "fusion.uniform"() {seed = 1 : i64, offset = 0 : i64} : () -> f64
    fusion.yield %a : f32
  }
  return
}

// -----
func.func @uniform_without_a_seed(%x: tensor<?x4x8xf32>) {
  %y = fusion.map(%x) over [?, 4, 8] attributes {access = [affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>], result_access = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>} : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  ^bb0(%a: f32):
    // expected-error@+1 {{'fusion.uniform' op requires attribute 'seed'}}
    %u = "fusion.uniform"() {offset = 0 : i64} : () -> f32
    fusion.yield %a : f32
  }
  return
}

// -----
func.func @uniform_seed_is_a_number(%x: tensor<?x4x8xf32>) {
  %y = fusion.map(%x) over [?, 4, 8] attributes {access = [affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>], result_access = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>} : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  ^bb0(%a: f32):
    // expected-error@+1 {{'fusion.uniform' op attribute 'seed' failed to satisfy constraint: 64-bit signless integer attribute}}
    %u = "fusion.uniform"() {seed = 0.5 : f64, offset = 0 : i64} : () -> f32
    fusion.yield %a : f32
  }
  return
}

// -----
func.func @reduce_of_f64(%x: tensor<?x4x8xf64>) {
  // expected-error@+1 {{'fusion.reduce' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8xf64>'}}
  %m, %v = fusion.reduce moments %x over [?, 4, 8] attributes {access = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>, result_access = affine_map<(n, c, p) -> (n * 2 + c floordiv 2)>} : (tensor<?x4x8xf64>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  return
}

// -----
func.func @partial_of_f64(%x: tensor<?x4x8xf64>) {
  // expected-error@+1 {{'fusion.partial' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8xf64>'}}
  %p = fusion.partial moments tiles_inner %x over [?, 4, 8] : (tensor<?x4x8xf64>) -> tensor<3x4x?xf32>
  return
}

// -----
func.func @finish_of_f64(%p: tensor<3x4x?xf64>) {
  // expected-error@+1 {{'fusion.finish' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<3x4x?xf64>'}}
  %m, %v = fusion.finish moments tiles_inner %p over [?, 4, 8] attributes {result_access = affine_map<(n, c, p) -> (n * 2 + c floordiv 2)>} : (tensor<3x4x?xf64>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  return
}

// -----
func.func @pool_of_f64(%x: tensor<?x4x8xf64>) {
  // expected-error@+1 {{'fusion.pool' op operand #0 must be variadic of ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8xf64>'}}
  %y = fusion.pool max(%x) {kernel = array<i64: 2>, stride = array<i64: 2>, padding = array<i64: 0>, dilation = array<i64: 1>} : (tensor<?x4x8xf64>) -> tensor<?x4x4xf32>
  return
}

// -----
func.func @contract_of_f64(%a: tensor<?x8xf64>, %b: tensor<8x4xf32>) {
  // expected-error@+1 {{'fusion.contract' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x8xf64>'}}
  %y = fusion.contract matmul %a, %b : (tensor<?x8xf64>, tensor<8x4xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @kernel_of_f64(%x: tensor<?x4x8xf64>) {
  // expected-error@+1 {{'fusion.kernel' op operand #0 must be variadic of ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8xf64>'}}
  %y = fusion.kernel "k" "channels"(%x) : (tensor<?x4x8xf64>) -> tensor<?x4x8xf32> {
  ^bb0(%a: tensor<?x4x8xf64>):
    fusion.return %a : tensor<?x4x8xf64>
  }
  return
}

// -----
func.func @return_outside_a_kernel(%x: tensor<?x4x8xf32>) {
  // expected-error@+1 {{'fusion.return' op expects parent op 'fusion.kernel'}}
  fusion.return %x : tensor<?x4x8xf32>
  return
}

// -----

func.func @f(%w: tensor<4x6x3xf32>) -> tensor<4x6x3xf32> {
  %p = fusion.kernel "k" "pack"(%w) : (tensor<4x6x3xf32>) -> tensor<4x6x3xf32> {
  ^bb0(%a: tensor<4x6x3xf32>):
    // expected-error@+1 {{expected a static f32 tensor of rank 3 to 5 whose reduction channels are a multiple of four, but got 'tensor<4x6x3xf32>' in 1 groups (pack_c2)}}
    %b = fusion.pack gather %a : tensor<4x6x3xf32>
    fusion.return %b : tensor<4x6x3xf32>
  }
  return %p : tensor<4x6x3xf32>
}

// -----

func.func @f(%w: tensor<4x8x3xf32>) -> tensor<4x8x3xf32> {
  %p = fusion.kernel "k" "pack"(%w) : (tensor<4x8x3xf32>) -> tensor<4x8x3xf32> {
  ^bb0(%a: tensor<4x8x3xf32>):
    // expected-error@+1 {{expected the kind gather or scatter, but got weight (pack_c1)}}
    %b = fusion.pack weight %a : tensor<4x8x3xf32>
    fusion.return %b : tensor<4x8x3xf32>
  }
  return %p : tensor<4x8x3xf32>
}

// -----

func.func @f(%w: tensor<4x8x3xf32>) -> tensor<4x8x3xf32> {
  // expected-error@+1 {{expected one fusion.pack and nothing else where the strategy is pack, and none elsewhere, but got the strategy 'channels' (kernel_c7)}}
  %p = fusion.kernel "k" "channels"(%w) : (tensor<4x8x3xf32>) -> tensor<4x8x3xf32> {
  ^bb0(%a: tensor<4x8x3xf32>):
    %b = fusion.pack gather %a : tensor<4x8x3xf32>
    fusion.return %b : tensor<4x8x3xf32>
  }
  return %p : tensor<4x8x3xf32>
}

// -----

func.func @f(%s: tensor<2x4x5xf32>, %l: tensor<2x8x7xf32>) -> tensor<4x8x3xf32> {
  // expected-error@+1 {{expected packed weights of a gather or scatter only, but got weight (contract_c9)}}
  %0 = fusion.contract weight %s, %l {packed, stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>} : (tensor<2x4x5xf32>, tensor<2x8x7xf32>) -> tensor<4x8x3xf32>
  return %0 : tensor<4x8x3xf32>
}
