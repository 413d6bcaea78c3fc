// Every constraint of maps, reductions, partials and finishes is diagnosed.
// RUN: fusion-opt %s -split-input-file -verify-diagnostics

#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#two = affine_map<(n, c) -> (n * 8 + c)>
func.func @access_c1(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected an access with the dims (n, c, p) and one result, but got affine_map<(d0, d1) -> (d0 * 8 + d1)>; it gives a linear offset (access_c1)}}
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#two], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#pair = affine_map<(n, c, p) -> (n, c)>
func.func @access_c1_results(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected an access with the dims (n, c, p) and one result, but got affine_map<(d0, d1, d2) -> (d0, d1)>}}
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#pair], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#channel = affine_map<(n, c, p) -> (c)>
func.func @access_c2(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected offsets of at most 2 in 'tensor<3xf32>', but got 3 from affine_map<(d0, d1, d2) -> (d1)> over [2, 4, 8] (access_c2)}}
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#channel], result_access = #full} : (tensor<3xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
// With an unknown batch the stride between images counts: two images must fit two.
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#wide = affine_map<(n, c, p) -> (n * 33 + c * 8 + p)>
func.func @access_c2_batch(%x: tensor<?x4x8xf32>) {
  // expected-error@+1 {{expected offsets of at most 63 in 'tensor<?x4x8xf32>', but got 64 from affine_map<(d0, d1, d2) -> (d0 * 33 + d1 * 8 + d2)> over [?, 4, 8], two images (access_c2)}}
  %y = fusion.map(%x) over [?, 4, 8] attributes {access = [#wide], result_access = #full} : (tensor<?x4x8xf32>) -> tensor<?x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#down = affine_map<(n, c, p) -> (n * 32 + c * 8 - p)>
func.func @access_c2_negative(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{but got no bound from}}
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#down], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
// Divisions and remainders, as broadcasting over spatial dims makes them, are bounded.
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#height = affine_map<(n, c, p) -> (p floordiv 4)>
#width = affine_map<(n, c, p) -> (p mod 4)>
func.func @access_c2_spatial(%x: tensor<1x1x2x1xf32>, %z: tensor<3xf32>) {
  // expected-error@+1 {{expected offsets of at most 2 in 'tensor<3xf32>', but got 3 from affine_map<(d0, d1, d2) -> (d2 mod 4)>}}
  %y = fusion.map(%x, %z) over [2, 4, 8] attributes {access = [#height, #width], result_access = #full} : (tensor<1x1x2x1xf32>, tensor<3xf32>) -> tensor<2x4x2x4xf32> {
  ^bb0(%a: f32, %b: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @domain_c1(%x: tensor<2x32xf32>) {
  // expected-error@+1 {{expected a domain of three extents [N, C, P], but got 2; flatten the spatial dims (domain_c1)}}
  %y = fusion.map(%x) over [2, 32] attributes {access = [#full], result_access = #full} : (tensor<2x32xf32>) -> tensor<2x32xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @domain_c1_channels(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected channels and positions of at least 1, but got the domain [2, 0, 8]; only the batch may be `?` or 0 (domain_c1)}}
  %y = fusion.map(%x) over [2, 0, 8] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @domain_c1_positions(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{but got the domain [2, 4, -1]}}
  %y = fusion.map(%x) over [2, 4, -1] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @domain_c1_batch(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{but got the domain [-1, 4, 8]}}
  %y = fusion.map(%x) over [-1, 4, 8] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @map_c1(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected one access map per operand, but got 2 for 1 operands (map_c1)}}
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#full, #full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @map_c2(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected the domain [2, 4, 4] of the result 'tensor<2x4x2x2xf32>', but got [2, 4, 8] (map_c2)}}
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x2x2xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @map_c2_batch(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected the domain [2, 4, 8] of the result 'tensor<2x4x8xf32>', but got [?, 4, 8] (map_c2)}}
  %y = fusion.map(%x) over [?, 4, 8] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#channel = affine_map<(n, c, p) -> (c)>
func.func @map_c3(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected the dense access affine_map<(d0, d1, d2) -> (d0 * 32 + d1 * 8 + d2)>, but got affine_map<(d0, d1, d2) -> (d1)>; every element has an offset of its own, in memory order (map_c3)}}
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#full], result_access = #channel} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @map_c4(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected one f32 argument per operand, 1 in all, but got 2 arguments (map_c4)}}
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32, %b: f32):
    fusion.yield %a : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @map_c4_type(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected one f32 argument per operand, 1 in all, but got 1 arguments of other types (map_c4)}}
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f64):
    %b = arith.constant 0.0 : f32
    fusion.yield %b : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @map_c5(%x: tensor<2x4x8xf32>) {
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    // expected-error@+1 {{expected a scalar op that formulas are made of, but got one that cannot be emitted; write it with those of docs/ops.md (map_c5)}}
    %b = math.cosh %a : f32
    fusion.yield %b : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @map_c5_predicate(%x: tensor<2x4x8xf32>) {
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    // expected-error@+1 {{expected a scalar op that formulas are made of}}
    %less = arith.cmpf ult, %a, %a : f32
    %b = arith.select %less, %a, %a : f32
    fusion.yield %b : f32
  }
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
func.func @map_c5_type(%x: tensor<2x4x8xf32>) {
  %y = fusion.map(%x) over [2, 4, 8] attributes {access = [#full], result_access = #full} : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  ^bb0(%a: f32):
    // expected-error@+1 {{expected a scalar op that formulas are made of}}
    %wide = arith.constant 1.0 : f64
    fusion.yield %a : f32
  }
  return
}

// -----
func.func @yield_outside(%x: f32) {
  // expected-error@+1 {{'fusion.yield' op expects parent op 'fusion.map'}}
  fusion.yield %x : f32
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#channel = affine_map<(n, c, p) -> (c)>
func.func @reduce_c1(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected one result, but got 2 (reduce_c1)}}
  %y:2 = fusion.reduce sum %x over [2, 4, 8] attributes {access = #full, result_access = #channel} : (tensor<2x4x8xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#channel = affine_map<(n, c, p) -> (c)>
func.func @reduce_c1_moments(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected two results of one type, mean and variance, but got 1 (reduce_c1)}}
  %y = fusion.reduce moments %x over [2, 4, 8] attributes {access = #full, result_access = #channel} : (tensor<2x4x8xf32>) -> tensor<4xf32>
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#channel = affine_map<(n, c, p) -> (c)>
func.func @reduce_c1_types(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected two results of one type, mean and variance, but got 2 of different types (reduce_c1)}}
  %y:2 = fusion.reduce moments %x over [2, 4, 8] attributes {access = #full, result_access = #channel} : (tensor<2x4x8xf32>) -> (tensor<4xf32>, tensor<4x1xf32>)
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#channel = affine_map<(n, c, p) -> (c)>
func.func @reduce_c2(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected the domain [2, 4, 4] of the operand 'tensor<2x4x4xf32>', but got [2, 4, 8] (reduce_c2)}}
  %y = fusion.reduce sum %x over [2, 4, 8] attributes {access = #full, result_access = #channel} : (tensor<2x4x4xf32>) -> tensor<4xf32>
  return
}

// -----
#channel = affine_map<(n, c, p) -> (c)>
func.func @reduce_c3(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected the dense access affine_map<(d0, d1, d2) -> (d0 * 32 + d1 * 8 + d2)>, but got affine_map<(d0, d1, d2) -> (d1)>; every element has an offset of its own, in memory order (reduce_c3)}}
  %y = fusion.reduce sum %x over [2, 4, 8] attributes {access = #channel, result_access = #channel} : (tensor<2x4x8xf32>) -> tensor<4xf32>
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#channel = affine_map<(n, c, p) -> (c)>
func.func @reduce_c4_short(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected offsets up to 2 in 'tensor<3xf32>', but got 3 from affine_map<(d0, d1, d2) -> (d1)> over [2, 4, 8] (reduce_c4)}}
  %y = fusion.reduce sum %x over [2, 4, 8] attributes {access = #full, result_access = #channel} : (tensor<2x4x8xf32>) -> tensor<3xf32>
  return
}

// -----
#full = affine_map<(n, c, p) -> (n * 32 + c * 8 + p)>
#group = affine_map<(n, c, p) -> (n * 2 + c floordiv 2)>
func.func @reduce_c4_long(%x: tensor<?x4x8xf32>) {
  // expected-error@+1 {{expected offsets up to 5 in 'tensor<?x3xf32>', but got 3 from affine_map<(d0, d1, d2) -> (d0 * 2 + d1 floordiv 2)> over [?, 4, 8], two images (reduce_c4)}}
  %y = fusion.reduce sum %x over [?, 4, 8] attributes {access = #full, result_access = #group} : (tensor<?x4x8xf32>) -> tensor<?x3xf32>
  return
}

// -----
func.func @partial_c1(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected the domain [2, 4, 8] of the operand 'tensor<2x4x8xf32>', but got [2, 8, 4] (partial_c1)}}
  %p = fusion.partial sum tiles_inner %x over [2, 8, 4] : (tensor<2x4x8xf32>) -> tensor<1x8x?xf32>
  return
}

// -----
func.func @partial_c2_components(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected moments as tiles_inner of type 'tensor<3x4x?xf32>', but got tiles_inner of type 'tensor<1x4x?xf32>' (partial_c2)}}
  %p = fusion.partial moments tiles_inner %x over [2, 4, 8] : (tensor<2x4x8xf32>) -> tensor<1x4x?xf32>
  return
}

// -----
func.func @partial_c2_layout(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected partials of type 'tensor<?x4xf32>', but got tiles_outer of type 'tensor<1x4x?xf32>' (partial_c2)}}
  %p = fusion.partial sum tiles_outer %x over [2, 4, 8] : (tensor<2x4x8xf32>) -> tensor<1x4x?xf32>
  return
}

