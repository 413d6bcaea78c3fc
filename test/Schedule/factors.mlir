// What a precision lets tensor cores round factors to: the instruction, the report's unit and its reason.
// RUN: fusion-opt %s --grad=all --emit=cuda --arch=sm_90 --precision=bf16 | FileCheck %s --check-prefix=BF16
// RUN: fusion-opt %s --grad=all --emit=cuda --arch=sm_90 --precision=fp16 | FileCheck %s --check-prefix=HALF
// RUN: fusion-opt %s --grad=all --emit=cuda --arch=sm_90 --precision=tf32 | FileCheck %s --check-prefix=TF32
// RUN: fusion-opt %s --emit=cuda --precision=tf32 | FileCheck %s --check-prefix=GROUP
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --precision=bf16 | FileCheck %s --check-prefix=JSON
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --format=text --precision=fp16 | FileCheck %s --check-prefix=REPORT
// RUN: not fusion-opt %s --emit=report --precision=fp8 2>&1 | FileCheck %s --check-prefix=WRONG

// BF16: ---- half.cuh
// BF16: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// BF16-DAG: struct Tile : Bf16 {
// BF16-DAG: windowTensor<
// BF16-DAG: matmulTensor<
// BF16-DAG: weightTensor<
// GROUP: wgmma.mma_async.sync.aligned.m64n{{[0-9]+}}k8.f32.tf32.tf32
// GROUP: struct Tile : Together<Tf32, Tf32Warpgroup
// GROUP: windowTogether<
// HALF: mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32
// HALF: struct Tile : Fp16 {
// TF32-NOT: ---- half.cuh
// TF32: struct Tile : Tf32 {
// TF32-NOT: ---- half.cuh
// JSON: "unit": "bf16"
// JSON: "unit": "bf16"
// REPORT: per warp on tensor cores (FP16)
// REPORT: why: multiply {{.*}} on tensor cores in FP16: predicted {{[0-9.]+}} us against {{[0-9.]+}} us on CUDA cores in fp32
// WRONG: expected torch, ieee, tf32, bf16 or fp16 behind --precision=, but got 'fp8'
func.func @head(%x: tensor<256x64x32x32xf32>, %w: tensor<128x64x3x3xf32> {fusion.parameter}, %a: tensor<2048x512xf32>, %l: tensor<1024x512xf32> {fusion.parameter}) -> (tensor<256x128x32x32xf32>, tensor<2048x1024xf32>) {
  %z = fusion.conv %x, %w {padding = array<i64: 1, 1>} : (tensor<256x64x32x32xf32>, tensor<128x64x3x3xf32>) -> tensor<256x128x32x32xf32>
  %y = fusion.linear %a, %l : (tensor<2048x512xf32>, tensor<1024x512xf32>) -> tensor<2048x1024xf32>
  return %z, %y : tensor<256x128x32x32xf32>, tensor<2048x1024xf32>
}
