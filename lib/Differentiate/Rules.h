// How a derivative rule sees the backward function that is being built.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace fusion {

/// Gradients by value. A rule asks whether an operand's gradient is wanted, builds it, and contributes it.
class Gradients {
public:
  Gradients(mlir::OpBuilder &builder, const llvm::DenseSet<mlir::Value> &active) : builder(builder), active(active) {}

  /// Whether some requested gradient depends on the gradient of `value`; null and constants never do.
  bool wants(mlir::Value value) const { return value && active.contains(value); }
  /// Adds `gradient`, of the shape of `value`, to what other uses of the value have contributed. It gets the value's element type.
  void contribute(mlir::Value value, mlir::Value gradient);
  /// The sum of all contributions so far, or null.
  mlir::Value of(mlir::Value value) const { return gradients.lookup(value); }

private:
  mlir::OpBuilder &builder;
  const llvm::DenseSet<mlir::Value> &active;
  llvm::DenseMap<mlir::Value, mlir::Value> gradients;
};

/// What a rule may use: the op, the gradients of its results (null where none), a builder at the end of the function.
struct RuleContext {
  mlir::Operation *op;
  mlir::OpBuilder &builder;
  Gradients &gradients;
  mlir::Location loc;

  /// The gradient of the op's only result.
  mlir::Value dy() const { return gradients.of(op->getResult(0)); }
};

/// Contributes the gradients of all operands that want one.
using Rule = mlir::LogicalResult (*)(RuleContext &);

/// Undoes broadcasting: the gradient of an operand that was repeated is the sum over its copies.
mlir::Value sumTo(RuleContext &c, mlir::Value gradient, mlir::Value operand);
mlir::Value negate(RuleContext &c, mlir::Value value);

/// The rule of an op, or null. Gradient ops have none: second derivatives are not supported.
Rule ruleOf(mlir::Operation *op);

mlir::LogicalResult convRule(RuleContext &);
mlir::LogicalResult linearRule(RuleContext &);
mlir::LogicalResult matmulRule(RuleContext &);
mlir::LogicalResult normalizeRule(RuleContext &);
mlir::LogicalResult sumRule(RuleContext &);
mlir::LogicalResult extremeRule(RuleContext &);
mlir::LogicalResult momentsRule(RuleContext &);
mlir::LogicalResult standardizeRule(RuleContext &);
mlir::LogicalResult reshapeRule(RuleContext &);
mlir::LogicalResult broadcastRule(RuleContext &);
mlir::LogicalResult maskRule(RuleContext &);
mlir::LogicalResult poolRule(RuleContext &);

} // namespace fusion
