#ifndef FUSION_RAISE_PASSES_TD
#define FUSION_RAISE_PASSES_TD

include "mlir/Pass/PassBase.td"

def RaiseIdioms : Pass<"fusion-raise-idioms", "::mlir::func::FuncOp"> {
  let summary = "spelled-out activations become named ops";
  let description = [{
    | spelled out | becomes |
    |---|---|
    | `x * sigmoid(x)` | `swish(x)` |
    | `clamp((x + 3) / 6, 0, 1)`, `clamp(x / 6 + 0.5, 0, 1)`, `relu6(x + 3) / 6`, `clamp(x + 3, 0, 6) / 6` | `hardsigmoid(x)` |
    | `x * hardsigmoid(x)`, `x * relu6(x + 3) / 6`, `x * clamp(x + 3, 0, 6) / 6` | `hardswish(x)` |

    Operands of `+` and `*` may come in either order, `/ 6` may be `* (1 / 6)`, `+ 3` may be `- -3`, and intermediate values may have other uses.
    What is raised carries the conventions of the op it became: its derivative at the kinks (the same as the spelled-out form's) and at NaN,
    its rounding, and the range in which it does not overflow (hardswish multiplies by 6 before it divides). `clamp(x, 0, 6)` alone stays
    what it is: it has no gradient where x is NaN, `relu6` passes it on.

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
  let statistics = [Statistic<"numRaised", "raised", "idioms that became named ops">];
  let dependentDialects = ["::fusion::FusionDialect"];
}

def DecomposeNorms : Pass<"fusion-decompose-norms", "::mlir::func::FuncOp"> {
  let summary = "norms become statistics and normalisation";
  let description = [{
    So that the two can land in different kernels, and have derivative rules of their own.

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

#endif
