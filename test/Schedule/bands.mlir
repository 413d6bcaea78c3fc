// A product whose operands exceed L2 walks its tiles in bands, in forward and in both gradients; the report says why.
// One that stays in L2 keeps the plain order.
// RUN: fusion-opt %s --emit=cuda --prelude=omit --grad=all --precision=ieee | FileCheck %s --check-prefix=CUDA
// RUN: fusion-opt %s --emit=cuda --prelude=omit --grad=all --arch=sm_90 | FileCheck %s --check-prefix=TENSOR
// RUN: fusion-opt %s --emit=cuda --prelude=omit --grad=all | FileCheck %s --check-prefix=GROUP
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --grad=all --format=text --precision=ieee | FileCheck %s --check-prefix=REPORT
// RUN: env FUSION_NVRTC=%t.none fusion-opt %s --emit=report --precision=ieee --remarks 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: sed s/16384/128/g %s | fusion-opt - --emit=cuda --prelude=omit | FileCheck %s --check-prefix=PLAIN

// CUDA: // forward_0_linear
// CUDA: // 128 x 64 tile, depth 8, 8 x 8 per thread, bands of 12 rows of tiles
// CUDA: const MatmulPlace place = matmulPlace<12>(); // in bands of 12 rows of tiles
// CUDA-NEXT: const int firstColumn = place.column * 64;
// CUDA: // backward_2_matrix_product
// CUDA: matmulPlace<12>()
// CUDA: // backward_3_matrix_product
// CUDA: matmulPlace<16>()

// TENSOR: // 64 x 64 tile, 64 x 32 per warp on tensor cores (3xTF32), bands of 24 rows of tiles
// TENSOR: const MatmulPlace place = matmulPlace<24>(); // in bands of 24 rows of tiles
// TENSOR: // backward_2_matrix_product
// TENSOR: matmulPlace<24>()

// GROUP: // 128 x 128 tile, 16 x 128 per warp of a warpgroup on tensor cores (3xTF32), bands of 12 rows of tiles
// GROUP: struct Tile : Together<Split, Warpgroup64> {
// GROUP: const MatmulPlace place = matmulPlace<12>(); // in bands of 12 rows of tiles

// REPORT: forward: {{.*}}(3.00 x compulsory
// REPORT-NEXT: forward_0_linear{{.*}} bands of 12 rows of tiles
// REPORT: why: walk the tiles of linear in bands of 12 rows of tiles: 2 reads of the left operand, 11 of the right one, 939.5 MB beyond once each, against 5637.1 MB down all rows

// REMARK: [[#@LINE+6]]:{{.*}}walk the tiles of linear in bands of 12 rows of tiles

// PLAIN: const int firstColumn = (int)blockIdx.y * {{[0-9]+}};
// PLAIN: const long long n = (long long)blockIdx.x * {{[0-9]+}} + r;
// PLAIN-NOT: place
func.func @bands(%x: tensor<16384x4096xf32>, %w: tensor<4096x4096xf32> {fusion.parameter}, %b: tensor<4096xf32> {fusion.parameter}) -> tensor<16384x4096xf32> {
  %z = fusion.linear %x, %w bias %b : (tensor<16384x4096xf32>, tensor<4096x4096xf32>, tensor<4096xf32>) -> tensor<16384x4096xf32>
  %y = fusion.hardswish %z : tensor<16384x4096xf32>
  return %y : tensor<16384x4096xf32>
}
