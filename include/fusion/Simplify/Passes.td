// Declares the pass that applies algebra to named ops.
#ifndef FUSION_SIMPLIFY_PASSES_TD
#define FUSION_SIMPLIFY_PASSES_TD

include "mlir/Pass/PassBase.td"

def Simplify : Pass<"fusion-simplify", "::mlir::func::FuncOp"> {
  let summary = "algebra on named ops, each rule under a stated condition";
  let description = [{
    Each rule has a class for values and one for gradients:
    * exact: the same bits, or only another sign of a zero;
    * finite: differs only where an intermediate is NaN or infinite; used with `assume-finite`;
    * reassociating: rounding differs; used with `precision=torch`, not with `ieee`;
    * different: not the same function.

    After differentiation only the class for values counts. Before it (`phase=before-diff`) both do, because derivatives follow the program
    as the user wrote it, kinks included.

    | rule | what | value | gradient |
    |---|---|---|---|
    | `relu-of-hardswish` | `relu(hardswish(x))` to `hardswish(relu(x))` | finite | exact |
    | `dead-relu`, `dead-relu6`, `dead-clamp`, `dead-leaky-relu` | limits that the operand's range keeps already | exact | by operand |
    | `merge-clamps` | `clamp`s and `relu`s in a row become one `clamp` | exact | exact |
    | `merge-leaky-relus` | `leaky_a(leaky_b(x))` to `leaky_ab(x)` for b >= 0 | reassociating | reassociating |
    | `add-negative-zero` | `x + -0`, `x - 0` to `x` | exact | exact |
    | `add-zero` | `x + 0`, `x - -0` to `x`: the sign of a zero shows only through a division | finite | exact |
    | `multiply-by-one` | `x * 1`, `x / 1` to `x` | exact | exact |
    | `fold-scalars` | arithmetic on constants, in the element type | exact | exact |
    | `divide-by-power-of-two` | `x / c` to `x * (1 / c)`, with 1 / c exact | exact | exact |
    | `divide-by-scalar` | `x / c` to `x * (1 / c)` | reassociating | reassociating |
    | `merge-scalar-adds`, `merge-scalar-multiplies` | `(x + a) + b`, `(x * a) * b` with constants a, b | reassociating | reassociating |
    | `empty-sum` | a `sum_to` over dims of extent 1 only, same shape, to its operand | exact | exact |
    | `reduction-of-one` | a `sum`, `max` or `min` over dims of extent 1 to its operand | exact | exact |
    | `global-average` | an adaptive average pool of one window to a `sum` and a division | exact | exact |
    | `sum-of-scaled` | `sum(x * s)`, `sum(x / s)` to `sum(x) * s`, `sum(x) / s` where s is constant along the dims | reassociating | reassociating |
    | `sum-of-normalised` | the sum of a norm's result to the norm of a sum, along dims where its parameters are constant | reassociating | different |
    | `sum-of-linear` | the sum over a linear layer's features to a product with the sum of the weight's rows | reassociating | reassociating |
    | `sum-of-convolution` | the sum of a convolution over spatial dims to convolutions of sums of its input by sums of taps | reassociating | reassociating |
    | `extreme-before-map` | `max(f(x))` to `f(max(x))` for f that never decreases, likewise `min`, `max_pool` | exact; sigmoid, tanh, exp reassociating | different |
    | `merge-max-pools` | max pools in a row whose windows tile the picture | exact | different |
    | `common-subexpressions` | equal ops become one | exact | reassociating |

    Scalar steps are never distributed over a sum, `(x + a) * b` to `x * b + a * b`: where x is near -a that loses every digit.
    Dead ops are removed. An op that takes another's place takes its `fusion.id` too.

    Before:
    ```mlir
    %h = fusion.hardswish %x : tensor<4xf32>
    %y = fusion.relu %h : tensor<4xf32>
    ```
    After, with `assume-finite`:
    ```mlir
    %r = fusion.relu %x : tensor<4xf32>
    %y = fusion.hardswish %r : tensor<4xf32>
    ```
  }];
  let options = [
    Option<"assumeFinite", "assume-finite", "bool", "false", "allow rules that differ where an intermediate is NaN or infinite">,
    Option<"precision", "precision", "std::string", "\"torch\"", "torch allows rules that change rounding, ieee does not">,
    Option<"phase", "phase", "std::string", "\"after-diff\"", "before-diff asks that gradients stay the same too, after-diff does not">,
    ListOption<"disabled", "disable", "std::string", "rules that are not applied">,
  ];
  let statistics = [Statistic<"numApplied", "applied", "rules that were applied">];
  let dependentDialects = ["::fusion::FusionDialect"];
}

#endif
