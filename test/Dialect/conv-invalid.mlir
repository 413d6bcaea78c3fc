// Every constraint of convolutions (conv_c1 to conv_c11 and those of their gradients) and of tensors is diagnosed.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @conv_c1(%x: tensor<2x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error@+1 {{expected x to have rank 3, 4 or 5 ([N, C, spatial...]), but got 'tensor<2x3xf32>'; use linear for matrix products (conv_c1)}}
  %y = fusion.conv %x, %w : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return
}

// -----
func.func @conv_c1_rank6(%x: tensor<1x1x1x1x1x1xf32>, %w: tensor<1x1x1x1x1x1xf32>) {
  // expected-error@+1 {{expected x to have rank 3, 4 or 5 ([N, C, spatial...]), but got 'tensor<1x1x1x1x1x1xf32>'}}
  %y = fusion.conv %x, %w : (tensor<1x1x1x1x1x1xf32>, tensor<1x1x1x1x1x1xf32>) -> tensor<1x1x1x1x1x1xf32>
  return
}

// -----
func.func @conv_c2(%x: tensor<2x3x8x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected weight to have rank 4 as x has, but got 'tensor<4x3x3xf32>'; its dims are two channel counts and the taps (conv_c2)}}
  %y = fusion.conv %x, %w : (tensor<2x3x8x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x6x6xf32>
  return
}

// -----
func.func @conv_c2_dynamic(%x: tensor<2x3x8xf32>, %w: tensor<?x3x3xf32>) {
  // expected-error@+1 {{expected weight to have static extents of at least 1, but got 'tensor<?x3x3xf32>'; only the batch may be `?` or 0 (conv_c2)}}
  %y = fusion.conv %x, %w : (tensor<2x3x8xf32>, tensor<?x3x3xf32>) -> tensor<2x4x6xf32>
  return
}

// -----
func.func @conv_c3(%x: tensor<2x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{expected stride to have 2 entries, one per spatial dim, but got [2]; leave it out for the default (conv_c3)}}
  %y = fusion.conv %x, %w {stride = array<i64: 2>} : (tensor<2x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<2x4x3x3xf32>
  return
}

// -----
func.func @conv_c4_zero_stride(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected stride entries from 1 to 2147483647, but got [0]; stride 1 visits every position (conv_c4)}}
  %y = fusion.conv %x, %w {stride = array<i64: 0>} : (tensor<2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x6xf32>
  return
}

// -----
func.func @conv_c4_negative_stride(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected stride entries from 1 to 2147483647, but got [-1]}}
  %y = fusion.conv %x, %w {stride = array<i64: -1>} : (tensor<2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x6xf32>
  return
}

// -----
func.func @conv_c4_huge_dilation(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected dilation entries from 1 to 2147483647, but got [4611686018427387904]; dilation 1 is a dense window (conv_c4)}}
  %y = fusion.conv %x, %w {dilation = array<i64: 4611686018427387904>} : (tensor<2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x6xf32>
  return
}

// -----
func.func @conv_c5(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected padding entries from 0 to 2147483647, but got [-1]; padding 0 adds nothing (conv_c5)}}
  %y = fusion.conv %x, %w {padding = array<i64: -1>} : (tensor<2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x4xf32>
  return
}

// -----
func.func @conv_c6_plain(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected no output_padding, but got [1]; it exists for transposed ones only (conv_c6)}}
  %y = fusion.conv %x, %w {output_padding = array<i64: 1>, stride = array<i64: 2>} : (tensor<2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x3xf32>
  return
}

// -----
func.func @conv_c6(%x: tensor<2x3x8xf32>, %w: tensor<3x4x3xf32>) {
  // expected-error@+1 {{expected output_padding below max(stride, dilation), but got 2 with stride 2 and dilation 1}}
  %y = fusion.conv %x, %w {transposed, output_padding = array<i64: 2>, stride = array<i64: 2>} : (tensor<2x3x8xf32>, tensor<3x4x3xf32>) -> tensor<2x4x19xf32>
  return
}

// -----
func.func @conv_c7_zero(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected groups of at least 1, but got 0; 1 connects every channel to every other (conv_c7)}}
  %y = fusion.conv %x, %w {groups = 0 : i64} : (tensor<2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x6xf32>
  return
}

// -----
func.func @conv_c7(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected groups to divide the channel counts, but got 2 groups for 3 input and 4 output channels; choose a common divisor (conv_c7)}}
  %y = fusion.conv %x, %w {groups = 2 : i64} : (tensor<2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x6xf32>
  return
}

// -----
func.func @conv_c7_output(%x: tensor<2x4x8xf32>, %w: tensor<3x2x3xf32>) {
  // expected-error@+1 {{expected groups to divide the channel counts, but got 2 groups for 4 input and 3 output channels}}
  %y = fusion.conv %x, %w {groups = 2 : i64} : (tensor<2x4x8xf32>, tensor<3x2x3xf32>) -> tensor<2x3x6xf32>
  return
}

