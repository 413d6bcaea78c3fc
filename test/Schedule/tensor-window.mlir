// A convolution and a strided transposed one run on tensor cores in TF32, and the report says why; `ieee` keeps fp32 multiply-adds, and so does
// a depthwise convolution, which fills one column of eight.
// RUN: fusion-opt %s --emit=cuda --arch=sm_90 | FileCheck %s --check-prefixes=TENSOR,GATHER
// RUN: fusion-opt %s --emit=cuda | FileCheck %s --check-prefix=GROUP
// RUN: fusion-opt %s --emit=cuda --arch=sm_80 | FileCheck %s --check-prefixes=TENSOR,GATHER
// RUN: fusion-opt %s --emit=cuda --arch=sm_120 | FileCheck %s --check-prefixes=TENSOR,GATHER
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --format=text | FileCheck %s --check-prefix=REPORT
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report | FileCheck %s --check-prefix=JSON
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --remarks 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: fusion-opt %s --emit=cuda --precision=ieee | FileCheck %s --check-prefix=CUDA
// RUN: sed 's/128x64x3x3/64x1x3x3/g; s/32x128x/32x64x/g; s/padding = /groups = 64 : i64, padding = /' %s | fusion-opt - --emit=cuda | FileCheck %s --check-prefix=CUDA
// RUN: sed 's/128x64x3x3/64x128x4x4/g; s/32x128x64x64/32x128x128x128/g; s/{padding/{transposed, stride = array<i64: 2, 2>, padding/' %s | fusion-opt - --emit=cuda --arch=sm_90 | FileCheck %s --check-prefixes=TENSOR,SCATTER

// TENSOR: ---- window.cuh
// TENSOR: ---- mma.cuh
// TENSOR: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
// TENSOR: ---- tensor-window.cuh
// TENSOR: per warp on tensor cores (TF32)
// GATHER: windowTensor<Problem, Tile, false>(tile, pipe,
// SCATTER: windowTensor<Problem, Tile, true>(tile, pipe,
// GROUP: ---- wgmma.cuh
// GROUP: ---- window-together.cuh
// GROUP: wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32
// GROUP: {{(16|32)}} x 128 per warp of a warpgroup on tensor cores (TF32)
// GROUP: windowTogether<Problem, Tile, false, true>(tile, pipe,
// REPORT: per warp of a warpgroup on tensor cores (TF32)
// REPORT: why: multiply convolution on tensor cores in TF32: predicted {{[0-9.]+}} us against {{[0-9.]+}} us on CUDA cores in fp32
// JSON: "unit": "tf32"
// REMARK: [[#@LINE+5]]:{{.*}}multiply convolution on tensor cores in TF32
// CUDA-NOT: mma
// CUDA: gather<Problem, Tile>(tile, pipe,
// CUDA-NOT: mma
func.func @wide(%x: tensor<32x64x64x64xf32>, %w: tensor<128x64x3x3xf32> {fusion.parameter}) -> tensor<32x128x64x64xf32> {
  %z = fusion.conv %x, %w {padding = array<i64: 1, 1>} : (tensor<32x64x64x64xf32>, tensor<128x64x3x3xf32>) -> tensor<32x128x64x64xf32>
  return %z : tensor<32x128x64x64xf32>
}
