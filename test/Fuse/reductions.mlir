// Reductions: inside the tile when a group fits it, by partials and a finish kernel otherwise, inside a weight contraction where it loads the summed value.
// RUN: fusion-opt %s -split-input-file -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse | FileCheck %s

// A group of 32 features lies inside a tile of the matrix product: one kernel.
// CHECK-LABEL: func @in_tile
// CHECK-COUNT-1: fusion.kernel "{{.*}}" "matmul"
// CHECK: fusion.contract matmul
// CHECK: fusion.reduce moments
// CHECK: source = "normalise"
// CHECK-NOT: fusion.kernel
func.func @in_tile(%x: tensor<?x64xf32>, %w: tensor<256x64xf32>) -> tensor<?x256xf32> {
  %z = fusion.linear %x, %w : (tensor<?x64xf32>, tensor<256x64xf32>) -> tensor<?x256xf32>
  %y = fusion.group_norm %z {groups = 8 : i64, eps = 1.0e-5} : (tensor<?x256xf32>) -> tensor<?x256xf32>
  return %y : tensor<?x256xf32>
}

// The same without an anchor; up to 512 features fit a row.
// CHECK-LABEL: func @in_row
// CHECK-COUNT-1: fusion.kernel "{{.*}}" "rows"
// CHECK: fusion.reduce moments
// CHECK-NOT: fusion.kernel
func.func @in_row(%x: tensor<?x512xf32>) -> tensor<?x512xf32> {
  %y = fusion.group_norm %x {groups = 1 : i64, eps = 1.0e-5} : (tensor<?x512xf32>) -> tensor<?x512xf32>
  return %y : tensor<?x512xf32>
}

// -----
// A group with spatial positions spans tiles: partials, a finish kernel that also computes what is made of statistics alone, a second kernel.
// CHECK-LABEL: func @partials
// CHECK: %[[P:.*]] = fusion.kernel "{{.*}}" "channels"{{.*}} -> tensor<3x16x?xf32>
// CHECK: fusion.partial moments tiles_inner
// CHECK: fusion.kernel "{{.*}}" "finish_rows"(%[[P]])
// CHECK: fusion.finish moments tiles_inner
// CHECK: math.sqrt
// CHECK: fusion.kernel "{{.*}}" "channels"
// CHECK: source = "normalise"
// CHECK-NOT: fusion.kernel
func.func @partials(%x: tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32> {
  %y = fusion.group_norm %x {groups = 4 : i64, eps = 1.0e-5} : (tensor<?x16x30x30xf32>) -> tensor<?x16x30x30xf32>
  return %y : tensor<?x16x30x30xf32>
}

// -----
// Two sums of one shape over one kernel's values share its sweep and their finish kernel; a sum of another shape has its own finish.
// CHECK-LABEL: func @shared_finish
// CHECK: %[[P:.*]]:3 = fusion.kernel "{{.*}}" "channels"
// CHECK-COUNT-3: fusion.partial sum
// CHECK: fusion.kernel "{{.*}}" "finish_rows"(%[[P]]#0, %[[P]]#1)
// CHECK-COUNT-2: fusion.finish sum
// CHECK: fusion.kernel "{{.*}}" "finish_rows"(%[[P]]#2)
// CHECK-NOT: fusion.kernel
func.func @shared_finish(%x: tensor<?x16x30xf32>, %y: tensor<?x16x30xf32>) -> (tensor<16xf32>, tensor<16xf32>, tensor<f32>) {
  %p = fusion.mul %x, %y : (tensor<?x16x30xf32>, tensor<?x16x30xf32>) -> tensor<?x16x30xf32>
  %a = fusion.sum_to %x {dims = array<i64: 0, 2>} : tensor<?x16x30xf32> to tensor<16xf32>
  %b = fusion.sum_to %p {dims = array<i64: 0, 2>} : tensor<?x16x30xf32> to tensor<16xf32>
  %c = fusion.sum_to %p {dims = array<i64: 0, 1, 2>} : tensor<?x16x30xf32> to tensor<f32>
  return %a, %b, %c : tensor<16xf32>, tensor<16xf32>, tensor<f32>
}

// -----
// The bias gradient is summed by the kernel of the weight gradient, which computes dz while it loads it: no kernel of its own sweeps dz.
// CHECK-LABEL: func @absorbed
// CHECK-NOT: "channels"
// CHECK: %[[P:.*]]:2 = fusion.kernel "{{.*}}" "weight"
// CHECK: %[[DZ:.*]] = fusion.map
// CHECK: fusion.contract weight %[[DZ]]
// CHECK: fusion.partial sum tiles_outer %[[DZ]]
// CHECK: fusion.kernel "{{.*}}" "finish_columns"(%[[P]]#0)
// CHECK: fusion.kernel "{{.*}}" "finish_columns"(%[[P]]#1)
// CHECK-NOT: fusion.kernel
func.func @absorbed(%dy: tensor<?x16x30x30xf32>, %z: tensor<?x16x30x30xf32>, %x: tensor<?x8x32x32xf32>) -> (tensor<16x8x3x3xf32>, tensor<16xf32>) {
  %dz = fusion.activation_grad "relu" %dy, %z {params = {}} : tensor<?x16x30x30xf32>
  %dw = fusion.conv_grad_weight %dz, %x : (tensor<?x16x30x30xf32>, tensor<?x8x32x32xf32>) -> tensor<16x8x3x3xf32>
  %db = fusion.sum_to %dz {dims = array<i64: 0, 2, 3>} : tensor<?x16x30x30xf32> to tensor<16xf32>
  return %dw, %db : tensor<16x8x3x3xf32>, tensor<16xf32>
}

// -----
// Column sums of rows lie behind each other, one row of partials per tile.
// CHECK-LABEL: func @columns
// CHECK: fusion.kernel "{{.*}}" "rows"{{.*}} -> tensor<?x64xf32>
// CHECK: fusion.partial sum tiles_outer
// CHECK: fusion.kernel "{{.*}}" "finish_columns"
// CHECK-NOT: fusion.kernel
func.func @columns(%x: tensor<?x64xf32>) -> tensor<64xf32> {
  %y = fusion.sum_to %x {dims = array<i64: 0>} : tensor<?x64xf32> to tensor<64xf32>
  return %y : tensor<64xf32>
}
