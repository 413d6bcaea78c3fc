// Every reduction and every change of shape: element types, ranks, dims.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @sum_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.sum' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.sum %x {dims = array<i64: 1>} : tensor<?x4x5xf64> to tensor<?x5xf64>
  return
}

// -----
func.func @sum_rank(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.sum' op expected a result of type 'tensor<?x5xf32>', but got 'tensor<?x4x5xf32>'; reduced dims are dropped, or become 1 with keepdim (reduction_c2)}}
  %y = fusion.sum %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x4x5xf32>
  return
}

// -----
func.func @sum_dims(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.sum' op expected dims to ascend from 0 to 2, but got array<i64: 3>; list each reduced dim once, at least one (reduction_c1)}}
  %y = fusion.sum %x {dims = array<i64: 3>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @sum_dims_are_no_number(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.sum' 'fusion.sum' op attribute 'dims' failed to satisfy constraint: i64 dense array attribute}}
  %y = fusion.sum %x {dims = 1 : i64} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @mean_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.mean' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.mean %x {dims = array<i64: 1>} : tensor<?x4x5xf64> to tensor<?x5xf64>
  return
}

// -----
func.func @mean_rank(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.mean' op expected a result of type 'tensor<?x5xf32>', but got 'tensor<?x4x5xf32>'; reduced dims are dropped, or become 1 with keepdim (reduction_c2)}}
  %y = fusion.mean %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x4x5xf32>
  return
}

// -----
func.func @mean_dims(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.mean' op expected dims to ascend from 0 to 2, but got array<i64: 3>; list each reduced dim once, at least one (reduction_c1)}}
  %y = fusion.mean %x {dims = array<i64: 3>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @mean_dims_are_no_number(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.mean' 'fusion.mean' op attribute 'dims' failed to satisfy constraint: i64 dense array attribute}}
  %y = fusion.mean %x {dims = 1 : i64} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @max_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.max' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.max %x {dims = array<i64: 1>} : tensor<?x4x5xf64> to tensor<?x5xf64>
  return
}

// -----
func.func @max_rank(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.max' op expected a result of type 'tensor<?x5xf32>', but got 'tensor<?x4x5xf32>'; reduced dims are dropped, or become 1 with keepdim (reduction_c2)}}
  %y = fusion.max %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x4x5xf32>
  return
}

// -----
func.func @max_dims(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.max' op expected dims to ascend from 0 to 2, but got array<i64: 3>; list each reduced dim once, at least one (reduction_c1)}}
  %y = fusion.max %x {dims = array<i64: 3>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @max_dims_are_no_number(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.max' 'fusion.max' op attribute 'dims' failed to satisfy constraint: i64 dense array attribute}}
  %y = fusion.max %x {dims = 1 : i64} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @min_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.min' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.min %x {dims = array<i64: 1>} : tensor<?x4x5xf64> to tensor<?x5xf64>
  return
}

// -----
func.func @min_rank(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.min' op expected a result of type 'tensor<?x5xf32>', but got 'tensor<?x4x5xf32>'; reduced dims are dropped, or become 1 with keepdim (reduction_c2)}}
  %y = fusion.min %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x4x5xf32>
  return
}

// -----
func.func @min_dims(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.min' op expected dims to ascend from 0 to 2, but got array<i64: 3>; list each reduced dim once, at least one (reduction_c1)}}
  %y = fusion.min %x {dims = array<i64: 3>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @min_dims_are_no_number(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.min' 'fusion.min' op attribute 'dims' failed to satisfy constraint: i64 dense array attribute}}
  %y = fusion.min %x {dims = 1 : i64} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @logsumexp_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.logsumexp' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.logsumexp %x {dims = array<i64: 1>} : tensor<?x4x5xf64> to tensor<?x5xf64>
  return
}

// -----
func.func @logsumexp_rank(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.logsumexp' op expected a result of type 'tensor<?x5xf32>', but got 'tensor<?x4x5xf32>'; reduced dims are dropped, or become 1 with keepdim (reduction_c2)}}
  %y = fusion.logsumexp %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x4x5xf32>
  return
}

// -----
func.func @logsumexp_dims(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.logsumexp' op expected dims to ascend from 0 to 2, but got array<i64: 3>; list each reduced dim once, at least one (reduction_c1)}}
  %y = fusion.logsumexp %x {dims = array<i64: 3>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @logsumexp_dims_are_no_number(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.logsumexp' 'fusion.logsumexp' op attribute 'dims' failed to satisfy constraint: i64 dense array attribute}}
  %y = fusion.logsumexp %x {dims = 1 : i64} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @variance_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.variance' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.variance %x {dims = array<i64: 1>} : tensor<?x4x5xf64> to tensor<?x5xf64>
  return
}

// -----
func.func @variance_rank(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.variance' op expected a result of type 'tensor<?x5xf32>', but got 'tensor<?x4x5xf32>'; reduced dims are dropped, or become 1 with keepdim (reduction_c2)}}
  %y = fusion.variance %x {dims = array<i64: 1>} : tensor<?x4x5xf32> to tensor<?x4x5xf32>
  return
}

// -----
func.func @variance_dims(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.variance' op expected dims to ascend from 0 to 2, but got array<i64: 3>; list each reduced dim once, at least one (reduction_c1)}}
  %y = fusion.variance %x {dims = array<i64: 3>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @variance_dims_are_no_number(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.variance' 'fusion.variance' op attribute 'dims' failed to satisfy constraint: i64 dense array attribute}}
  %y = fusion.variance %x {dims = 1 : i64} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @moments_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.moments' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %m, %v = fusion.moments %x {dims = array<i64: 1>} : tensor<?x4x5xf64> to tensor<?x5xf64>
  return
}

// -----
func.func @moments_dims(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.moments' op expected dims to ascend from 0 to 2, but got array<i64: 3>; list each reduced dim once, at least one (reduction_c1)}}
  %m, %v = fusion.moments %x {dims = array<i64: 3>} : tensor<?x4x5xf32> to tensor<?x5xf32>
  return
}

// -----
func.func @count_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.count' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %n = fusion.count %x {dims = array<i64: 0>} : tensor<?x4x5xf64> to tensor<f64>
  return
}

// -----
func.func @count_dims_are_no_number(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{custom op 'fusion.count' 'fusion.count' op attribute 'dims' failed to satisfy constraint: i64 dense array attribute}}
  %n = fusion.count %x {dims = 0 : i64} : tensor<?x4x5xf32> to tensor<f32>
  return
}

// -----
func.func @softmax_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.softmax' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.softmax %x {dims = array<i64: 1>} : tensor<?x4x5xf64>
  return
}

// -----
func.func @softmax_dims(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.softmax' op expected dims to ascend from 0 to 2, but got array<i64: 3>; list each reduced dim once, at least one (reduction_c1)}}
  %y = fusion.softmax %x {dims = array<i64: 3>} : tensor<?x4x5xf32>
  return
}

// -----
func.func @softmax_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.softmax' op failed to verify that all of {x, y} have same type}}
  %y = "fusion.softmax"(%x) {dims = array<i64: 1>} : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @log_softmax_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.log_softmax' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.log_softmax %x {dims = array<i64: 1>} : tensor<?x4x5xf64>
  return
}

// -----
func.func @log_softmax_dims(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.log_softmax' op expected dims to ascend from 0 to 2, but got array<i64: 3>; list each reduced dim once, at least one (reduction_c1)}}
  %y = fusion.log_softmax %x {dims = array<i64: 3>} : tensor<?x4x5xf32>
  return
}

// -----
func.func @log_softmax_to_another_shape(%x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.log_softmax' op failed to verify that all of {x, y} have same type}}
  %y = "fusion.log_softmax"(%x) {dims = array<i64: 1>} : (tensor<?x4x5xf32>) -> tensor<?x4x6xf32>
  return
}

// -----
func.func @extreme_grad_of_f64(%d: tensor<?x5xf64>, %x: tensor<?x4x5xf32>) {
  // expected-error@+1 {{'fusion.extreme_grad' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x5xf64>'}}
  %y = fusion.extreme_grad "max" %d, %x {dims = array<i64: 1>} : (tensor<?x5xf64>, tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @broadcast_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.broadcast' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.broadcast %x : tensor<?x4x5xf64> to tensor<?x4x5xf64>
  return
}

// -----
func.func @reshape_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.reshape' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.reshape %x : tensor<?x4x5xf64> to tensor<?x20xf64>
  return
}

// -----
func.func @sum_to_of_f64(%x: tensor<?x4x5xf64>) {
  // expected-error@+1 {{'fusion.sum_to' op operand #0 must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<?x4x5xf64>'}}
  %y = fusion.sum_to %x : tensor<?x4x5xf64> to tensor<4x1xf64>
  return
}
