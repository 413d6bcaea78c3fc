// Options are checked; a rule's name is corrected.
// RUN: not fusion-opt %s -fusion-simplify=precision=half 2>&1 | FileCheck %s --check-prefix=PRECISION
// RUN: not fusion-opt %s -fusion-simplify=phase=later 2>&1 | FileCheck %s --check-prefix=PHASE
// RUN: not fusion-opt %s -fusion-simplify=disable=add-zeros 2>&1 | FileCheck %s --check-prefix=RULE

// PRECISION: error: expected option precision to be torch or ieee, but got half
// PHASE: error: expected option phase to be before-diff or after-diff, but got later
// RULE: error: expected option disable to name rules, but got add-zeros; did you mean add-zero?
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
