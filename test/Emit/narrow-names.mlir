// A tensor called like a type is called something else, and one fp32 tensor of the size halves the run.
// RUN: fusion-opt %s --emit=cuda --prelude=omit | FileCheck %s

// CHECK: forward_0_{{.*}}(const f16 *__restrict__ bf16_1, const float *__restrict__ f16_1, float *__restrict__ y
// CHECK: loadVector<4>({{.*}}, bf16_1 + row + p);
func.func @names(%bf16: tensor<?x16x32xf16>, %f16: tensor<?x16x32xf32>) -> tensor<?x16x32xf32> {
  %w = fusion.cast %bf16 : tensor<?x16x32xf16> to tensor<?x16x32xf32>
  %y = fusion.add %w, %f16 : (tensor<?x16x32xf32>, tensor<?x16x32xf32>) -> tensor<?x16x32xf32>
  return %y : tensor<?x16x32xf32>
}
