// Every constraint of contractions and kernels is diagnosed.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

func.func @contract_c1(%l: tensor<?x6x9x9xf32>, %w: tensor<4x6x3x3xf32>) {
  // expected-error@+1 {{expected stride to have 2 entries, one per spatial dim, but got [1] (contract_c1)}}
  %s = fusion.contract gather %l, %w {stride = array<i64: 1>, padding = array<i64: 0, 0>, dilation = array<i64: 1, 1>}
      : (tensor<?x6x9x9xf32>, tensor<4x6x3x3xf32>) -> tensor<?x4x7x7xf32>
  return
}

// -----
func.func @contract_c1_missing(%l: tensor<?x6x9xf32>, %w: tensor<4x6x3xf32>) {
  // expected-error@+1 {{expected padding to have 1 entries, one per spatial dim, but got [] (contract_c1)}}
  %s = fusion.contract gather %l, %w {stride = array<i64: 1>, dilation = array<i64: 1>} : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x7xf32>
  return
}

// -----
func.func @contract_c1_matmul(%a: tensor<?x8xf32>, %b: tensor<8x4xf32>) {
  // expected-error@+1 {{expected a matrix product without window and with one group, but got 1 window entries and 1 groups (contract_c1)}}
  %y = fusion.contract matmul %a, %b {stride = array<i64: 1>} : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @contract_c1_matmul_groups(%a: tensor<?x8xf32>, %b: tensor<8x4xf32>) {
  // expected-error@+1 {{expected a matrix product without window and with one group, but got 0 window entries and 2 groups (contract_c1)}}
  %y = fusion.contract matmul %a, %b {groups = 2 : i64} : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @contract_c2_stride(%l: tensor<?x6x9xf32>, %w: tensor<4x6x3xf32>) {
  // expected-error@+1 {{expected stride entries of at least 1, but got [0] (contract_c2)}}
  %s = fusion.contract gather %l, %w {stride = array<i64: 0>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x7xf32>
  return
}

// -----
func.func @contract_c2_dilation(%l: tensor<?x6x9xf32>, %w: tensor<4x6x3xf32>) {
  // expected-error@+1 {{expected dilation entries of at least 1, but got [-1] (contract_c2)}}
  %s = fusion.contract gather %l, %w {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: -1>}
      : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x7xf32>
  return
}

// -----
func.func @contract_c2_padding(%l: tensor<?x6x9xf32>, %w: tensor<4x6x3xf32>) {
  // expected-error@+1 {{expected padding entries of at least 0, but got [-1] (contract_c2)}}
  %s = fusion.contract gather %l, %w {stride = array<i64: 1>, padding = array<i64: -1>, dilation = array<i64: 1>}
      : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x5xf32>
  return
}

// -----
func.func @contract_c3(%l: tensor<?x6x9xf32>, %w: tensor<4x6x3x3xf32>) {
  // expected-error@+1 {{expected S, L and W of one rank from 3 to 5 with static extents of at least 1 but for the batch, but got 'tensor<?x4x7xf32>', 'tensor<?x6x9xf32>' and 'tensor<4x6x3x3xf32>' (contract_c3)}}
  %s = fusion.contract gather %l, %w {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<?x6x9xf32>, tensor<4x6x3x3xf32>) -> tensor<?x4x7xf32>
  return
}

// -----
func.func @contract_c3_dynamic(%l: tensor<2x6x?xf32>, %w: tensor<4x6x3xf32>) {
  // expected-error@+1 {{expected S, L and W of one rank from 3 to 5 with static extents}}
  %s = fusion.contract gather %l, %w {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<2x6x?xf32>, tensor<4x6x3xf32>) -> tensor<2x4x7xf32>
  return
}

// -----
// Partials of a weight contraction exist inside a kernel only.
func.func @contract_c3_partials(%s: tensor<?x4x8xf32>, %l: tensor<?x6x9xf32>) {
  // expected-error@+1 {{expected S, L and W of one rank from 3 to 5}}
  %w = fusion.contract weight %s, %l {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<?x4x8xf32>, tensor<?x6x9xf32>) -> tensor<?x4x6x2xf32>
  return
}

// -----
func.func @contract_c4(%s: tensor<2x4x8xf32>, %l: tensor<3x6x9xf32>) {
  // expected-error@+1 {{expected one batch, but got 'tensor<2x4x8xf32>' and 'tensor<3x6x9xf32>' (contract_c4)}}
  %w = fusion.contract weight %s, %l {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<2x4x8xf32>, tensor<3x6x9xf32>) -> tensor<4x6x2xf32>
  return
}

// -----
func.func @contract_c5_divide(%l: tensor<?x6x9xf32>, %w: tensor<4x2x3xf32>) {
  // expected-error@+1 {{expected groups that divide 4 channels of S and 6 of L, but got 3 (contract_c5)}}
  %s = fusion.contract gather %l, %w {groups = 3 : i64, stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<?x6x9xf32>, tensor<4x2x3xf32>) -> tensor<?x4x7xf32>
  return
}

// -----
func.func @contract_c5_weight(%l: tensor<?x6x9xf32>, %w: tensor<4x6x3xf32>) {
  // expected-error@+1 {{expected W to begin with [4, 3], but got 'tensor<4x6x3xf32>'; W is [A, B / groups, taps...] (contract_c5)}}
  %s = fusion.contract gather %l, %w {groups = 2 : i64, stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x7xf32>
  return
}

// -----
func.func @contract_c5_scatter(%s: tensor<?x4x7xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error@+1 {{expected W to begin with [4, 6], but got 'tensor<6x4x3xf32>'}}
  %l = fusion.contract scatter %s, %w {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<?x4x7xf32>, tensor<6x4x3xf32>) -> tensor<?x6x9xf32>
  return
}

// -----
func.func @contract_c6(%l: tensor<?x6x9xf32>, %w: tensor<4x6x3xf32>) {
  // expected-error@+1 {{expected windows inside L and its padding, but got 8 windows that reach over extent 9 in spatial dim 0 (contract_c6)}}
  %s = fusion.contract gather %l, %w {stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x8xf32>
  return
}

// -----
func.func @contract_c7_rank(%a: tensor<?x8x1xf32>, %b: tensor<8x4xf32>) {
  // expected-error@+1 {{expected operands and a result of rank 2, but got 'tensor<?x8x1xf32>', 'tensor<8x4xf32>' and 'tensor<?x4xf32>' (contract_c7)}}
  %y = fusion.contract matmul %a, %b : (tensor<?x8x1xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @contract_c7_split_outside(%a: tensor<2x8xf32>, %b: tensor<8x4xf32>) {
  // expected-error@+1 {{expected operands and a result of rank 2, but got 'tensor<2x8xf32>', 'tensor<8x4xf32>' and 'tensor<?x2x4xf32>' (contract_c7)}}
  %y = fusion.contract matmul %a, %b : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<?x2x4xf32>
  return
}

// -----
func.func @contract_c7_sum(%a: tensor<?x8xf32>, %b: tensor<4x8xf32>) {
  // expected-error@+1 {{expected equal extents in dim 1 of lhs and dim 0 of rhs, but got 'tensor<?x8xf32>' and 'tensor<4x8xf32>'; see transpose_a and transpose_b (contract_c7)}}
  %y = fusion.contract matmul %a, %b : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  return
}

// -----
func.func @contract_c7_result(%a: tensor<?x8xf32>, %b: tensor<4x8xf32>) {
  // expected-error@+1 {{expected a result of type 'tensor<?x4xf32>', but got 'tensor<?x5xf32>' (contract_c7)}}
  %y = fusion.contract matmul %a, %b {transpose_b} : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x5xf32>
  return
}

// -----
func.func @contract_c8(%l: tensor<?x6x9xf32>, %w: tensor<4x6x3xf32>) {
  // expected-error@+1 {{expected no transposed operand in a windowed contraction, but got transpose_b; the kind says which tensor is which (contract_c8)}}
  %s = fusion.contract gather %l, %w {transpose_b, stride = array<i64: 1>, padding = array<i64: 0>, dilation = array<i64: 1>}
      : (tensor<?x6x9xf32>, tensor<4x6x3xf32>) -> tensor<?x4x7xf32>
  return
}

// -----
func.func @kernel_c1(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected body arguments of types ('tensor<2x4xf32>'), but got ('tensor<2x5xf32>') (kernel_c1)}}
  fusion.kernel "k" "rows"(%x) : (tensor<2x4xf32>) -> () {
  ^bb0(%a: tensor<2x5xf32>):
    fusion.return
  }
  return
}

// -----
func.func @kernel_c2_types(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected a fusion.return of types ('tensor<2x5xf32>'), but got 'fusion.return' of ('tensor<2x4xf32>') (kernel_c2)}}
  %y = fusion.kernel "k" "rows"(%x) : (tensor<2x4xf32>) -> tensor<2x5xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    fusion.return %a : tensor<2x4xf32>
  }
  return
}

// -----
func.func @kernel_c2_stage(%x: tensor<2x4xf32>) {
  %y = fusion.kernel "k" "rows"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    // expected-error@+1 {{expected a stage in a kernel's body; lower it with -fusion-lower-to-stages (kernel_c2)}}
    %b = fusion.relu %a : tensor<2x4xf32>
    fusion.return %b : tensor<2x4xf32>
  }
  return
}

// -----
func.func @kernel_c3(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected one of the strategies gather, scatter, weight, matmul, pool, channels, rows, sweep, finish_rows, finish_columns, pack, but got 'row' (kernel_c3)}}
  %y = fusion.kernel "k" "row"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    fusion.return %a : tensor<2x4xf32>
  }
  return
}

