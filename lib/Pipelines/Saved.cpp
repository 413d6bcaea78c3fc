// Which forward values backward reads from memory instead of computing them again.
#include "Neighbourhood.h"
#include "fusion/Dialect/Layout.h"
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
        base += value == made->getResult(0) ? "_mean" : isa<MomentsOp>(made) ? "_variance" : "_rstd";
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
    if (Attribute layout = forward.getResultAttr(at, kLayoutAttr))
      backward.setArgAttr(argument, kLayoutAttr, layout);
    again.replaceAllUsesWith(backward.getArgument(argument));
  }
  dropDead(backward);
}

namespace {
/// Predicted seconds of both phases around a value, computed again in backward or saved.
struct Judgement {
  double again = 0, saved = 0;
  bool whole = true; ///< of the whole functions
};
} // namespace

/// Predicted seconds of the plans of both functions, which become stages.
static FailureOr<double> predict(func::FuncOp forward, func::FuncOp backward, const DeviceSpec &spec, int64_t batch) {
  double seconds = 0;
  for (func::FuncOp func : {forward, backward}) {
    if (failed(lowerToStages(func)))
      return failure();
    FailureOr<double> part = predictedSeconds(func, spec, batch);
    if (failed(part))
      return failure();
    seconds += *part;
  }
  return seconds;
}

static FailureOr<Judgement> judge(Operation *made, Operation *clone, int64_t id, const DeviceSpec &spec, int64_t batch) {
  Judgement j;
  for (bool save : {false, true}) {
    OwningOpRef<ModuleOp> trial = ModuleOp::create(made->getLoc());
    bool wholeForward = false, wholeBackward = false;
    func::FuncOp f = neighbourhood(made->getParentOfType<func::FuncOp>(), made, wholeForward),
                 b = neighbourhood(clone->getParentOfType<func::FuncOp>(), clone, wholeBackward);
    trial->push_back(f);
    trial->push_back(b);
    j.whole = wholeForward && wholeBackward;
    if (save)
      saveValue(f, b, id);
    FailureOr<double> seconds = predict(f, b, spec, batch);
    if (failed(seconds))
      return failure();
    (save ? j.saved : j.again) = *seconds;
  }
  return j;
}

/// The decision as a line of the report and as a remark at the op whose result it is about.
static void record(Operation *made, const Judgement &j, std::vector<std::string> &reasons) {
  bool save = j.saved < j.again;
  double chosen = std::min(j.saved, j.again), other = std::max(j.saved, j.again);
  std::string text =
      llvm::formatv("{0} the result of {1} for backward: both phases {2}predicted {3:f1} us, against {4:f1} us otherwise",
                    save ? "save" : "do not save", made->getName().stripDialect(), j.whole ? "" : "around it ", chosen * 1e6, other * 1e6);
  auto options =
      remark::RemarkOpts::name(save ? "saved" : "not saved").category("save").function(made->getParentOfType<func::FuncOp>().getSymName());
  (save ? remark::passed(made->getLoc(), options) : remark::missed(made->getLoc(), options))
      << remark::reason("{0}", text) << remark::metric("predicted_us", chosen * 1e6) << remark::metric("otherwise_us", other * 1e6);
  reasons.push_back(std::move(text));
}

FailureOr<std::vector<int64_t>> fusion::chooseSaved(func::FuncOp forward, func::FuncOp backward, const DeviceSpec &spec, int64_t batch,
                                                    std::vector<std::string> &reasons) {
  std::vector<int64_t> saved;
  SmallVector<int64_t> contractions, reductions;
  for (Operation &op : backward.getBody().front())
    if (auto id = op.getAttrOfType<IntegerAttr>(kIdAttr)) {
      if (isa<GroupStatsOp>(op))
        saved.push_back(id.getInt()); // a few bytes per group: never worth a pass over the input
      else if (isa<ConvOp, LinearOp, MatmulOp>(op))
        contractions.push_back(id.getInt());
      else if (isa<MomentsOp, SumOp, MaxOp, MinOp, MaxPoolOp, AvgPoolOp, AdaptiveAvgPoolOp>(op))
        reductions.push_back(id.getInt());
    }
  for (int64_t id : saved)
    saveValue(forward, backward, id);
  // What costs most to compute again comes first; a small result may still spare the reading of a large operand.
  for (int64_t id : llvm::concat<int64_t>(contractions, reductions)) {
    Operation *made = findId(forward, id), *clone = findId(backward, id);
    if (!made || !clone) // nobody reads it any more
      continue;
    FailureOr<Judgement> j = judge(made, clone, id, spec, batch);
    if (failed(j))
      return failure();
    record(made, *j, reasons);
    if (j->saved < j->again) {
      saved.push_back(id);
      saveValue(forward, backward, id);
    }
  }
  return saved;
}
