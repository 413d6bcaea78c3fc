// A product of few tiles and long sums is split over k: a kernel leaves one product per split, and the next one adds them up in their order and
// goes on with what is behind the product. The report says why; a product with enough tiles, or with short sums, stays whole.
// RUN: fusion-opt %s --emit=cuda --prelude=omit | FileCheck %s --check-prefix=CUDA
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --format=text | FileCheck %s --check-prefix=REPORT
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --remarks 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: sed 's/128x/8192x/g' %s | env FUSION_NVRTC=%t.none fusion-opt - --emit=report --format=text | FileCheck %s --check-prefix=WHOLE
// RUN: sed 's/x8192x/x512x/g' %s | env FUSION_NVRTC=%t.none fusion-opt - --emit=report --format=text | FileCheck %s --check-prefix=WHOLE
// RUN: sed 's/x8192x/x100x/g' %s | env FUSION_NVRTC=%t.none fusion-opt - --emit=report --format=text | FileCheck %s --check-prefix=SHORT

// CUDA: // forward_0_linear_partial
// CUDA-NEXT: //   linear
// CUDA: //   writes linear_partial [{{[0-9]+}}, N, 512]
// CUDA: the sum over k in [[SPLITS:[0-9]+]] parts
// CUDA: return load.x + (index_t)outer * 8192 + (first + k);
// CUDA: const MatmulSplit split = matmulSplit<[[SPLITS]]>(8192);
// CUDA: linear_partial += (index_t)blockIdx.z * images * 512; // this split's product
// CUDA: Operand{Load{x}, split.first}, {{.*}}, firstColumn, images, 512, split.count);
// CUDA: // forward_1
// CUDA: = sumSplits<[[SPLITS]]>(linear_partial, (index_t)images * 512, (index_t)n * 512 + channel)
// CUDA: warpSum(
// REPORT: forward_0_linear_partial
// REPORT: why: split the sum over k of linear in {{[0-9]+}}, added up by the next kernel: predicted {{[0-9.]+}} us against {{[0-9.]+}} us otherwise
// REMARK: split the sum over k of linear in
// WHOLE: forward_0_linear
// WHOLE: why: leave the sum over k of linear whole: predicted {{[0-9.]+}} us against {{[0-9.]+}} us otherwise
// SHORT-NOT: the sum over k
func.func @product(%x: tensor<128x8192xf32>, %w: tensor<512x8192xf32> {fusion.parameter}, %b: tensor<512xf32> {fusion.parameter}) -> tensor<128x512xf32> {
  %z = fusion.linear %x, %w bias %b : (tensor<128x8192xf32>, tensor<512x8192xf32>, tensor<512xf32>) -> tensor<128x512xf32>
  %n = fusion.group_norm %z {groups = 16 : i64, eps = 1.0e-5} : (tensor<128x512xf32>) -> tensor<128x512xf32>
  %y = fusion.relu %n : tensor<128x512xf32>
  return %y : tensor<128x512xf32>
}