// -----
func.func @partial_c2_moments_outer(%x: tensor<2x4x8xf32>) {
  // expected-error@+1 {{expected moments as tiles_inner of type 'tensor<3x4x?xf32>', but got tiles_outer of type 'tensor<?x4xf32>' (partial_c2)}}
  %p = fusion.partial moments tiles_outer %x over [2, 4, 8] : (tensor<2x4x8xf32>) -> tensor<?x4xf32>
  return
}

// -----
#channel = affine_map<(n, c, p) -> (c)>
func.func @finish_c1(%p: tensor<3x4x?xf32>) {
  // expected-error@+1 {{expected two results of one type, mean and variance, but got 1 (finish_c1)}}
  %y = fusion.finish moments tiles_inner %p over [?, 4, 8] attributes {result_access = #channel} : (tensor<3x4x?xf32>) -> tensor<4xf32>
  return
}

// -----
#channel = affine_map<(n, c, p) -> (c)>
func.func @finish_c2(%p: tensor<3x4x?xf32>) {
  // expected-error@+1 {{expected tiles_inner partials [1, 4, ?], but got tiles_inner partials of type 'tensor<3x4x?xf32>' (finish_c2)}}
  %y = fusion.finish sum tiles_inner %p over [?, 4, 8] attributes {result_access = #channel} : (tensor<3x4x?xf32>) -> tensor<4xf32>
  return
}

// -----
#channel = affine_map<(n, c, p) -> (c)>
func.func @finish_c2_outer(%p: tensor<?x4x6x3xf32>) {
  // expected-error@+1 {{expected tiles_outer partials with the 48 elements of the result behind a leading `?`, but got tiles_outer partials of type 'tensor<?x4x6x3xf32>' (finish_c2)}}
  %y = fusion.finish sum tiles_outer %p over [1, 48, 1] attributes {result_access = #channel} : (tensor<?x4x6x3xf32>) -> tensor<4x6x2xf32>
  return
}

// -----
#channel = affine_map<(n, c, p) -> (c)>
func.func @finish_c2_moments_outer(%p: tensor<?x4xf32>) {
  // expected-error@+1 {{expected tiles_inner partials [3, 4, ?], but got tiles_outer partials of type 'tensor<?x4xf32>' (finish_c2)}}
  %y:2 = fusion.finish moments tiles_outer %p over [?, 4, 8] attributes {result_access = #channel} : (tensor<?x4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----
#channel = affine_map<(n, c, p) -> (c)>
func.func @finish_c3(%p: tensor<1x4x?xf32>) {
  // expected-error@+1 {{expected offsets up to 7 in 'tensor<8xf32>', but got 3 from affine_map<(d0, d1, d2) -> (d1)> over [?, 4, 8], two images (finish_c3)}}
  %y = fusion.finish sum tiles_inner %p over [?, 4, 8] attributes {result_access = #channel} : (tensor<1x4x?xf32>) -> tensor<8xf32>
  return
}

// -----

#full = affine_map<(n, c, p) -> (n * 4 + c)>
func.func @round_c1(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = fusion.map(%x) over [?, 4, 1] attributes {access = [#full], result_access = #full, source = "cast"} : (tensor<?x4xf32>) -> tensor<?x4xf32> {
  ^bb0(%a: f32):
    // expected-error@+1 {{'fusion.round' op expected f16 or bf16 to round to, but got 'f32'; every f32 is an f32 already (round_c1)}}
    %r = fusion.round %a to f32 : f32
    fusion.yield %r : f32
  }
  return %y : tensor<?x4xf32>
}
