// A large product runs on tensor cores in 3xTF32, and the report says why; `ieee` keeps fp32 multiply-adds, and so do a small product, a sum of
// few terms, and an RTX card, whose CUDA cores do as well.
// RUN: fusion-opt %s --emit=cuda --arch=sm_90 | FileCheck %s --check-prefix=TENSOR
// RUN: fusion-opt %s --emit=cuda | FileCheck %s --check-prefix=GROUP
// RUN: fusion-opt %s --emit=cuda --arch=sm_80 | FileCheck %s --check-prefix=TENSOR
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --format=text | FileCheck %s --check-prefix=REPORT
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report | FileCheck %s --check-prefix=JSON
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --remarks 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: fusion-opt %s --emit=cuda --precision=ieee | FileCheck %s --check-prefix=CUDA
// RUN: fusion-opt %s --emit=cuda --arch=sm_120 | FileCheck %s --check-prefix=CUDA
// RUN: sed 's/4096/40/g' %s | fusion-opt - --emit=cuda | FileCheck %s --check-prefix=CUDA
// RUN: sed 's/<1024x4096xf32>, %w/<1024x31xf32>, %w/; s/4096x4096/4096x31/g; s/: (tensor<1024x4096xf32>, /: (tensor<1024x31xf32>, /' %s | fusion-opt - --emit=cuda | FileCheck %s --check-prefix=CUDA

// TENSOR: ---- mma.cuh
// TENSOR: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
// TENSOR: ---- tiles.cuh
// TENSOR: ---- matmul.cuh
// TENSOR: ---- tensor.cuh
// TENSOR: per warp on tensor cores (3xTF32)
// TENSOR: matmulTensor<Tile>(tile, shared,
// GROUP: ---- wgmma.cuh
// GROUP: ---- tensor-together.cuh
// GROUP: wgmma.mma_async.sync.aligned.m64n64k8.f32.tf32.tf32
// GROUP: 16 x 128 per warp of a warpgroup on tensor cores (3xTF32)
// GROUP: matmulTogether<Tile>(tile, shared,
// REPORT: per warp of a warpgroup on tensor cores (3xTF32)
// REPORT: why: multiply linear on tensor cores in 3xTF32: predicted {{[0-9.]+}} us against {{[0-9.]+}} us on CUDA cores in fp32
// JSON: "unit": "3xtf32"
// REMARK: [[#@LINE+6]]:{{.*}}multiply linear on tensor cores in 3xTF32
// CUDA-NOT: mma
// CUDA: ---- matmul.cuh
// CUDA-NOT: mma
// CUDA: matmul<Tile>(tile, shared,
func.func @product(%x: tensor<1024x4096xf32>, %w: tensor<4096x4096xf32> {fusion.parameter}) -> tensor<1024x4096xf32> {
  %z = fusion.linear %x, %w : (tensor<1024x4096xf32>, tensor<4096x4096xf32>) -> tensor<1024x4096xf32>
  return %z : tensor<1024x4096xf32>
}
