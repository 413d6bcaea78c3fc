// Which forward values backward reads from memory instead of computing them again.
#include "fusion/Dialect/Names.h"
#include "fusion/Fuse/Passes.h"
#include "fusion/Pipelines/Compile.h"
#include "fusion/Stages/Passes.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;

static Operation *findId(func::FuncOp func, int64_t id) {
  for (Operation &op : func.getBody().front())
    if (auto attr = op.getAttrOfType<IntegerAttr>(kIdAttr); attr && attr.getInt() == id)
      return &op;
  return nullptr;
}

void fusion::dropDead(func::FuncOp func) {
  SmallVector<Operation *> ops;
  for (Operation &op : func.getBody().front().without_terminator())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty())
      op->erase();
}

void fusion::saveValue(func::FuncOp forward, func::FuncOp backward, int64_t id) {
  Operation *made = findId(forward, id), *clone = findId(backward, id);
  if (!made || !clone)
    return;
  MLIRContext *context = forward.getContext();
  Operation *ret = forward.getBody().front().getTerminator();
  for (auto [value, again] : llvm::zip(made->getResults(), clone->getResults())) {
    if (again.use_empty())
      continue;
    // A value that forward returns anyway is read from there.
    unsigned at = ret->getNumOperands();
    for (OpOperand &operand : ret->getOpOperands())
      if (operand.get() == value)
        at = operand.getOperandNumber();
    StringAttr name;
    if (at == ret->getNumOperands()) {
      StringRef given = nameOf(value.getLoc());
      std::string base = given.empty() ? made->getName().stripDialect().str() : given.str();
      if (made->getNumResults() > 1)
        base += value == made->getResult(0) ? "_mean" : "_rstd";
      name = StringAttr::get(context, "saved_" + base);
      ret->insertOperands(at, value);
      (void)forward.insertResult(
          at, value.getType(),
          DictionaryAttr::get(context, {NamedAttribute(StringAttr::get(context, kNameAttr), name),
                                        NamedAttribute(StringAttr::get(context, "fusion.saved"), UnitAttr::get(context))}));
    } else {
      name = forward.getResultAttrOfType<StringAttr>(at, kNameAttr);
    }
    unsigned argument = backward.getNumArguments();
    (void)backward.insertArgument(argument, again.getType(),
                                  DictionaryAttr::get(context, {NamedAttribute(StringAttr::get(context, kNameAttr), name),
                                                                NamedAttribute(StringAttr::get(context, "fusion.from_forward"),
                                                                               IntegerAttr::get(IntegerType::get(context, 64), at))}),
                                  value.getLoc());
    again.replaceAllUsesWith(backward.getArgument(argument));
  }
  dropDead(backward);
}

/// Predicted seconds of both phases when `ids` are saved.
static FailureOr<double> predict(func::FuncOp forward, func::FuncOp backward, ArrayRef<int64_t> ids, const DeviceSpec &spec,
                                 int64_t batch) {
  OwningOpRef<ModuleOp> trial = ModuleOp::create(forward.getLoc());
  auto f = cast<func::FuncOp>(forward->clone()), b = cast<func::FuncOp>(backward->clone());
  trial->push_back(f);
  trial->push_back(b);
  for (int64_t id : ids)
    saveValue(f, b, id);
  double seconds = 0;
  for (func::FuncOp func : {f, b}) {
    if (failed(lowerToStages(func)))
      return failure();
    FailureOr<double> part = predictedSeconds(func, spec, batch);
    if (failed(part))
      return failure();
    seconds += *part;
  }
  return seconds;
}

/// The decision as a line of the report and as a remark at the op whose result it is about.
static void record(Operation *made, bool save, double chosen, double other, std::vector<std::string> &reasons) {
  std::string text = llvm::formatv("{0} the result of {1} for backward: both phases predicted {2:f1} us, against {3:f1} us otherwise",
                                   save ? "save" : "do not save", made->getName().stripDialect(), chosen * 1e6, other * 1e6);
  auto options =
      remark::RemarkOpts::name(save ? "saved" : "not saved").category("save").function(made->getParentOfType<func::FuncOp>().getSymName());
  (save ? remark::passed(made->getLoc(), options) : remark::missed(made->getLoc(), options))
      << remark::reason("{0}", text) << remark::metric("predicted_us", chosen * 1e6) << remark::metric("otherwise_us", other * 1e6);
  reasons.push_back(std::move(text));
}

FailureOr<std::vector<int64_t>> fusion::chooseSaved(func::FuncOp forward, func::FuncOp backward, const DeviceSpec &spec, int64_t batch,
                                                    std::vector<std::string> &reasons) {
  std::vector<int64_t> saved;
  SmallVector<int64_t> candidates;
  for (Operation &op : backward.getBody().front())
    if (auto id = op.getAttrOfType<IntegerAttr>(kIdAttr)) {
      if (isa<GroupStatsOp>(op))
        saved.push_back(id.getInt()); // a few bytes per group: never worth a pass over the input
      else if (isa<ConvOp, LinearOp, MatmulOp>(op))
        candidates.push_back(id.getInt());
    }
  FailureOr<double> best = predict(forward, backward, saved, spec, batch);
  if (failed(best))
    return failure();
  for (int64_t id : candidates) {
    std::vector<int64_t> with = saved;
    with.push_back(id);
    FailureOr<double> seconds = predict(forward, backward, with, spec, batch);
    if (failed(seconds))
      return failure();
    bool save = *seconds < *best;
    record(findId(forward, id), save, save ? *seconds : *best, save ? *best : *seconds, reasons);
    if (save)
      best = seconds, saved = with;
  }
  for (int64_t id : saved)
    saveValue(forward, backward, id);
  return saved;
}
