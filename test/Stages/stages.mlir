// Every stage and a kernel, in the forms their descriptions show, parse and print back as they are.
// RUN: fusion-opt %s | fusion-opt | FileCheck %s

#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#channel = affine_map<(n, c, p) -> (c)>
#group = affine_map<(n, c, p) -> (n * 2 + c floordiv 2)>

// CHECK-LABEL: func @map
// CHECK: fusion.map(%{{.*}}, %{{.*}}) over [?, 4, 8] attributes {access = [#map, #map1], result_access = #map, source = "bias"} : (tensor<?x4x8xf32>, tensor<4xf32>) -> tensor<?x4x8xf32> {
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[A]], %[[B]] : f32
// CHECK-NEXT: fusion.yield %[[SUM]] : f32
func.func @map(%x: tensor<?x4x8xf32>, %bias: tensor<4xf32>) -> tensor<?x4x8xf32> {
  %y = fusion.map(%x, %bias) over [?, 4, 8] attributes {access = [#full, #channel], result_access = #full, source = "bias"}
      : (tensor<?x4x8xf32>, tensor<4xf32>) -> tensor<?x4x8xf32> {
  ^bb0(%a: f32, %b: f32):
    %sum = arith.addf %a, %b : f32
    fusion.yield %sum : f32
  }
  return %y : tensor<?x4x8xf32>
}

// A map without operands is a constant; a batch may be fixed, and empty.
// CHECK-LABEL: func @fixed
// CHECK: fusion.map() over [0, 4, 8] attributes {access = []
func.func @fixed() -> tensor<0x4x8xf32> {
  %y = fusion.map() over [0, 4, 8] attributes {access = [], result_access = #full} : () -> tensor<0x4x8xf32> {
    %zero = arith.constant 0.0 : f32
    fusion.yield %zero : f32
  }
  return %y : tensor<0x4x8xf32>
}

// CHECK-LABEL: func @reduce
// CHECK: fusion.reduce moments %{{.*}} over [?, 4, 8] attributes {access = #map, result_access = #map2, source = "statistics"} : (tensor<?x4x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
// CHECK: fusion.reduce sum %{{.*}} over [?, 4, 8] attributes {access = #map, result_access = #map1} : (tensor<?x4x8xf32>) -> tensor<4xf32>
func.func @reduce(%x: tensor<?x4x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<4xf32>) {
  %mean, %variance = fusion.reduce moments %x over [?, 4, 8] attributes {access = #full, result_access = #group, source = "statistics"}
      : (tensor<?x4x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
  %sum = fusion.reduce sum %x over [?, 4, 8] attributes {access = #full, result_access = #channel} : (tensor<?x4x8xf32>) -> tensor<4xf32>
  return %mean, %variance, %sum : tensor<?x2xf32>, tensor<?x2xf32>, tensor<4xf32>
}

// CHECK-LABEL: func @contract
// CHECK: fusion.contract gather %{{.*}}, %{{.*}} {dilation = array<i64: 1>, padding = array<i64: 1>, source = "convolution", stride = array<i64: 2>} : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x5xf32>
// CHECK: fusion.contract scatter
// CHECK: fusion.contract weight
// CHECK: fusion.contract matmul %{{.*}}, %{{.*}} {transpose_b} : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
func.func @contract(%l: tensor<?x6x9xf32>, %w: tensor<4x6x3xf32>, %a: tensor<?x8xf32>, %b: tensor<4x8xf32>)
    -> (tensor<?x6x9xf32>, tensor<4x6x3xf32>, tensor<?x4xf32>) {
  %s = fusion.contract gather %l, %w {stride = array<i64: 2>, padding = array<i64: 1>, dilation = array<i64: 1>, source = "convolution"}
      : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x5xf32>
  %back = fusion.contract scatter %s, %w {stride = array<i64: 2>, padding = array<i64: 1>, dilation = array<i64: 1>}
      : (tensor<?x4x5xf32>, tensor<4x6x3xf32>) -> tensor<?x6x9xf32>
  %dw = fusion.contract weight %s, %l {stride = array<i64: 2>, padding = array<i64: 1>, dilation = array<i64: 1>}
      : (tensor<?x4x5xf32>, tensor<?x6x9xf32>) -> tensor<4x6x3xf32>
  %y = fusion.contract matmul %a, %b {transpose_b} : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  return %back, %dw, %y : tensor<?x6x9xf32>, tensor<4x6x3xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: func @kernels
// CHECK: fusion.kernel "forward_0_convolution_statistics" "gather"(%{{.*}}, %{{.*}}) : (tensor<?x6x9xf32>, tensor<4x6x2xf32>) -> (tensor<?x4x8xf32>, tensor<3x4x?xf32>) {
// CHECK: fusion.partial moments tiles_inner %{{.*}} over [?, 4, 8] attributes {source = "statistics"} : (tensor<?x4x8xf32>) -> tensor<3x4x?xf32>
// CHECK: fusion.return %{{.*}}, %{{.*}} : tensor<?x4x8xf32>, tensor<3x4x?xf32>
// CHECK: fusion.kernel "forward_1_finish" "finish_rows"
// CHECK: fusion.finish moments tiles_inner %{{.*}} over [?, 4, 8] attributes {result_access = #map2} : (tensor<3x4x?xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
func.func @kernels(%l: tensor<?x6x9xf32>, %w: tensor<4x6x2xf32>) -> (tensor<?x4x8xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %s, %p = fusion.kernel "forward_0_convolution_statistics" "gather"(%l, %w)
      : (tensor<?x6x9xf32>, tensor<4x6x2xf32>) -> (tensor<?x4x8xf32>, tensor<3x4x?xf32>) {
  ^bb0(%x: tensor<?x6x9xf32>, %weight: tensor<4x6x2xf32>):
    %z = fusion.contract gather %x, %weight {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
        : (tensor<?x6x9xf32>, tensor<4x6x2xf32>) -> tensor<?x4x8xf32>
    %m = fusion.partial moments tiles_inner %z over [?, 4, 8] attributes {source = "statistics"} : (tensor<?x4x8xf32>) -> tensor<3x4x?xf32>
    fusion.return %z, %m : tensor<?x4x8xf32>, tensor<3x4x?xf32>
  }
  %mean, %variance = fusion.kernel "forward_1_finish" "finish_rows"(%p) : (tensor<3x4x?xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  ^bb0(%partials: tensor<3x4x?xf32>):
    %a, %b = fusion.finish moments tiles_inner %partials over [?, 4, 8] attributes {result_access = #group}
        : (tensor<3x4x?xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
    fusion.return %a, %b : tensor<?x2xf32>, tensor<?x2xf32>
  }
  return %s, %mean, %variance : tensor<?x4x8xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}

// A weight contraction leaves one W per tile; the finish kernel adds them.
// CHECK-LABEL: func @weight_partials
// CHECK: fusion.contract weight {{.*}} -> tensor<?x4x6x2xf32>
// CHECK: fusion.finish sum tiles_outer {{.*}} over [1, 48, 1]
func.func @weight_partials(%s: tensor<?x4x8xf32>, %l: tensor<?x6x9xf32>) -> tensor<4x6x2xf32> {
  %p = fusion.kernel "backward_0_weight" "weight"(%s, %l) : (tensor<?x4x8xf32>, tensor<?x6x9xf32>) -> tensor<?x4x6x2xf32> {
  ^bb0(%a: tensor<?x4x8xf32>, %b: tensor<?x6x9xf32>):
    %dw = fusion.contract weight %a, %b {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
        : (tensor<?x4x8xf32>, tensor<?x6x9xf32>) -> tensor<?x4x6x2xf32>
    fusion.return %dw : tensor<?x4x6x2xf32>
  }
  %dw = fusion.kernel "backward_1_finish" "finish_columns"(%p) : (tensor<?x4x6x2xf32>) -> tensor<4x6x2xf32> {
  ^bb0(%partials: tensor<?x4x6x2xf32>):
    %sum = fusion.finish sum tiles_outer %partials over [1, 48, 1] attributes {result_access = #channel} : (tensor<?x4x6x2xf32>) -> tensor<4x6x2xf32>
    fusion.return %sum : tensor<4x6x2xf32>
  }
  return %dw : tensor<4x6x2xf32>
}

// A split matrix product leaves one product per split; the kernel of rows behind it adds them up.
#rows = affine_map<(n, c, p) -> (n * 8 + c)>
// CHECK-LABEL: func @split_product
// CHECK: fusion.contract matmul {{.*}} -> tensor<?x?x8xf32>
// CHECK: fusion.finish sum tiles_outer {{.*}} over [?, 8, 1]
func.func @split_product(%x: tensor<?x96xf32>, %w: tensor<8x96xf32>) -> tensor<?x8xf32> {
  %p = fusion.kernel "forward_0_linear_partial" "matmul"(%x, %w) : (tensor<?x96xf32>, tensor<8x96xf32>) -> tensor<?x?x8xf32> {
  ^bb0(%a: tensor<?x96xf32>, %b: tensor<8x96xf32>):
    %z = fusion.contract matmul %a, %b {transpose_b} : (tensor<?x96xf32>, tensor<8x96xf32>) -> tensor<?x?x8xf32>
    fusion.return %z : tensor<?x?x8xf32>
  }
  %y = fusion.kernel "forward_1_linear" "rows"(%p) : (tensor<?x?x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%partials: tensor<?x?x8xf32>):
    %sum = fusion.finish sum tiles_outer %partials over [?, 8, 1] attributes {result_access = #rows} : (tensor<?x?x8xf32>) -> tensor<?x8xf32>
    fusion.return %sum : tensor<?x8xf32>
  }
  return %y : tensor<?x8xf32>
}
