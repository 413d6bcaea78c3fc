// Tensors of 16 bits: parameters of their type, runs of eight, statistics and scalars as floats, a cast that rounds between two ops.
// RUN: fusion-opt %s --emit=cuda --prelude=omit | FileCheck %s
// RUN: fusion-opt %s --emit=cuda | FileCheck %s --check-prefix=PRELUDE

// PRELUDE: // ---- narrow.cuh
// PRELUDE: // ---- narrow-vector.cuh

// CHECK: //   reads x [N, 16, 32] bf16, g [16, 1]
// CHECK-NEXT: //   writes y [N, 16, 32] bf16
// CHECK: forward_0_{{.*}}(const bf16 *__restrict__ x, const float *__restrict__ g, bf16 *__restrict__ y
// CHECK: loadVector<8>({{.*}}, x + row + p);
// CHECK: const float [[CAST:cast.*]] = roundedTo<f16>([[R:relu.*]]);
// CHECK: storeVector<8>(y + row + p, {{.*}});
func.func @f(%x: tensor<?x16x32xbf16>, %g: tensor<16x1xf32>) -> tensor<?x16x32xbf16> {
  %w = fusion.cast %x : tensor<?x16x32xbf16> to tensor<?x16x32xf32>
  %m = fusion.mul %w, %g : (tensor<?x16x32xf32>, tensor<16x1xf32>) -> tensor<?x16x32xf32>
  %r = fusion.relu %m : tensor<?x16x32xf32>
  %c = fusion.cast %r : tensor<?x16x32xf32> to tensor<?x16x32xf16>
  %y = fusion.cast %c {exact} : tensor<?x16x32xf16> to tensor<?x16x32xbf16>
  return %y : tensor<?x16x32xbf16>
}
