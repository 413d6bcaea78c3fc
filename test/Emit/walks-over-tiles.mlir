// Walks over all channels of a tile put back what later walks go through: a softmax behind a convolution adds its bias and computes its
// exponentials once.
// RUN: fusion-opt %s --emit=cuda --prelude=omit | FileCheck %s
// RUN: fusion-run %s --check --sanitize --schedule=forward,reverse,random | FileCheck %s --check-prefix=DONE
// DONE: ok

// CHECK: // maximum (y_stats): max of a run
// CHECK: for (int r = part; live && r < 48;
// CHECK: const float bias_1 = convolution + bias_value;
// CHECK-NEXT: [[TILE:tile\[r \* [0-9]+ \+ m\]]] = bias_1; // for the next walks
// CHECK: // sum (y_stats): sum of a run
// CHECK-NOT: bias[r]
// CHECK: const float exp_ = roundedExp(sub);
// CHECK-NEXT: [[TILE]] = exp_; // for the next walks
// CHECK: // behind the reductions
// CHECK-NOT: roundedExp
// CHECK: // exp (y), as it was put back
// CHECK-NEXT: const float exp_1 = [[TILE]];
// CHECK-NEXT: const float div = quotient(exp_1,
func.func @softmax(%x: tensor<3x8x19x21xf32>, %w: tensor<48x8x3x3xf32>, %bias: tensor<48xf32> {fusion.name = "bias"}) -> tensor<3x48x17x19xf32> {
  %c = fusion.conv %x, %w bias %bias : (tensor<3x8x19x21xf32>, tensor<48x8x3x3xf32>, tensor<48xf32>) -> tensor<3x48x17x19xf32>
  %y = fusion.softmax %c {dims = array<i64: 1>} : tensor<3x48x17x19xf32>
  return %y : tensor<3x48x17x19xf32>
}
