// Every accepted and every rejected fusion is a remark with its reason and two numbers: what the plan takes, and what it takes otherwise.
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse="bandwidth=1e12 flops=60e12" --remark-format=emitRemark --remarks-filter=fuse -o /dev/null 2>&1 | FileCheck %s --check-prefixes=CHECK,RECOMPUTE
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse="bandwidth=60e12 flops=10e12" --remark-format=emitRemark --remarks-filter=fuse -o /dev/null 2>&1 | FileCheck %s --check-prefixes=CHECK,STORE
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse --remark-format=emitRemark --remarks-filter-passed=fuse -o /dev/null 2>&1 | FileCheck %s --check-prefix=PASSED
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse --remark-format=emitRemark --remarks-filter=simplify -o /dev/null 2>&1 | count 0

// PASSED-NOT: [Missed]

// The remark stands at the op that the decision is about; the same line is kept in the function's fusion.decisions.
func.func @norm(%x: tensor<?x8x32x32xf32>, %w: tensor<16x8x3x3xf32>) -> tensor<?x16x30x30xf32> {
  // RECOMPUTE: remarks.mlir:[[#@LINE+3]]:8: remark: [Passed] fused | Category:fuse | Function=norm | Reason="compute convolution again behind its reductions instead of storing it: predicted [[T:[0-9.]+]] us against [[U:[0-9.]+]] us otherwise", otherwise_us={{[0-9.e+]+}}, predicted_us={{[0-9.e+]+}}
  // STORE: remarks.mlir:[[#@LINE+2]]:8: remark: [Missed] not fused | Category:fuse | Function=norm | Reason="store convolution for the stages behind its reductions instead of computing it again: predicted {{[0-9.]+}} us against {{[0-9.]+}} us otherwise", otherwise_us={{[0-9.e+]+}}, predicted_us={{[0-9.e+]+}}
  // CHECK: remarks.mlir:[[#@LINE+1]]:8: remark: [Passed] fused | {{.*}}1 stages join convolution's kernel
  %z = fusion.conv %x, %w : (tensor<?x8x32x32xf32>, tensor<16x8x3x3xf32>) -> tensor<?x16x30x30xf32>
  %s = fusion.swish %z : tensor<?x16x30x30xf32>
  // CHECK: remarks.mlir:[[#@LINE+1]]:8: remark: [Missed] not fused | {{.*}}reduce 'statistics' by partials per tile and a finish kernel: it spans more than a tile
  %y = fusion.group_norm %s {groups = 4 : i64, eps = 1.0e-5} : (tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  return %y : tensor<?x16x30x30xf32>
}

func.func @rows(%x: tensor<?x64xf32>, %w: tensor<256x64xf32>) -> tensor<?x256xf32> {
  %z = fusion.linear %x, %w : (tensor<?x64xf32>, tensor<256x64xf32>) -> tensor<?x256xf32>
  // CHECK: remarks.mlir:[[#@LINE+1]]:8: remark: [Passed] fused | Category:fuse | Function=rows | Reason="reduce 'statistics' inside the tile: a group is 32 features
  %y = fusion.group_norm %z {groups = 8 : i64, eps = 1.0e-5} : (tensor<?x256xf32>) -> tensor<?x256xf32>
  return %y : tensor<?x256xf32>
}

func.func @prologue(%dy: tensor<?x16x30x30xf32>, %z: tensor<?x16x30x30xf32>, %x: tensor<?x8x32x32xf32>) -> tensor<16x8x3x3xf32> {
  // CHECK: remarks.mlir:[[#@LINE+1]]:9: remark: [Passed] fused | Category:fuse | Function=prologue | Reason="compute 'gradient of relu' while contractions load it
  %dz = fusion.activation_grad "relu" %dy, %z {params = {}} : tensor<?x16x30x30xf32>
  %dw = fusion.conv_grad_weight %dz, %x : (tensor<?x16x30x30xf32>, tensor<?x8x32x32xf32>) -> tensor<16x8x3x3xf32>
  return %dw : tensor<16x8x3x3xf32>
}