// -----
func.func @kernel_c4_kind(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected no contraction, but got matmul (kernel_c4)}}
  %y = fusion.kernel "k" "rows"(%x) : (tensor<2x4xf32>) -> tensor<2x2xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    %b = fusion.contract matmul %a, %a {transpose_b} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x2xf32>
    fusion.return %b : tensor<2x2xf32>
  }
  return
}

// -----
func.func @kernel_c4_other(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected a contraction of kind gather, but got matmul (kernel_c4)}}
  %y = fusion.kernel "k" "gather"(%x) : (tensor<2x4xf32>) -> tensor<2x2xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    %b = fusion.contract matmul %a, %a {transpose_b} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x2xf32>
    fusion.return %b : tensor<2x2xf32>
  }
  return
}

// -----
func.func @kernel_c4_two(%x: tensor<2x2xf32>) {
  // expected-error@+1 {{expected one contraction, but got 2 (kernel_c4)}}
  %y = fusion.kernel "k" "matmul"(%x) : (tensor<2x2xf32>) -> tensor<2x2xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %b = fusion.contract matmul %a, %a : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    %c = fusion.contract matmul %b, %a : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    fusion.return %c : tensor<2x2xf32>
  }
  return
}

// -----
func.func @kernel_c4_none(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected one contraction, but got 0 (kernel_c4)}}
  %y = fusion.kernel "k" "matmul"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    fusion.return %a : tensor<2x4xf32>
  }
  return
}

