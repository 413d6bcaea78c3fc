// -fusion-differentiate: builds the backward function by walking a clone of the forward one in reverse.
#include "Rules.h"
#include "fusion/Dialect/Layout.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Differentiate/Passes.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace fusion {

#define GEN_PASS_DEF_DIFFERENTIATE
#include "fusion/Differentiate/Passes.h.inc"

namespace {

class DifferentiatePass : public impl::DifferentiateBase<DifferentiatePass> {
public:
  using DifferentiateBase::DifferentiateBase;

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }

private:
  LogicalResult run();
  /// The requested arguments of `forward`, ascending.
  FailureOr<SmallVector<unsigned>> requested(func::FuncOp forward);
  func::FuncOp declare(func::FuncOp forward, ArrayRef<unsigned> wanted);
  LogicalResult fill(func::FuncOp backward, func::FuncOp forward, ArrayRef<unsigned> wanted);
};

} // namespace

static StringAttr argumentName(func::FuncOp function, unsigned i) { return function.getArgAttrOfType<StringAttr>(i, kNameAttr); }

LogicalResult DifferentiatePass::run() {
  func::FuncOp forward;
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    if (!function.isPublic() || function.isExternal())
      continue;
    if (forward)
      return function.emitError("expected one public function to differentiate, but got another; compile chains one by one");
    forward = function;
  }
  if (!forward || !forward.getBody().hasOneBlock())
    return getOperation().emitError("expected one public function of one block to differentiate, but got none");
  if (forward->hasAttr(kRoleAttr))
    return forward.emitError("expected a function that has not been differentiated, but got one with a role");

  nameTensors(forward);
  auto wanted = requested(forward);
  if (failed(wanted))
    return failure();
  Builder builder(&getContext());
  forward->setAttr(kRoleAttr, builder.getStringAttr("forward"));
  int64_t id = 0;
  for (Operation &op : forward.getBody().front().without_terminator())
    op.setAttr(kIdAttr, builder.getI64IntegerAttr(id++));
  func::FuncOp backward = declare(forward, *wanted);
  return fill(backward, forward, *wanted);
}

FailureOr<SmallVector<unsigned>> DifferentiatePass::requested(func::FuncOp forward) {
  if (grad != "params" && grad != "all")
    return forward.emitError("expected option grad to be params or all, but got ") << grad;
  SmallVector<unsigned> wanted;
  for (unsigned i = 0; i < forward.getNumArguments(); ++i)
    if (grad == "all" || forward.getArgAttr(i, kParameterAttr))
      wanted.push_back(i);
  if (wanted.empty())
    return forward.emitError(
        "expected an argument to differentiate with respect to, but got none; mark parameters with {fusion.parameter} or use "
        "--grad=all");
  return wanted;
}

func::FuncOp DifferentiatePass::declare(func::FuncOp forward, ArrayRef<unsigned> wanted) {
  OpBuilder builder(&getContext());
  SmallVector<Type> arguments(forward.getResultTypes()), results;
  llvm::append_range(arguments, forward.getArgumentTypes());
  for (unsigned i : wanted)
    results.push_back(forward.getArgumentTypes()[i]);
  builder.setInsertionPointAfter(forward);
  auto backward =
      func::FuncOp::create(builder, forward.getLoc(), (forward.getName() + "_backward").str(), builder.getFunctionType(arguments, results));
  backward->setAttr(kRoleAttr, builder.getStringAttr("backward"));
  backward.addEntryBlock();

  llvm::StringSet<> used;
  for (unsigned i = 0; i < forward.getNumArguments(); ++i)
    used.insert(argumentName(forward, i).getValue());
  unsigned gradients = forward.getNumResults();
  for (unsigned i = 0; i < gradients; ++i) {
    std::string base = ("grad_" + forward.getResultAttrOfType<StringAttr>(i, kNameAttr).getValue()).str(), name = base;
    for (unsigned n = 1; !used.insert(name).second; ++n)
      name = base + "_" + std::to_string(n);
    backward.setArgAttr(i, kNameAttr, builder.getStringAttr(name));
    if (Attribute layout = forward.getResultAttr(i, kLayoutAttr)) // a gradient lies as its tensor does
      backward.setArgAttr(i, kLayoutAttr, layout);
    backward.getArgument(i).setLoc(NameLoc::get(builder.getStringAttr(name), forward.getLoc()));
  }
  for (unsigned i = 0; i < forward.getNumArguments(); ++i) {
    backward.setArgAttrs(gradients + i, forward.getArgAttrDict(i));
    backward.getArgument(gradients + i).setLoc(forward.getArgument(i).getLoc());
  }
  for (auto [i, argument] : llvm::enumerate(wanted)) {
    backward.setResultAttr(i, kGradOfAttr, argumentName(forward, argument));
    if (Attribute layout = forward.getArgAttr(argument, kLayoutAttr))
      backward.setResultAttr(i, kLayoutAttr, layout);
  }
  return backward;
}

