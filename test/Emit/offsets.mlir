// Offsets are 32-bit where the largest one fits, 64-bit where not; an unknown batch makes them 64-bit.
// RUN: split-file %s %t
// RUN: fusion-opt %t/small.mlir --emit=cuda | FileCheck %s --check-prefix=SMALL
// RUN: fusion-opt %t/large.mlir --emit=cuda | FileCheck %s --check-prefix=LARGE
// RUN: not fusion-opt %t/picture.mlir --emit=cuda -o %t/none 2>&1 | FileCheck %s --check-prefix=PICTURE
// SMALL: typedef int index_t
// LARGE: typedef long long index_t
// LARGE: (index_t)
// PICTURE: picture.mlir:2:8: error: {{.*}}expected at most 2^31 - 1 spatial positions per image, but got 4294967296; larger pictures are not supported yet

//--- small.mlir
func.func @small(%w: tensor<64x32xf32> {fusion.parameter}, %v: tensor<64x32xf32> {fusion.parameter}) -> tensor<64x32xf32> {
  %y = fusion.add %w, %v : (tensor<64x32xf32>, tensor<64x32xf32>) -> tensor<64x32xf32>
  return %y : tensor<64x32xf32>
}

//--- large.mlir
func.func @large(%x: tensor<3x1024x1024x1024xf32>) -> tensor<3x1024x1024x1024xf32> {
  %y = fusion.relu %x : tensor<3x1024x1024x1024xf32>
  return %y : tensor<3x1024x1024x1024xf32>
}

//--- picture.mlir
func.func @picture(%x: tensor<1x1x65536x65536xf32>) -> tensor<1x1x65536x65536xf32> {
  %y = fusion.relu %x : tensor<1x1x65536x65536xf32>
  return %y : tensor<1x1x65536x65536xf32>
}