// -----
func.func @conv_c8(%x: tensor<2x3x8xf32>, %w: tensor<4x5x3xf32>) {
  // expected-error@+1 {{expected weight to have 3 input channels in dim 1 for 3 channels in 1 groups, but got 'tensor<4x5x3xf32>'; a weight is [Cout, Cin/groups, taps...] (conv_c8)}}
  %y = fusion.conv %x, %w : (tensor<2x3x8xf32>, tensor<4x5x3xf32>) -> tensor<2x4x6xf32>
  return
}

// -----
func.func @conv_c8_transposed(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected weight to have 3 input channels in dim 0 for 3 channels in 1 groups, but got 'tensor<4x3x3xf32>'; a transposed weight is [Cin, Cout/groups, taps...] (conv_c8)}}
  %y = fusion.conv %x, %w {transposed} : (tensor<2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x3x10xf32>
  return
}

// -----
func.func @conv_c9(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected bias to have shape [4], one entry per output channel, but got 'tensor<3xf32>' (conv_c9)}}
  %y = fusion.conv %x, %w bias %b : (tensor<2x3x8xf32>, tensor<4x3x3xf32>, tensor<3xf32>) -> tensor<2x4x6xf32>
  return
}

// -----
func.func @conv_c10(%x: tensor<2x3x2xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected an output extent of at least 1, but got none in spatial dim 0: 3 taps with dilation 1 and padding 0 over extent 2; enlarge the input or the padding (conv_c10)}}
  %y = fusion.conv %x, %w : (tensor<2x3x2xf32>, tensor<4x3x3xf32>) -> tensor<2x4x1xf32>
  return
}

// -----
func.func @conv_c10_transposed(%x: tensor<2x3x1xf32>, %w: tensor<3x4x1xf32>) {
  // expected-error@+1 {{expected an output extent of at least 1, but got none in spatial dim 0}}
  %y = fusion.conv %x, %w {transposed, padding = array<i64: 1>} : (tensor<2x3x1xf32>, tensor<3x4x1xf32>) -> tensor<2x4x1xf32>
  return
}

// -----
func.func @conv_c11(%x: tensor<?x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected the result to have shape [?, 4, 6], but got 'tensor<?x4x7xf32>'; correct it or the window attributes (conv_c11)}}
  %y = fusion.conv %x, %w : (tensor<?x3x8xf32>, tensor<4x3x3xf32>) -> tensor<?x4x7xf32>
  return
}

// -----
func.func @conv_c11_batch(%x: tensor<?x3x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected the result to have shape [?, 4, 6], but got 'tensor<2x4x6xf32>'}}
  %y = fusion.conv %x, %w : (tensor<?x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x6xf32>
  return
}

// -----
func.func @conv_grad_input_c1(%dy: tensor<2x4x6xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected dy to have shape [2, 4, 7], but got 'tensor<2x4x6xf32>'}}
  %dx = fusion.conv_grad_input %dy, %w : (tensor<2x4x6xf32>, tensor<4x3x3xf32>) -> tensor<2x3x9xf32>
  return
}

// -----
func.func @conv_grad_weight_c1(%dy: tensor<2x4x6xf32>, %x: tensor<2x3x8xf32>) {
  // expected-error@+1 {{expected dy to have shape [2, 4, 4], but got 'tensor<2x4x6xf32>'}}
  %dw = fusion.conv_grad_weight %dy, %x : (tensor<2x4x6xf32>, tensor<2x3x8xf32>) -> tensor<4x3x5xf32>
  return
}

// -----
func.func @tensor_c1(%x: tensor<2x?x8xf32>) {
  // expected-error@+1 {{expected operand 0 to have a static extent of at least 1 in dim 1, but got 'tensor<2x?x8xf32>'; only dim 0, the batch, may be `?` or 0 (tensor_c1)}}
  %y = fusion.relu %x : tensor<2x?x8xf32>
  return
}

// -----
func.func @tensor_c1_zero(%x: tensor<2x3x0xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@+1 {{expected operand 0 to have a static extent of at least 1 in dim 2, but got 'tensor<2x3x0xf32>'}}
  %y = fusion.conv %x, %w : (tensor<2x3x0xf32>, tensor<4x3x3xf32>) -> tensor<2x4x1xf32>
  return
}

// -----
func.func @tensor_c2(%x: tensor<2147483648x1073741824xf32>) {
  // expected-error@+1 {{expected operand 0 to have fewer than 2^63 bytes, but got 'tensor<2147483648x1073741824xf32>'; make its dims smaller (tensor_c2)}}
  %y = fusion.relu %x : tensor<2147483648x1073741824xf32>
  return
}

// -----
func.func @tensor_c2_batch(%x: tensor<0x9223372036854775807x9223372036854775807xf32>) {
  // expected-error@+1 {{expected operand 0 to have fewer than 2^63 bytes}}
  %y = fusion.relu %x : tensor<0x9223372036854775807x9223372036854775807xf32>
  return
}

// -----
func.func @element_type(%x: tensor<2x3xf64>) {
  // expected-error@+1 {{must be ranked tensor of 32-bit float or 16-bit float or bfloat16 type values}}
  %y = fusion.relu %x : tensor<2x3xf64>
  return
}
