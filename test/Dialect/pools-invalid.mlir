// Every constraint of pools and their gradients is diagnosed.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @pool_c1(%x: tensor<?x6xf32>) {
  // expected-error@+1 {{expected x to have rank 3, 4 or 5 ([N, C, spatial...]), but got 'tensor<?x6xf32>'; reshape features [N, F] to [N, 1, F], and a picture without a batch to [1, C, ...] (pool_c1)}}
  %y = fusion.max_pool %x {kernel = array<i64: 2>} : tensor<?x6xf32> to tensor<?x3xf32>
  return
}

// -----
func.func @pool_c1_adaptive(%x: tensor<?x6xf32>) {
  // expected-error@+1 {{(pool_c1)}}
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64>} : tensor<?x6xf32> to tensor<?x6xf32>
  return
}

// -----
func.func @pool_c2(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected kernel to have 2 entries, one per spatial dim, but got [2] (pool_c2)}}
  %y = fusion.max_pool %x {kernel = array<i64: 2>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c2_stride(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected stride to have 2 entries}}
  %y = fusion.avg_pool %x {kernel = array<i64: 2, 2>, stride = array<i64: 2>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c2_dilation(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected dilation to have 2 entries}}
  %y = fusion.max_pool %x {kernel = array<i64: 2, 2>, dilation = array<i64: 2, 1, 1>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c3(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected kernel entries from 1 to 2147483647, but got [2, 0] (pool_c3)}}
  %y = fusion.max_pool %x {kernel = array<i64: 2, 0>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c3_stride(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected stride entries from 1}}
  %y = fusion.avg_pool %x {kernel = array<i64: 2, 2>, stride = array<i64: 0, 2>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c4(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected padding entries from 0 to 2147483647, but got [0, -1] (pool_c4)}}
  %y = fusion.max_pool %x {kernel = array<i64: 2, 2>, padding = array<i64: 0, -1>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c4_half(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected padding of at most half the window, but got 2 for a window of reach 2; a window would lie outside the input (pool_c4)}}
  %y = fusion.avg_pool %x {kernel = array<i64: 2, 2>, padding = array<i64: 2, 0>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c4_dilated(%x: tensor<?x4x1xf32>) {
  // expected-error@+1 {{expected an element in every window, but got one of padding alone in spatial dim 0; reduce the padding or the dilation (pool_c4)}}
  %y = fusion.max_pool %x {kernel = array<i64: 2>, dilation = array<i64: 3>, padding = array<i64: 2>, stride = array<i64: 1>} : tensor<?x4x1xf32> to tensor<?x4x2xf32>
  return
}

// -----
func.func @pool_c5(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected an output extent of at least 1, but got none in spatial dim 0: a window of reach 9 with padding 0 over extent 8; enlarge the input or the padding (pool_c5)}}
  %y = fusion.max_pool %x {kernel = array<i64: 9, 2>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c6(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected the result to have shape [?, 4, 3, 3], but got 'tensor<?x4x4x4xf32>'; correct it or the window attributes (pool_c6)}}
  %y = fusion.max_pool %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c6_adaptive(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected the result to have shape [?, 4, 2, 4]}}
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 2, 4>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c7(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected a divisor_override of at least 1, but got 0; leave it out for a mean (pool_c7)}}
  %y = fusion.avg_pool %x {kernel = array<i64: 2, 2>, divisor_override = 0 : i64} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c7_gradient(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{but got -1; leave it out for a mean (pool_c7)}}
  %y = fusion.avg_pool_grad %dy {kernel = array<i64: 2, 2>, divisor_override = -1 : i64} : tensor<?x4x4x4xf32> to tensor<?x4x8x8xf32>
  return
}

// -----
func.func @pool_c8(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected output_size to have 2 entries of at least 1, one per spatial dim, but got [4] (pool_c8)}}
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 4>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_c8_zero(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{(pool_c8)}}
  %y = fusion.adaptive_avg_pool %x {output_size = array<i64: 0, 4>} : tensor<?x4x8x8xf32> to tensor<?x4x4x4xf32>
  return
}

// -----
func.func @pool_grad_c1(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected dy to have shape [?, 4, 2, 2], but got 'tensor<?x4x4x4xf32>'}}
  %y = fusion.max_pool_grad %dy, %x {kernel = array<i64: 3, 3>} : (tensor<?x4x4x4xf32>, tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32>
  return
}

// -----
func.func @pool_grad_c1_avg(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected dy to have shape [?, 4, 2, 2]}}
  %y = fusion.avg_pool_grad %dy {kernel = array<i64: 3, 3>} : tensor<?x4x4x4xf32> to tensor<?x4x8x8xf32>
  return
}

// -----
func.func @pool_grad_c1_adaptive(%x: tensor<?x4x8x8xf32>, %dy: tensor<?x4x4x4xf32>) {
  // expected-error@+1 {{expected dy to have shape [?, 4, 2, 2]}}
  %y = fusion.adaptive_avg_pool_grad %dy {output_size = array<i64: 2, 2>} : tensor<?x4x4x4xf32> to tensor<?x4x8x8xf32>
  return
}
