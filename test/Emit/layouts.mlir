// Tensors that lie channels-last: a patch is staged with lanes along channels, results leave the tile in runs of channels, parameters of a
// picture's rows are read as before.
// RUN: fusion-opt %s --emit=cuda --prelude=omit | FileCheck %s
// RUN: fusion-opt %s --emit=report --format=text | FileCheck %s --check-prefix=REPORT

// REPORT: forward: 1 kernel
// REPORT: channels last: x y

// CHECK: //   reads x [N, 8, 38, 34] channels last, weight [16, 8, 3, 3], bias [16]
// CHECK-NEXT: //   writes y [N, 16, 36, 32] channels last
// CHECK: struct Load {
// CHECK-NEXT:   const float *x;
// CHECK-NEXT:   static constexpr bool plain = true;
// CHECK-NEXT:   static constexpr bool channelsLast = true;
// CHECK-NEXT:   DEV const float *at(int image, int channel, int p) const {
// CHECK-NEXT:     return x + (index_t)image * 10336 + (p * 8) + channel;
// CHECK: const int c = (e % 2 + e / 512 * 2) * 4;
// CHECK-NEXT: const int m = e / 2 % 256;
// CHECK: const index_t row = (index_t)at.image * 18432 + (index_t)p * 16;
// CHECK: storeVector<4>(y + row + channel, y_run);
func.func @f(%x: tensor<?x8x38x34xf32> {fusion.layout = "channels_last"}, %weight: tensor<16x8x3x3xf32> {fusion.parameter}, %bias: tensor<16xf32> {fusion.parameter})
    -> (tensor<?x16x36x32xf32> {fusion.layout = "channels_last"}) {
  %c = fusion.conv %x, %weight bias %bias : (tensor<?x8x38x34xf32>, tensor<16x8x3x3xf32>, tensor<16xf32>) -> tensor<?x16x36x32xf32>
  %y = fusion.relu %c : tensor<?x16x36x32xf32>
  return %y : tensor<?x16x36x32xf32>
}
