// Declares the pass that chooses tiles.
#ifndef FUSION_SCHEDULE_PASSES_TD
#define FUSION_SCHEDULE_PASSES_TD

include "mlir/Pass/PassBase.td"

def Schedule : Pass<"fusion-schedule", "::mlir::func::FuncOp"> {
  let summary = "chooses the tile of every kernel";
  let description = [{
    Sets `schedule` on each `fusion.kernel`. A function with the attribute `fusion.schedules` (one dictionary per kernel, in order) gets
    these tiles instead: the tiles of another shape of the same chain.
  }];
  let options = [
    Option<"arch", "arch", "std::string", "\"sm_90a\"", "device the tiles are for">,
    Option<"batch", "batch", "int64_t", "128", "batch size that stands for a dynamic one">,
  ];
  let dependentDialects = ["::fusion::FusionDialect"];
}

#endif
