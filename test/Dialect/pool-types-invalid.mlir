// Every pool and its gradient: element types, ranks, windows.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @max_pool_of_f64(%x: tensor<?x4x8x8xf64>) {
  // expected-error@+1 {{'fusion.max_pool' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = fusion.max_pool %x {kernel = array<i64: 2, 2>} : tensor<?x4x8x8xf64> to tensor<?x4x4x4xf64>
  return
}

// -----
func.func @max_pool_rank(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{'fusion.max_pool' op expected x to have rank 3, 4 or 5 ([N, C, spatial...]), but got 'tensor<?x4xf32>'; reshape features [N, F] to [N, 1, F], and a picture without a batch to [1, C, ...] (pool_c1)}}
  %y = fusion.max_pool %x {kernel = array<i64: 2, 2>} : tensor<?x4xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @max_pool_attribute(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.max_pool' op requires attribute 'kernel'}}
  %y = "fusion.max_pool"(%x) : (tensor<?x4x8x8xf32>) -> tensor<?x4x4x4xf32>
  return
}

// -----
func.func @max_pool_grad_of_f64(%d: tensor<?x4x4x4xf64>, %x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.max_pool_grad' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x4x4xf64>'}}
  %y = "fusion.max_pool_grad"(%d, %x) {kernel = array<i64: 2, 2>} : (tensor<?x4x4x4xf64>, tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @max_pool_grad_attribute(%d: tensor<?x4x4x4xf32>, %x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.max_pool_grad' op requires attribute 'kernel'}}
  %y = "fusion.max_pool_grad"(%d, %x) : (tensor<?x4x4x4xf32>, tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @avg_pool_of_f64(%x: tensor<?x4x8x8xf64>) {
  // expected-error@+1 {{'fusion.avg_pool' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = fusion.avg_pool %x {kernel = array<i64: 2, 2>} : tensor<?x4x8x8xf64> to tensor<?x4x4x4xf64>
  return
}

// -----
func.func @avg_pool_rank(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{'fusion.avg_pool' op expected x to have rank 3, 4 or 5 ([N, C, spatial...]), but got 'tensor<?x4xf32>'; reshape features [N, F] to [N, 1, F], and a picture without a batch to [1, C, ...] (pool_c1)}}
  %y = fusion.avg_pool %x {kernel = array<i64: 2, 2>} : tensor<?x4xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @avg_pool_attribute(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.avg_pool' op requires attribute 'kernel'}}
  %y = "fusion.avg_pool"(%x) : (tensor<?x4x8x8xf32>) -> tensor<?x4x4x4xf32>
  return
}

// -----
func.func @avg_pool_grad_of_f64(%d: tensor<?x4x4x4xf64>) {
  // expected-error@+1 {{'fusion.avg_pool_grad' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x4x4xf64>'}}
  %y = "fusion.avg_pool_grad"(%d) {kernel = array<i64: 2, 2>} : (tensor<?x4x4x4xf64>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @avg_pool_grad_attribute(%d: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{'fusion.avg_pool_grad' op requires attribute 'kernel'}}
  %y = "fusion.avg_pool_grad"(%d) : (tensor<?x4x4x4xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @adaptive_avg_pool_of_f64(%x: tensor<?x4x8x8xf64>) {
  // expected-error@+1 {{'fusion.adaptive_avg_pool' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x8x8xf64>'}}
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 4, 4>} : tensor<?x4x8x8xf64> to tensor<?x4x4x4xf64>
  return
}

// -----
func.func @adaptive_avg_pool_rank(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{'fusion.adaptive_avg_pool' op expected x to have rank 3, 4 or 5 ([N, C, spatial...]), but got 'tensor<?x4xf32>'; reshape features [N, F] to [N, 1, F], and a picture without a batch to [1, C, ...] (pool_c1)}}
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 4, 4>} : tensor<?x4xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @adaptive_avg_pool_attribute(%x: tensor<?x4x8x8xf32>) {
  // expected-error@+1 {{'fusion.adaptive_avg_pool' op requires attribute 'output_size'}}
  %y = "fusion.adaptive_avg_pool"(%x) : (tensor<?x4x8x8xf32>) -> tensor<?x4x4x4xf32>
  return
}

// -----
func.func @adaptive_avg_pool_grad_of_f64(%d: tensor<?x4x4x4xf64>) {
  // expected-error@+1 {{'fusion.adaptive_avg_pool_grad' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x4x4xf64>'}}
  %y = "fusion.adaptive_avg_pool_grad"(%d) {output_size = array<i64: 4, 4>} : (tensor<?x4x4x4xf64>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @adaptive_avg_pool_grad_attribute(%d: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{'fusion.adaptive_avg_pool_grad' op requires attribute 'output_size'}}
  %y = "fusion.adaptive_avg_pool_grad"(%d) : (tensor<?x4x4x4xf32>) -> tensor<?x4x8x8xf32>
  return
}
