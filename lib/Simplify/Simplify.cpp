// -fusion-simplify: applies the rules until none fits.
#include "Rule.h"
#include "fusion/Simplify/Passes.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace fusion {

#define GEN_PASS_DEF_SIMPLIFY
#include "fusion/Simplify/Passes.h.inc"

static std::string describe(Change change) {
  if (change == Change::Exact)
    return "exact";
  std::string text;
  auto add = [&](Change bit, StringRef name) {
    if (unsigned(change) & unsigned(bit))
      text += (text.empty() ? "" : ", ") + name.str();
  };
  add(Change::Finite, "finite");
  add(Change::Reassociating, "reassociating");
  add(Change::Different, "different");
  return text;
}

void reportRule(SimplifyContext &context, Operation *op, StringRef rule, const Justification &why) {
  ++context.applied;
  remark::passed(op->getLoc(), remark::RemarkOpts::name(rule).category("simplify"))
      << remark::add("{0}", op->getName().getStringRef().str()) << remark::reason("{0}", why.condition)
      << remark::metric("Class", StringRef(describe(why.value))) << remark::metric("GradientClass", StringRef(describe(why.gradient)));
}

bool constantAlong(Value v, int64_t rank, ArrayRef<int64_t> dims) {
  auto type = cast<RankedTensorType>(v.getType());
  return llvm::all_of(dims, [&](int64_t d) {
    int64_t own = d - (rank - type.getRank());
    return own < 0 || type.getDimSize(own) == 1;
  });
}

namespace {

class SimplifyPass : public impl::SimplifyBase<SimplifyPass> {
public:
  using SimplifyBase::SimplifyBase;

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }

private:
  LogicalResult run();
  LogicalResult checkOptions(const SimplifyContext &context);
};

} // namespace

LogicalResult SimplifyPass::checkOptions(const SimplifyContext &context) {
  func::FuncOp function = getOperation();
  if (precision != "torch" && precision != "ieee")
    return function.emitError("expected option precision to be torch or ieee, but got ") << precision;
  if (phase != "before-diff" && phase != "after-diff")
    return function.emitError("expected option phase to be before-diff or after-diff, but got ") << phase;
  for (StringRef given : disabled)
    if (!llvm::is_contained(context.names, given)) {
      auto closest =
          llvm::min_element(context.names, [&](StringRef a, StringRef b) { return given.edit_distance(a) < given.edit_distance(b); });
      return function.emitError("expected option disable to name rules, but got ") << given << "; did you mean " << *closest << "?";
    }
  return success();
}

LogicalResult SimplifyPass::run() {
  SmallVector<std::string> off(disabled.begin(), disabled.end());
  SimplifyContext context{{assumeFinite, precision == "torch", phase == "before-diff"}, off, {}, 0};
  RewritePatternSet patterns(&getContext());
  addReluOfHardswish(patterns, context);
  addDeadLimits(patterns, context);
  addMergeLimits(patterns, context);
  addScalars(patterns, context);
  addSums(patterns, context);
  addSumsOfConvolutions(patterns, context);
  addExtremes(patterns, context);
  bool merge = context.enabled("common-subexpressions");
  if (failed(checkOptions(context)))
    return failure();
  FrozenRewritePatternSet frozen(std::move(patterns));
  do {
    if (failed(applyPatternsGreedily(getOperation(), frozen)))
      return failure();
  } while (merge && mergeCommonSubexpressions(getOperation().getBody().front(), context));
  numApplied += context.applied;
  return success();
}

} // namespace fusion
