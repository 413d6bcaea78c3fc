// Declares the pass that adds the backward function.
#ifndef FUSION_DIFFERENTIATE_PASSES_TD
#define FUSION_DIFFERENTIATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def Differentiate : Pass<"fusion-differentiate", "::mlir::ModuleOp"> {
  let summary = "adds the backward function of the model";
  let description = [{
    The module's one public function `@f` gets `fusion.role = "forward"`, and `@f_backward` with `fusion.role = "backward"` is added. Its
    arguments are one gradient per result of `@f` (named `grad_<result>`), then all arguments of `@f`; its results are gradients, each
    with `fusion.grad_of = "<argument>"`, of parameters only or of all arguments, in argument order. Its body holds clones of the forward
    ops it needs, then gradient ops. A forward op and its clone carry the same number `fusion.id`, so that a later pass may save the
    value instead of computing it again.

    Before:
    ```mlir
    func.func @f(%w: tensor<4xf32> {fusion.parameter}) -> tensor<4xf32> {
      %y = fusion.tanh %w : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
    After, besides `@f`:
    ```mlir
    func.func @f_backward(%dy: tensor<4xf32> {fusion.name = "grad_y"}, %w: tensor<4xf32> {fusion.name = "w", fusion.parameter})
        -> (tensor<4xf32> {fusion.grad_of = "w"}) attributes {fusion.role = "backward"} {
      %dw = fusion.activation_grad "tanh" %dy, %w : tensor<4xf32>
      return %dw : tensor<4xf32>
    }
    ```

    An op without a derivative rule, and an argument that no result depends on, are errors.
  }];
  let options = [
    Option<"grad", "grad", "std::string", "\"params\"", "gradients of the parameters (params) or of every argument (all)">,
  ];
  let statistics = [
    Statistic<"numGradientOps", "gradient-ops", "ops of the backward function that are not clones of forward ops">,
    Statistic<"numClonedOps", "cloned-ops", "forward ops the backward function reads the value of">,
  ];
  let dependentDialects = ["::fusion::FusionDialect", "::mlir::func::FuncDialect"];
}

#endif
