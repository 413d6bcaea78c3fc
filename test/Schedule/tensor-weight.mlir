// A convolution's weight gradient runs on tensor cores in TF32, by warpgroups where there are any, and the report says why; `ieee` keeps fp32 multiply-adds, and so does a
// depthwise convolution, whose groups fill one row of sixteen.
// RUN: fusion-opt %s --grad=params --emit=cuda | FileCheck %s --check-prefix=TOGETHER
// RUN: fusion-opt %s --grad=params --emit=cuda --arch=sm_80 | FileCheck %s --check-prefix=TENSOR
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --grad=params --emit=report --format=text | FileCheck %s --check-prefix=REPORT
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --grad=params --emit=report --remarks 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: fusion-opt %s --grad=params --emit=cuda --precision=ieee | FileCheck %s --check-prefix=CUDA
// RUN: sed 's/128x64x3x3/64x1x3x3/g; s/32x128x/32x64x/g; s/padding = /groups = 64 : i64, padding = /' %s | fusion-opt - --grad=params --emit=cuda | FileCheck %s --check-prefix=CUDA

// TENSOR: ---- weight.cuh
// TENSOR: ---- mma.cuh
// TENSOR: ---- tensor-weight.cuh
// TENSOR: per warp on tensor cores (TF32)
// TENSOR: static_assert(tensorWeightPipeFloats<Problem
// TENSOR: weightTensor<Problem
// TOGETHER: ---- weight-together.cuh
// TOGETHER: per warpgroup and line of taps, {{.*}} taps per block, on tensor cores (TF32)
// TOGETHER: struct Tile : Together<Tf32, Tf32Warpgroup[[COLUMNS:[0-9]+]]>
// TOGETHER: static_assert(weightTogetherPipeFloats<Problem
// TOGETHER: weightTogether<Problem
// REPORT: splits; {{.*}} per warpgroup and line of taps, {{.*}} on tensor cores (TF32)
// REPORT: why: multiply convolution weight gradient on tensor cores in TF32: predicted {{[0-9.]+}} us against {{[0-9.]+}} us on CUDA cores in fp32
// REMARK: [[#@LINE+5]]:{{.*}}multiply convolution weight gradient on tensor cores in TF32
// CUDA-NOT: {{weightTensor|weightTogether}}
// CUDA: static_assert(weightPipeFloats<Problem
// CUDA: weightGrad<Problem
func.func @wide(%x: tensor<32x64x64x64xf32>, %w: tensor<128x64x3x3xf32> {fusion.parameter}) -> tensor<32x128x64x64xf32> {
  %z = fusion.conv %x, %w {padding = array<i64: 1, 1>} : (tensor<32x64x64x64xf32>, tensor<128x64x3x3xf32>) -> tensor<32x128x64x64xf32>
  return %z : tensor<32x128x64x64xf32>
}
