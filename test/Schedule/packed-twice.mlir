// What has packed weights is not scheduled again: they would be packed twice.
// RUN: fusion-opt %s -fusion-schedule -verify-diagnostics

func.func @f(%w: tensor<4x8x3xf32>) -> tensor<4x8x3xf32> {
  // expected-error@+1 {{expected kernels that have not been scheduled, but got one that packs weights for the next; schedule what -fusion-fuse leaves}}
  %p = fusion.kernel "k" "pack"(%w) : (tensor<4x8x3xf32>) -> tensor<4x8x3xf32> {
  ^bb0(%a: tensor<4x8x3xf32>):
    %b = fusion.pack gather %a : tensor<4x8x3xf32>
    fusion.return %b : tensor<4x8x3xf32>
  }
  return %p : tensor<4x8x3xf32>
}