/// Operands that a result depends on differentiably.
static SmallVector<Value> differentiableOperands(Operation &op) {
  if (isa<DetachOp, CountOp>(op))
    return {};
  SmallVector<Value> operands(op.getOperands());
  if (isa<WhereOp>(op))
    operands.erase(operands.begin());
  return operands;
}

/// Values through which a requested argument reaches the results.
static llvm::DenseSet<Value> activeValues(Block &block, ValueRange wanted) {
  llvm::DenseSet<Value> active(wanted.begin(), wanted.end());
  for (Operation &op : block)
    if (llvm::any_of(differentiableOperands(op), [&](Value operand) { return active.contains(operand); }))
      active.insert(op.result_begin(), op.result_end());
  return active;
}

/// The location of an op's gradient: "grad_" and the op's name, where it has one.
static Location gradientLoc(Operation *op) {
  StringRef name = nameOf(op->getLoc());
  if (name.empty())
    return op->getLoc();
  return NameLoc::get(StringAttr::get(op->getContext(), "grad_" + name), op->getLoc());
}

LogicalResult DifferentiatePass::fill(func::FuncOp backward, func::FuncOp forward, ArrayRef<unsigned> wanted) {
  Block &block = backward.getBody().front();
  OpBuilder builder = OpBuilder::atBlockEnd(&block);
  unsigned numResults = forward.getNumResults();
  IRMapping mapping;
  mapping.map(forward.getArguments(), block.getArguments().drop_front(numResults));
  for (Operation &op : forward.getBody().front().without_terminator())
    builder.clone(op, mapping);
  SmallVector<Operation *> clones;
  for (Operation &op : block)
    clones.push_back(&op);

  SmallVector<Value> arguments;
  for (unsigned i : wanted)
    arguments.push_back(block.getArgument(numResults + i));
  llvm::DenseSet<Value> active = activeValues(block, arguments);
  Gradients gradients(builder, active);
  Operation *returned = forward.getBody().front().getTerminator();
  for (unsigned i = 0; i < numResults; ++i)
    if (Value result = mapping.lookup(returned->getOperand(i)); gradients.wants(result))
      gradients.contribute(result, block.getArgument(i));

  for (Operation *op : llvm::reverse(clones)) {
    // Values no result depends on have no gradient, and their ops need no rule.
    if (llvm::none_of(op->getResults(), [&](Value result) { return gradients.of(result); }))
      continue;
    Rule rule = ruleOf(op);
    if (!rule) {
      auto diagnostic = op->emitError() << "op '" << op->getName() << "' has no derivative rule";
      if (isComposite(op))
        diagnostic.attachNote() << "run -fusion-decompose-norms first";
      else
        diagnostic.attachNote() << "compile the forward pass alone with --grad=none, or remove the op";
      return failure();
    }
    RuleContext context{op, builder, gradients, gradientLoc(op)};
    if (failed(rule(context)))
      return failure();
  }

  SmallVector<Value> results;
  for (unsigned i : wanted) {
    Value gradient = gradients.of(block.getArgument(numResults + i));
    if (!gradient)
      return emitError(forward.getArgument(i).getLoc())
             << "expected the results to depend on argument \"" << escapeName(argumentName(forward, i).getValue())
             << "\", but got no path to them, so it has no gradient; remove it or ask for fewer gradients (--grad=params, --grad=none)";
    results.push_back(gradient);
  }
  func::ReturnOp::create(builder, forward.getLoc(), results);

  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
  for (Operation &op : block.without_terminator())
    ++(op.hasAttr(kIdAttr) ? numClonedOps : numGradientOps);
  return success();
}

} // namespace fusion
