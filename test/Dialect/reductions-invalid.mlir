// Every constraint of reductions, softmaxes, shapes and dropout is diagnosed.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @reduction_c1(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected dims to ascend from 0 to 1, but got array<i64: 1, 0>; list each reduced dim once, at least one (reduction_c1)}}
  %y = fusion.sum %x {dims = array<i64: 1, 0>} : tensor<2x4xf32> to tensor<f32>
  return
}

// -----
func.func @reduction_c1_none(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{at least one (reduction_c1)}}
  %y = fusion.max %x {dims = array<i64>} : tensor<2x4xf32> to tensor<2x4xf32>
  return
}

// -----
func.func @reduction_c1_rank(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{(reduction_c1)}}
  %y = fusion.softmax %x {dims = array<i64: 2>} : tensor<2x4xf32>
  return
}

// -----
func.func @reduction_c1_count(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{(reduction_c1)}}
  %y = fusion.count %x {dims = array<i64: -1>} : tensor<2x4xf32> to tensor<f32>
  return
}

// -----
func.func @reduction_c1_log_softmax(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{(reduction_c1)}}
  %y = fusion.log_softmax %x {dims = array<i64: 1, 1>} : tensor<2x4xf32>
  return
}

// -----
func.func @reduction_c2(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<?x5xf32>', but got 'tensor<?x4xf32>'; reduced dims are dropped, or become 1 with keepdim (reduction_c2)}}
  %y = fusion.mean %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x4xf32>
  return
}

// -----
func.func @reduction_c2_keepdim(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<?x1x5xf32>', but got 'tensor<?x5xf32>'}}
  %y = fusion.sum %x {dims = array<i64: 1>, keepdim} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @reduction_c2_moments(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<4x5xf32>', but got 'tensor<?x5xf32>'}}
  %m, %v = fusion.moments %x {dims = array<i64: 0>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @reduction_c2_min(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{(reduction_c2)}}
  %y = fusion.min %x {dims = array<i64: 1>} : tensor<2x4xf32> to tensor<4xf32>
  return
}

// -----
func.func @reduction_c3(%x: tensor<0x4xf32>) {
  // expected-error@+1 {{expected an element to reduce, but got none in dim 0 of 'tensor<0x4xf32>' (reduction_c3)}}
  %y = fusion.max %x {dims = array<i64: 0>} : tensor<0x4xf32> to tensor<4xf32>
  return
}

// -----
func.func @reduction_c3_min(%x: tensor<0x4xf32>) {
  // expected-error@+1 {{(reduction_c3)}}
  %y = fusion.min %x {dims = array<i64: 0>} : tensor<0x4xf32> to tensor<4xf32>
  return
}

// -----
func.func @reduction_c3_logsumexp(%x: tensor<0x4xf32>) {
  // expected-error@+1 {{(reduction_c3)}}
  %y = fusion.logsumexp %x {dims = array<i64: 0, 1>} : tensor<0x4xf32> to tensor<f32>
  return
}

// -----
func.func @reduction_c3_softmax(%x: tensor<0x4xf32>) {
  // expected-error@+1 {{(reduction_c3)}}
  %y = fusion.softmax %x {dims = array<i64: 0>} : tensor<0x4xf32>
  return
}

// -----
func.func @variance_c1(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected a finite correction, but got 0x7FF0000000000000 : f64; PyTorch's default is 1.0 (variance_c1)}}
  %y = fusion.variance %x {dims = array<i64: 1>, correction = 0x7FF0000000000000 : f64} : tensor<2x4xf32> to tensor<2xf32>
  return
}

// -----
func.func @count_c1(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected a result of type tensor<f32>, but got 'tensor<2xf32>' (count_c1)}}
  %y = fusion.count %x {dims = array<i64: 1>} : tensor<2x4xf32> to tensor<2xf32>
  return
}

