// Declares the passes that name idioms and split norms.
#ifndef FUSION_RAISE_PASSES_TD
#define FUSION_RAISE_PASSES_TD

include "mlir/Pass/PassBase.td"

def RaiseIdioms : Pass<"fusion-raise-idioms", "::mlir::func::FuncOp"> {
  let summary = "spelled-out activations become named ops";
  let description = [{
    | spelled out | becomes | when |
    |---|---|---|
    | `x * sigmoid(x)` | `swish(x)` | always |
    | `x * tanh(softplus(x))` | `mish(x)` | always |
    | `clamp((x + 3) / 6, 0, 1)`, `clamp(x / 6 + 0.5, 0, 1)`, `clamp(x + 3, 0, 6) / 6` | `hardsigmoid(x)` | always |
    | `relu6(x + 3) / 6` | `hardsigmoid(x)` | `assume-finite` |
    | `x * hardsigmoid(x)`, `x * relu6(x + 3) / 6`, `x * clamp(x + 3, 0, 6) / 6` | `hardswish(x)` | `assume-finite` |

    Operands of `+` and `*` may come in either order, `/ 6` may be `* (1 / 6)`, `+ 3` may be `- -3`, and intermediate values may have other uses.
    What is raised always has the values and the gradients of the spelled-out form everywhere, kinks, infinities and NaN included, up to
    rounding and for a finite incoming gradient (an infinite one times a product's other factor 0 is NaN, where the named op has inf). What needs `assume-finite` differs in the gradient at NaN (hardswish passes dy on, the product's is NaN; relu6 passes dy on,
    hardsigmoid has none) and in its range (hardswish multiplies by 6 before it divides, and overflows above FLT_MAX / 6). `clamp(x, 0, 6)`
    alone stays what it is: it has no gradient where x is NaN, `relu6` passes it on. The pipeline sets `assume-finite` with
    `precision=torch` too: an idiom then takes the conventions of the op it names; `precision=ieee` keeps those of what is written.

    Before:
    ```mlir
    %s = fusion.sigmoid %x : tensor<4xf32>
    %y = fusion.mul %s, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    ```
    After:
    ```mlir
    %y = fusion.swish %x : tensor<4xf32>
    ```
  }];
  let options = [Option<"assumeFinite", "assume-finite", "bool", "false", "neither NaN nor infinity reaches the model">];
  let statistics = [Statistic<"numRaised", "raised", "idioms that became named ops">];
  let dependentDialects = ["::fusion::FusionDialect"];
}

def DecomposeNorms : Pass<"fusion-decompose-norms", "::mlir::func::FuncOp"> {
  let summary = "norms, softmaxes and composite reductions become statistics, reductions and arithmetic";
  let description = [{
    So that the parts can land in different kernels, and have derivative rules of their own.

    | op | becomes |
    |---|---|
    | `group_norm`, `instance_norm` (groups = C) | `group_stats`, `normalize` |
    | `layer_norm`, `batch_norm` in training | `moments`, `rsqrt(variance + eps)`, `standardize`, then gamma and beta by broadcasting |
    | `batch_norm` with `inference` | `standardize` with the running statistics |
    | running statistics | `(1 - momentum) * running + momentum * batch` of detached statistics, the variance times n / (n - 1) |
    | `rms_norm` | `x * rsqrt(sum(square(x)) / n + eps)` |
    | `softmax` | e / sum(e) with e = `exp(x - m)`, m the detached `max` |
    | `log_softmax` | z - log(sum(exp(z))) with z = x - m |
    | `logsumexp` | `log(sum(exp(x - m))) + m`, m the detached `max`, 0 where that is infinite |
    | `mean` | `sum` / n |
    | `variance` | the variance of `moments` times n / (n - correction) |

    n is a `constant`, or `count` where an unknown batch is reduced.

    Before:
    ```mlir
    %y = fusion.group_norm %x {groups = 2 : i64, eps = 1.0e-5} : (tensor<?x4xf32>) -> tensor<?x4xf32>
    ```
    After:
    ```mlir
    %mean, %rstd = fusion.group_stats %x {groups = 2 : i64, eps = 1.0e-5} : (tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>)
    %y = fusion.normalize %x stats %mean, %rstd : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x4xf32>
    ```
  }];
  let statistics = [Statistic<"numDecomposed", "decomposed", "norms that were decomposed">];
  let dependentDialects = ["::fusion::FusionDialect"];
}

def UnmergeBatch : Pass<"fusion-unmerge-batch", "::mlir::func::FuncOp"> {
  let summary = "keeps an unknown batch and the rows a reshape merges it with two dims";
  let description = [{
    `[N m, ...]` becomes `[N, m, ...]` from the reshape that merges to the one that takes the rows apart again; in between may stand elementwise
    ops and reductions of rows, to which norms and softmaxes are decomposed before. Stages and launch plans know one unknown extent, N.

    Before:
    ```mlir
    %rows = fusion.reshape %x : tensor<?x3x8xf32> to tensor<?x8xf32>
    %sum = fusion.sum %rows {dims = array<i64: 1>} : tensor<?x8xf32> to tensor<?xf32>
    %y = fusion.reshape %sum : tensor<?xf32> to tensor<?x3xf32>
    ```
    After:
    ```mlir
    %rows = fusion.reshape %x : tensor<?x3x8xf32> to tensor<?x3x8xf32>
    %sum = fusion.sum %rows {dims = array<i64: 2>} : tensor<?x3x8xf32> to tensor<?x3xf32>
    %y = fusion.reshape %sum : tensor<?x3xf32> to tensor<?x3xf32>
    ```
  }];
  let statistics = [Statistic<"numUnmerged", "unmerged", "reshapes whose merged batch was kept apart">];
  let dependentDialects = ["::fusion::FusionDialect"];
}

#endif
