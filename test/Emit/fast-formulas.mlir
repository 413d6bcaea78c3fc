// In `torch` precision some formulas are computed in another way than they are written; in `ieee` none is.
// RUN: fusion-opt %s --emit=cuda --prelude=omit | FileCheck %s --check-prefix=TORCH
// RUN: fusion-opt %s --emit=cuda --prelude=omit --precision=ieee | FileCheck %s --check-prefix=IEEE

// tanh(log1p(exp(x))) is computed from the exponential, and 1 + erf(x) at once: neither the logarithm nor erf is there.
// TORCH-NOT: log1pf
// TORCH-NOT: erff(
// TORCH: const float mish_1 = tanhLog1p(mish_0);
// TORCH: const float tanh_ = fastTanh(mish);
// TORCH: const float gelu_1 = onePlusErf(gelu_0);
// TORCH-NEXT: const float gelu_2 = 0x1p-1f * gelu_1;
// A softmax divides by a sum of at least 1.
// TORCH: const float div = quotient(
// IEEE: log1pf(
// IEEE: tanhf(
// IEEE: erff(
// IEEE-NOT: quotient(
func.func @activations(%x: tensor<?x16x30x30xf32>) -> (tensor<?x16x30x30xf32>, tensor<?x16x30x30xf32>) {
  %m = fusion.mish %x : tensor<?x16x30x30xf32>
  %t = fusion.tanh %m : tensor<?x16x30x30xf32>
  %g = fusion.gelu %t : tensor<?x16x30x30xf32>
  %s = fusion.softmax %g {dims = array<i64: 3>} : tensor<?x16x30x30xf32>
  return %g, %s : tensor<?x16x30x30xf32>, tensor<?x16x30x30xf32>
}