// -----
func.func @extreme_grad_c1(%x: tensor<2x4xf32>, %dy: tensor<2xf32>) {
  // expected-error@+1 {{expected max or min, but got "most" (extreme_grad_c1)}}
  %y = fusion.extreme_grad "most" %dy, %x {dims = array<i64: 1>} : (tensor<2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----
func.func @extreme_grad_c2(%x: tensor<2x4xf32>, %dy: tensor<2xf32>) {
  // expected-error@+1 {{expected dy to have the reduction's type 'tensor<2x1xf32>', but got 'tensor<2xf32>' (extreme_grad_c2)}}
  %y = fusion.extreme_grad "max" %dy, %x {dims = array<i64: 1>, keepdim} : (tensor<2xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----
func.func @extreme_grad_c2_empty(%x: tensor<0x4xf32>, %dy: tensor<4xf32>) {
  // expected-error@+1 {{(reduction_c3)}}
  %y = fusion.extreme_grad "min" %dy, %x {dims = array<i64: 0>} : (tensor<4xf32>, tensor<0x4xf32>) -> tensor<0x4xf32>
  return
}

// -----
func.func @reshape_c1(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{expected an unknown batch in both shapes or in neither, but got 'tensor<?x4x5xf32>' and 'tensor<2x20xf32>'; a batch cannot come from nowhere (reshape_c1)}}
  %y = fusion.reshape %x : tensor<?x4x5xf32> to tensor<2x20xf32>
  return
}

// -----
func.func @reshape_c2(%x: tensor<2x6xf32>) {
  // expected-error@+1 {{expected as many elements as 'tensor<2x6xf32>' has, but got 'tensor<4x4xf32>'; 12 are not 16 (reshape_c2)}}
  %y = fusion.reshape %x : tensor<2x6xf32> to tensor<4x4xf32>
  return
}

// -----
func.func @reshape_c2_batch(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{20 per image are not 3 (reshape_c2)}}
  %y = fusion.reshape %x : tensor<?x4x5xf32> to tensor<?x3xf32>
  return
}

// -----
func.func @broadcast_c1(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected a result that 'tensor<4xf32>' broadcasts to from the right, but got 'tensor<?x4x5xf32>'; reshape the operand to put extents of 1 where it repeats (broadcast_c1)}}
  %y = fusion.broadcast %x : tensor<4xf32> to tensor<?x4x5xf32>
  return
}

// -----
func.func @broadcast_c1_smaller(%x: tensor<4x5xf32>) {
  // expected-error@+1 {{(broadcast_c1)}}
  %y = fusion.broadcast %x : tensor<4x5xf32> to tensor<4x1xf32>
  return
}

// -----
func.func @dropout_c1(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected a probability from 0 to 1, but got 1.500000e+00 : f64 (dropout_c1)}}
  %y = fusion.dropout %x {p = 1.5 : f64, seed = 0 : i64, offset = 0 : i64} : tensor<4xf32>
  return
}

// -----
func.func @dropout_c1_nan(%x: tensor<4xf32>) {
  // expected-error@+1 {{(dropout_c1)}}
  %y = fusion.dropout %x {p = 0x7FF8000000000000 : f64, seed = 0 : i64, offset = 0 : i64} : tensor<4xf32>
  return
}

// -----
func.func @within_c1(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{expected a spatial dim of 'tensor<2x3x4xf32>', at least 2, but got 1 (within_c1)}}
  %y = fusion.within %x {dim = 1 : i64, from = 0 : i64, to = 1 : i64} : tensor<2x3x4xf32>
  return
}

// -----
func.func @within_c1_rank(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{(within_c1)}}
  %y = fusion.within %x {dim = 3 : i64, from = 0 : i64, to = 1 : i64} : tensor<2x3x4xf32>
  return
}

// -----
func.func @within_c2(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{expected 0 <= from <= to <= 4, the extent of dim 2, but got 1 and 5 (within_c2)}}
  %y = fusion.within %x {dim = 2 : i64, from = 1 : i64, to = 5 : i64} : tensor<2x3x4xf32>
  return
}

// -----
func.func @within_c2_order(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{(within_c2)}}
  %y = fusion.within %x {dim = 2 : i64, from = 3 : i64, to = 2 : i64} : tensor<2x3x4xf32>
  return
}

// -----
func.func @ternary_c1_standardize(%x: tensor<4xf32>, %m: tensor<3xf32>) {
  // expected-error@+1 {{(ternary_c1)}}
  %y = fusion.standardize %x stats %m, %m : (tensor<4xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<4xf32>
  return
}
