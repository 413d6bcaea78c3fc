// The tile of short runs on runs of another length: registers hold what fits them, and whole warps walk over the rest.
// RUN: fusion-opt %s -fusion-decompose-norms -fusion-lower-to-stages -fusion-fuse -fusion-schedule | FileCheck %s

// CHECK-LABEL: func.func @short
// CHECK: "sweep"
// CHECK-SAME: held = 1 : i64, lanes = 4 : i64
func.func @short(%x: tensor<?x6x100xf32>) -> tensor<?x6x100xf32>
    attributes {fusion.schedules = [{along_reduced = 1 : i64, held = 1 : i64, lanes = 4 : i64, threads = 256 : i64}]} {
  %y = fusion.softmax %x {dims = array<i64: 2>} : tensor<?x6x100xf32>
  return %y : tensor<?x6x100xf32>
}

// CHECK-LABEL: func.func @long
// CHECK: "sweep"
// CHECK-SAME: held = 0 : i64, lanes = 32 : i64
func.func @long(%x: tensor<?x6x300xf32>) -> tensor<?x6x300xf32>
    attributes {fusion.schedules = [{along_reduced = 1 : i64, held = 1 : i64, lanes = 4 : i64, threads = 256 : i64}]} {
  %y = fusion.softmax %x {dims = array<i64: 2>} : tensor<?x6x300xf32>
  return %y : tensor<?x6x300xf32>
}
