// Every constraint of norms over trailing dims, of instance and of batch norms is diagnosed.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @trailing_c1(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{expected normalised_dims from 1 to 3, without the unknown batch, but got 3 for 'tensor<?x4x5xf32>' (trailing_c1)}}
  %y = fusion.layer_norm %x {normalised_dims = 3 : i64, eps = 1.0} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @trailing_c1_zero(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{but got 0}}
  %y = fusion.rms_norm %x {normalised_dims = 0 : i64, eps = 1.0} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @trailing_c2(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{expected gamma to have the type 'tensor<5xf32>' of the normalised dims, but got 'tensor<4xf32>' (trailing_c2)}}
  %y = fusion.layer_norm %x affine %c, %c {normalised_dims = 1 : i64, eps = 1.0} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @trailing_c2_beta(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{expected beta to have the type}}
  %y = fusion.layer_norm %x affine %w, %c {normalised_dims = 1 : i64, eps = 1.0} : (tensor<?x4x5xf32>, tensor<5xf32>, tensor<4xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @trailing_c2_alone(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{expected gamma and beta together or neither, but got gamma alone (trailing_c2)}}
  %y = "fusion.layer_norm"(%x, %w) {operandSegmentSizes = array<i32: 1, 1, 0>, normalised_dims = 1 : i64, eps = 1.0} : (tensor<?x4x5xf32>, tensor<5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @trailing_c2_rms(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(trailing_c2)}}
  %y = fusion.rms_norm %x affine %c {normalised_dims = 1 : i64, eps = 1.0} : (tensor<?x4x5xf32>, tensor<4xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @norm_c3_layer(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{expected eps to be finite and not negative, but got -1.000000e+00}}
  %y = fusion.layer_norm %x {normalised_dims = 1 : i64, eps = -1.0} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @norm_c3_rms(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(norm_c3)}}
  %y = fusion.rms_norm %x {normalised_dims = 1 : i64, eps = -1.0} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @norm_c3_instance(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(norm_c3)}}
  %y = fusion.instance_norm %x {eps = -1.0} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @norm_c3_batch(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(norm_c3)}}
  %y = fusion.batch_norm %x {eps = -1.0} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @norm_c5_layer(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(norm_c5)}}
  %y = fusion.layer_norm %x {normalised_dims = 1 : i64, eps = 1.0} : (tensor<?x4x5xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @norm_c5_rms(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(norm_c5)}}
  %y = fusion.rms_norm %x {normalised_dims = 1 : i64, eps = 1.0} : (tensor<?x4x5xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @norm_c5_instance(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(norm_c5)}}
  %y = fusion.instance_norm %x {eps = 1.0} : (tensor<?x4x5xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @norm_c5_batch(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(norm_c5)}}
  %y = fusion.batch_norm %x {eps = 1.0} : (tensor<?x4x5xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @norm_c4_instance(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(norm_c4)}}
  %y = fusion.instance_norm %x affine %w, %w {eps = 1.0} : (tensor<?x4x5xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @norm_c4_batch(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{(norm_c4)}}
  %y = fusion.batch_norm %x affine %w, %w {eps = 1.0} : (tensor<?x4x5xf32>, tensor<5xf32>, tensor<5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @norm_c1_batch(%x: tensor<4xf32>) {
  // expected-error@+1 {{(norm_c1)}}
  %y = fusion.batch_norm %x {eps = 1.0} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----
func.func @instance_norm_c1(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected x [N, C, spatial...] with more than one position per channel, but got 'tensor<2x4xf32>'; its normalised values would all be 0 (instance_norm_c1)}}
  %y = fusion.instance_norm %x {eps = 1.0} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return
}

// -----
func.func @instance_norm_c1_point(%x: tensor<2x4x1xf32>) {
  // expected-error@+1 {{(instance_norm_c1)}}
  %y = fusion.instance_norm %x {eps = 1.0} : (tensor<2x4x1xf32>) -> tensor<2x4x1xf32>
  return
}

// -----
func.func @batch_norm_c1(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{expected running statistics of type 'tensor<4xf32>', but got none; inference normalises with them (batch_norm_c1)}}
  %y = fusion.batch_norm %x {eps = 1.0, inference} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @batch_norm_c1_type(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{but got 'tensor<4xf32>' and 'tensor<5xf32>' (batch_norm_c1)}}
  %y:3 = fusion.batch_norm %x running %c, %w {eps = 1.0} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<5xf32>) -> (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>)
  return
}

// -----
func.func @batch_norm_c1_one(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{but got one of them (batch_norm_c1)}}
  %y = "fusion.batch_norm"(%x, %c) {operandSegmentSizes = array<i32: 1, 0, 0, 1, 0>, eps = 1.0} : (tensor<?x4x5xf32>, tensor<4xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @batch_norm_c2(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{expected 2 updated running statistics of type 'tensor<4xf32>' behind the result, but got () (batch_norm_c2)}}
  %y = fusion.batch_norm %x running %c, %c {eps = 1.0} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @batch_norm_c2_inference(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{expected 0 updated running statistics}}
  %y:3 = fusion.batch_norm %x running %c, %c {eps = 1.0, inference} : (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<?x4x5xf32>, tensor<4xf32>, tensor<4xf32>)
  return
}

// -----
func.func @batch_norm_c3(%x: tensor<?x4x5xf32>, %c: tensor<4xf32>, %w: tensor<5xf32>) {
  // expected-error@+1 {{expected a finite momentum, but got 0x7FF8000000000000 : f64; PyTorch's default is 0.1 (batch_norm_c3)}}
  %y = fusion.batch_norm %x {eps = 1.0, momentum = 0x7FF8000000000000 : f64} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @batch_norm_c4(%x: tensor<1x4xf32>) {
  // expected-error@+1 {{expected more than one value per channel, but got 'tensor<1x4xf32>'; use inference (batch_norm_c4)}}
  %y = fusion.batch_norm %x {eps = 1.0} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return
}
