// What every rule of the algebra has: a name, a class for values and one for gradients, and a condition it reports.
#pragma once
#include "fusion/Dialect/FusionDialect.h"
#include "fusion/Dialect/Names.h"
#include "mlir/IR/PatternMatch.h"

namespace fusion {

/// How much a rewrite changes; combines by `|`. See the table in include/fusion/Simplify/Passes.td.
enum class Change : unsigned { Exact = 0, Finite = 1, Reassociating = 2, Different = 4 };
inline Change operator|(Change a, Change b) { return Change(unsigned(a) | unsigned(b)); }

struct Permissions {
  bool assumeFinite = false, mayReassociate = true, beforeDifferentiation = false;

  bool permits(Change value, Change gradient) const {
    unsigned allowed = (assumeFinite ? unsigned(Change::Finite) : 0) | (mayReassociate ? unsigned(Change::Reassociating) : 0);
    unsigned asked = unsigned(value) | (beforeDifferentiation ? unsigned(gradient) : 0);
    return (asked & ~allowed) == 0;
  }
};

/// What a rewrite changes and why it holds here.
struct Justification {
  Change value, gradient;
  std::string condition;
};

/// What all rules of one run of the pass share.
struct SimplifyContext {
  Permissions permissions;
  llvm::ArrayRef<std::string> disabled;
  llvm::SmallVector<llvm::StringRef> names; // of all rules, in the order they were added
  int64_t applied = 0;

  bool enabled(llvm::StringRef name) {
    names.push_back(name);
    return !llvm::is_contained(disabled, name);
  }
};

/// Tells people which rule was applied to `op`, and counts it.
void reportRule(SimplifyContext &context, mlir::Operation *op, llvm::StringRef rule, const Justification &why);

/// A rule on ops of type `Op`. Subclasses say what to put in the op's place and why that is right.
template <typename Op> class SimplifyRule : public mlir::OpRewritePattern<Op> {
public:
  SimplifyRule(mlir::MLIRContext *mlirContext, SimplifyContext &context, llvm::StringRef name)
      : mlir::OpRewritePattern<Op>(mlirContext), context(context), name(name) {}

  mlir::LogicalResult matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const final {
    auto why = match(op);
    if (!why)
      return rewriter.notifyMatchFailure(op, "the rule's form or condition does not hold");
    if (!context.permissions.permits(why->value, why->gradient))
      return rewriter.notifyMatchFailure(op, "its class is not allowed by assume-finite, precision and phase");
    reportRule(context, op, name, *why);
    mlir::Value value = build(op, rewriter);
    // The new value stands for the old one where a saved value is looked up by number.
    mlir::Operation *made = value.getDefiningOp();
    if (made && made != op.getOperation() && op->hasAttr(kIdAttr) && !made->hasAttr(kIdAttr))
      rewriter.modifyOpInPlace(made, [&] { made->setAttr(kIdAttr, op->getAttr(kIdAttr)); });
    rewriter.replaceOp(op, value);
    return mlir::success();
  }

protected:
  /// Whether the rule fits, and then why it holds.
  virtual std::optional<Justification> match(Op op) const = 0;
  /// The value that takes the op's place; only called after `match`.
  virtual mlir::Value build(Op op, mlir::PatternRewriter &rewriter) const = 0;

private:
  SimplifyContext &context;
  llvm::StringRef name;
};

/// Whether `v`, broadcast to a tensor of `rank` dims, is the same for all indices of each of `dims`.
bool constantAlong(mlir::Value v, int64_t rank, llvm::ArrayRef<int64_t> dims);

void addReluOfHardswish(mlir::RewritePatternSet &patterns, SimplifyContext &context);
void addDeadLimits(mlir::RewritePatternSet &patterns, SimplifyContext &context);
void addMergeLimits(mlir::RewritePatternSet &patterns, SimplifyContext &context);
void addScalars(mlir::RewritePatternSet &patterns, SimplifyContext &context);
void addSums(mlir::RewritePatternSet &patterns, SimplifyContext &context);
void addSumsOfConvolutions(mlir::RewritePatternSet &patterns, SimplifyContext &context);
void addExtremes(mlir::RewritePatternSet &patterns, SimplifyContext &context);
/// Makes equal ops of a block one; returns whether anything changed.
bool mergeCommonSubexpressions(mlir::Block &block, SimplifyContext &context);

/// Adds a rule unless it is disabled.
template <typename Rule> void addRule(mlir::RewritePatternSet &patterns, SimplifyContext &context, llvm::StringRef name) {
  if (context.enabled(name))
    patterns.add<Rule>(patterns.getContext(), context, name);
}

} // namespace fusion
