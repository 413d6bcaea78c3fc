// One statement per operation of the formula, in order, each stage under its name and the name its value has in the model.
// RUN: fusion-opt %s --emit=cuda --prelude=omit | FileCheck %s

// CHECK: // forward_0_relu
// CHECK-NEXT: //   hardswish -> relu
// CHECK-NEXT: //   reads x [N, 16, 30, 30]
// CHECK-NEXT: //   writes y [N, 16, 30, 30]
// CHECK: extern "C" __global__ void __launch_bounds__({{[0-9]+}}{{.*}}) forward_0_relu(const float *__restrict__ x, float *__restrict__ y
// CHECK: // hardswish (h)
// CHECK-NEXT: const float hardswish_0 = [[X:.*]] + 0x1.8p+1f;
// CHECK-NEXT: const bool hardswish_1 = hardswish_0 < 0x0p+0f;
// CHECK-NEXT: const float hardswish_2 = hardswish_1 ? 0x0p+0f : hardswish_0;
// CHECK-NEXT: const bool hardswish_3 = hardswish_2 > 0x1.8p+2f;
// CHECK-NEXT: const float hardswish_4 = hardswish_3 ? 0x1.8p+2f : hardswish_2;
// CHECK-NEXT: const float hardswish_5 = [[X]] * hardswish_4;
// CHECK-NEXT: const float hardswish = hardswish_5 * 0x1.555556p-3f;
// CHECK-NEXT: // relu (y)
// CHECK-NEXT: const bool relu_0 = hardswish < 0x0p+0f;
// CHECK-NEXT: const float relu = relu_0 ? 0x0p+0f : hardswish;
func.func @tail(%x: tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32> {
  %h = fusion.hardswish %x : tensor<?x16x30x30xf32>
  %y = fusion.relu %h : tensor<?x16x30x30xf32>
  return %y : tensor<?x16x30x30xf32>
}