// -----
#channel = affine_map<(n, c, p) -> (c)>
func.func @kernel_c5(%p: tensor<1x4x?xf32>) {
  // expected-error@+1 {{expected the strategy finish_rows for partials laid out tiles_inner, but got 'finish_columns' (kernel_c5)}}
  %y = fusion.kernel "k" "finish_columns"(%p) : (tensor<1x4x?xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<1x4x?xf32>):
    %b = fusion.finish sum tiles_inner %a over [?, 4, 8] attributes {result_access = #channel} : (tensor<1x4x?xf32>) -> tensor<4xf32>
    fusion.return %b : tensor<4xf32>
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 4 + c)>
func.func @kernel_c5_two(%p: tensor<?x2x4xf32>) {
  // expected-error@+1 {{expected the strategy finish_columns for partials laid out tiles_outer, but got 'rows' (kernel_c5)}}
  %y:2 = fusion.kernel "k" "rows"(%p) : (tensor<?x2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  ^bb0(%a: tensor<?x2x4xf32>):
    %b = fusion.finish sum tiles_outer %a over [2, 4, 1] attributes {result_access = #full} : (tensor<?x2x4xf32>) -> tensor<2x4xf32>
    %c = fusion.finish sum tiles_outer %a over [2, 4, 1] attributes {result_access = #full} : (tensor<?x2x4xf32>) -> tensor<2x4xf32>
    fusion.return %b, %c : tensor<2x4xf32>, tensor<2x4xf32>
  }
  return
}

// -----
func.func @kernel_c6(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected a C identifier as the kernel's name, but got '0k' (kernel_c6)}}
  %y = fusion.kernel "0k" "rows"(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    fusion.return %a : tensor<2x4xf32>
  }
  return
}

// -----
func.func @return_outside() {
  // expected-error@+1 {{'fusion.return' op expects parent op 'fusion.kernel'}}
  fusion.return
}
