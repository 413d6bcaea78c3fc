// What may lie channels-last: layout_c1 and layout_c2, of arguments and of results.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

// expected-error@+1 {{expected the layout "channels_last" of argument 0, but got "nhwc"; without the attribute a tensor is dense row-major (layout_c1)}}
func.func @layout_c1(%x: tensor<2x3x4x5xf32> {fusion.layout = "nhwc"}) -> tensor<2x3x4x5xf32> {
  return %x : tensor<2x3x4x5xf32>
}

// -----
// expected-error@+1 {{expected the layout "channels_last" of argument 0, but got unit; without the attribute a tensor is dense row-major (layout_c1)}}
func.func @layout_c1_no_string(%x: tensor<2x3x4x5xf32> {fusion.layout}) -> tensor<2x3x4x5xf32> {
  return %x : tensor<2x3x4x5xf32>
}

// -----
// expected-error@+1 {{expected the layout "channels_last" of result 1, but got 3 : i64; without the attribute a tensor is dense row-major (layout_c1)}}
func.func @layout_c1_result(%x: tensor<2x3x4x5xf32>) -> (tensor<2x3x4x5xf32>, tensor<2x3x4x5xf32> {fusion.layout = 3 : i64}) {
  return %x, %x : tensor<2x3x4x5xf32>, tensor<2x3x4x5xf32>
}

// -----
// expected-error@+1 {{expected argument 1 to have rank 3, 4 or 5 ([N, C, spatial...]) to lie channels-last, but got 'tensor<4xf32>'; leave out fusion.layout (layout_c2)}}
func.func @layout_c2(%x: tensor<2x3xf32>, %w: tensor<4xf32> {fusion.layout = "channels_last"}) -> tensor<2x3xf32> {
  return %x : tensor<2x3xf32>
}

// -----
// expected-error@+1 {{expected result 0 to have rank 3, 4 or 5 ([N, C, spatial...]) to lie channels-last, but got 'tensor<2x3xf32>'; leave out fusion.layout (layout_c2)}}
func.func @layout_c2_result(%x: tensor<2x3xf32>) -> (tensor<2x3xf32> {fusion.layout = "channels_last"}) {
  return %x : tensor<2x3xf32>
}
