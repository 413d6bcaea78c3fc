// One phase (forward or backward): names its tensors, prints its kernels, lays out its workspace, writes its launch plan.
#include "KernelText.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/Layout.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;
using runtime::Expr;
using runtime::KernelArg;

namespace {

class PhaseEmitter {
public:
  PhaseEmitter(func::FuncOp func, const EmitOptions &options) : func(func), options(options), kernels(func.getOps<KernelOp>()) {}
  FailureOr<EmittedPhase> run();

private:
  func::FuncOp func;
  const EmitOptions &options;
  SmallVector<KernelOp> kernels;
  PhaseNames names;
  EmittedPhase out;
  llvm::DenseMap<Value, unsigned> tensorOf; ///< runtime tensor of an argument or a returned value
  struct Buffer {
    Expr offset, bytes;
  };
  llvm::DenseMap<Value, Buffer> workspace;

  /// Whether a kernel returns partials in `v`, so that its unknown extent counts them.
  static bool leavesPartials(KernelOp kernel, Value v) {
    auto contract = dyn_cast_or_null<ContractOp>(v.getDefiningOp());
    return isa_and_nonnull<PartialOp>(v.getDefiningOp()) || kernel.getStrategy() == "weight" || (contract && contract.isSplit());
  }
  void nameTensors();
  LogicalResult checkSizes(KernelOp kernel);
  bool wideOffsets(KernelOp kernel);
  int64_t narrowBatch();
  Expr elementsExpr(Value v) const;
  Expr bytesExpr(Value v) const { return Expr(elementBytes(v.getType())) * elementsExpr(v); }
  void layOut();
  std::string headComment(KernelText &k);
  void report(KernelText &k);
};

void PhaseEmitter::nameTensors() {
  for (BlockArgument arg : func.getArguments()) {
    auto name = func.getArgAttrOfType<StringAttr>(arg.getArgNumber(), kNameAttr);
    names.tensors[arg] = identifier(name ? name.getValue() : "x");
    if (arg.getArgNumber() < options.arguments.size())
      tensorOf[arg] = options.arguments[arg.getArgNumber()];
  }
  for (KernelOp kernel : kernels)
    for (auto [result, inner] : llvm::zip(kernel.getResults(), kernel.getBody().front().getTerminator()->getOperands())) {
      Operation *op = inner.getDefiningOp();
      auto source = op ? op->getAttrOfType<StringAttr>("source") : StringAttr();
      std::string name = source ? source.str() : "value";
      if (leavesPartials(kernel, inner))
        name += " partial";
      else if (isa_and_nonnull<ReduceOp, FinishOp>(op) && op->getNumResults() == 2)
        name = inner == op->getResult(0) ? "mean" : "variance";
      names.tensors[result] = identifier(name);
    }
  for (OpOperand &operand : func.getBody().front().getTerminator()->getOpOperands()) {
    unsigned i = operand.getOperandNumber();
    if (auto name = func.getResultAttrOfType<StringAttr>(i, kNameAttr))
      names.tensors[operand.get()] = identifier(name.getValue());
    if (i < options.results.size())
      tensorOf[operand.get()] = options.results[i];
  }
}

/// Elements of a tensor that 32-bit offsets reach. The last blocks compute offsets up to a tile behind the end before they find out,
/// hence the margin.
constexpr double kLargestNarrow = double(std::numeric_limits<int32_t>::max()) - double(1 << 27);

/// Whether an offset in a tensor of the kernel can leave 32 bits; an unknown batch is as large as the launch allows.
bool PhaseEmitter::wideOffsets(KernelOp kernel) {
  auto wide = [&](Value v) {
    if (!options.fixedBatch && !cast<RankedTensorType>(v.getType()).hasStaticShape())
      return true;
    auto elements = elementsExpr(v).evaluate(options.batch);
    return !elements || double(*elements) > kLargestNarrow;
  };
  return llvm::any_of(kernel->getOperands(), wide) || llvm::any_of(kernel->getResults(), wide);
}

/// The largest dynamic batch whose offsets fit 32 bits in all kernels; 0 when none does.
int64_t PhaseEmitter::narrowBatch() {
  if (options.fixedBatch)
    return 0;
  auto fits = [&](int64_t batch) {
    return llvm::all_of(kernels, [&](KernelOp kernel) {
      return llvm::all_of(llvm::concat<const Value>(SmallVector<Value>(kernel->getOperands()), SmallVector<Value>(kernel->getResults())),
                          [&](Value v) {
                            auto elements = elementsExpr(v).evaluate(batch);
                            return elements && double(*elements) <= kLargestNarrow;
                          });
    });
  };
  int64_t good = 0; // offsets grow with the batch
  for (int64_t bad = out.maxBatch; good < bad;) {
    int64_t middle = good + (bad - good + 1) / 2;
    if (fits(middle))
      good = middle;
    else
      bad = middle - 1;
  }
  return good;
}

LogicalResult PhaseEmitter::checkSizes(KernelOp kernel) {
  for (Type type : llvm::concat<const Type>(SmallVector<Type>(kernel->getOperandTypes()), SmallVector<Type>(kernel->getResultTypes()))) {
    Domain d = Domain::of(cast<RankedTensorType>(type));
    if (d.positions > std::numeric_limits<int32_t>::max())
      return kernel.emitError() << "expected at most 2^31 - 1 spatial positions per image, but got " << d.positions
                                << "; larger pictures are not supported yet";
  }
  return success();
}

Expr PhaseEmitter::elementsExpr(Value v) const {
  Expr elements(1);
  bool first = true; // partials of rows have a second unknown extent, the batch
  for (int64_t extent : cast<RankedTensorType>(v.getType()).getShape()) {
    bool known = !ShapedType::isDynamic(extent);
    elements = elements * (known ? Expr(extent) : first ? names.extents.lookup(v) : Expr::batch());
    first &= known;
  }
  return elements;
}

/// First fit over lifetimes in launch order: a buffer takes a slot whose last reader has run, else a new one.
void PhaseEmitter::layOut() {
  struct Slot {
    Expr bytes;
    size_t freeAfter;
    SmallVector<Value> users;
  };
  SmallVector<Slot> slots;
  llvm::DenseMap<Operation *, size_t> order;
  for (auto [i, kernel] : llvm::enumerate(kernels))
    order[kernel] = i;
  for (auto [i, kernel] : llvm::enumerate(kernels))
    for (Value v : kernel.getResults()) {
      if (tensorOf.count(v))
        continue;
      size_t last = i;
      for (Operation *user : v.getUsers())
        if (order.count(user))
          last = std::max(last, order[user]);
      Expr bytes = runtime::align(bytesExpr(v), Expr(256));
      Slot *slot = llvm::find_if(slots, [&, now = i](const Slot &s) { return s.freeAfter < now; });
      if (slot == slots.end()) {
        slots.push_back({bytes, last, {}});
        slot = &slots.back();
      } else {
        slot->bytes = runtime::max(slot->bytes, bytes);
        slot->freeAfter = last;
      }
      slot->users.push_back(v);
    }
  Expr offset(0);
  for (const Slot &slot : slots) {
    for (Value v : slot.users)
      workspace[v] = {offset, bytesExpr(v)};
    offset = offset + slot.bytes;
  }
  out.workspace = offset;
  out.phase.workspace = offset;
}

std::string PhaseEmitter::headComment(KernelText &k) {
  auto shape = [&](Value v) {
    std::string text = "[";
    const Expr unknown = names.extents.lookup(v); // the first unknown extent: a number of splits, or depends on the batch
    bool first = true, constant = unknown.postfix().size() == 1 && unknown.postfix()[0].op == Expr::Op::Constant;
    for (int64_t extent : cast<RankedTensorType>(v.getType()).getShape()) {
      bool known = !ShapedType::isDynamic(extent), splits = !known && first && constant;
      text += (text.size() > 1 ? ", " : "") + (known || splits ? std::to_string(known ? extent : unknown.postfix()[0].value) : "N");
      first &= known;
    }
    return text + (holdsNarrow(v.getType()) ? "] " + KernelText::elementType(v.getType()).str() : "]") +
           (isChannelsLast(v) ? " channels last" : "");
  };
  std::string text = "// " + k.launch.name + "\n//   ", arrow;
  for (Operation &op : k.kernel.getBody().front().without_terminator())
    if (auto source = op.getAttrOfType<StringAttr>("source"); source && !StringRef(text).ends_with(source.getValue()))
      text += arrow + source.str(), arrow = " -> ";
  text += "\n//   reads";
  arrow = " ";
  for (Value v : k.kernel.getInputs())
    text += arrow + names.tensors.lookup(v) + " " + shape(v), arrow = ", ";
  text += "\n//   writes";
  arrow = " ";
  for (Value v : k.kernel.getResults())
    text += arrow + names.tensors.lookup(v) + " " + shape(v), arrow = ", ";
  return text + "\n//   " + k.tileText + "\n";
}

void PhaseEmitter::report(KernelText &k) {
  KernelReport r;
  r.name = k.launch.name, r.threads = k.launch.block, r.sharedBytes = k.launch.sharedBytes, r.schedule = k.tileText;
  for (Operation &op : k.kernel.getBody().front().without_terminator()) {
    if (auto source = op.getAttrOfType<StringAttr>("source"))
      r.stages.push_back(source.str());
    Work work = workOf(&op, options.batch);
    if (auto contract = dyn_cast<ContractOp>(op)) {
      r.contractionFlops += contractionFlops(contract, options.batch);
      if (k.onTensorCores) {
        moveToTensorCores(work, contract);
        if (contract.getKind() != ContractKind::matmul && options.spec.wgmmaShare > 0)
          addPrologue(work, contract, options.batch, [](Operation *) { return true; });
        r.factors = factorsOf(contract);
      }
    }
    r.work += work;
  }
  if (k.facts.strategy == Strategy::Matmul) {
    MatmulTile tile;
    fromAttr(*k.kernel.getSchedule(), tile);
    addReloads(r.work, k.facts.contract, options.batch, tile.rows, tile.step, [](Operation *) { return true; });
  }
  if (k.facts.strategy == Strategy::Pool)
    addReloads(r.work, k.facts.pool, options.batch, [](Operation *) { return true; });
  auto bytes = [&](Value v) {
    Expr e = bytesExpr(v);
    auto n = e.evaluate(options.batch);
    return n ? double(*n) : 0.0;
  };
  for (Value v : k.kernel.getInputs())
    r.work.bytesRead += bytes(v);
  for (Value v : k.kernel.getResults())
    r.work.bytesWritten += bytes(v);
  r.rooflineSeconds = r.work.rooflineSeconds(options.spec);
  r.work.bytesRead += k.extraSweepBytes;
  r.terms = r.work.terms(options.spec);
  r.seconds = r.terms.seconds();
  out.kernels.push_back(r);
}

FailureOr<EmittedPhase> PhaseEmitter::run() {
  nameTensors();
  out.maxBatch = std::numeric_limits<int32_t>::max();
  for (Value v : func.getArguments())
    names.extents[v] = Expr::batch();
  llvm::SetVector<StringRef> prelude;
  std::string text;
  SmallVector<std::unique_ptr<KernelText>> texts;
  for (KernelOp kernel : kernels) {
    if (failed(checkSizes(kernel)))
      return failure();
    if (!kernel.getSchedule())
      return kernel.emitError() << "expected a scheduled kernel; run -fusion-schedule first";
    auto k = std::make_unique<KernelText>(kernel, options, names);
    k->launch.name = kernel.getName().str();
    switch (k->facts.strategy) {
    case Strategy::Gather:
    case Strategy::Scatter:
      emitWindow(*k);
      break;
    case Strategy::Weight:
      emitWeight(*k);
      break;
    case Strategy::Matmul:
      emitMatmul(*k);
      break;
    case Strategy::Pool:
      emitPool(*k);
      break;
    case Strategy::Sweep:
      emitSweep(*k);
      break;
    case Strategy::Channels:
      emitChannels(*k);
      break;
    case Strategy::Rows:
      emitRows(*k);
      break;
    case Strategy::FinishRows:
    case Strategy::FinishColumns:
      emitFinish(*k);
      break;
    case Strategy::Pack:
      emitPack(*k);
      break;
    }
    for (auto [result, inner, tiles] :
         llvm::zip(kernel.getResults(), kernel.getBody().front().getTerminator()->getOperands(), k->partialTiles)) {
      names.extents[result] = leavesPartials(kernel, inner) ? tiles : Expr::batch();
    }
    for (StringRef part : k->prelude)
      prelude.insert(part);
    out.maxBatch = std::min(out.maxBatch, k->maxBatch);
    text += "\n" + headComment(*k) + k->finish();
    texts.push_back(std::move(k));
  }
  layOut();
  for (auto &k : texts) {
    auto argument = [&](Value v) {
      if (auto it = tensorOf.find(v); it != tensorOf.end())
        return KernelArg::ofTensor(it->second);
      const Buffer &b = workspace[v];
      return KernelArg::ofWorkspace(b.offset, b.bytes, names.tensors[v]);
    };
    for (Value v : k->kernel.getInputs())
      k->launch.args.push_back(argument(v));
    for (Value v : k->kernel.getResults())
      k->launch.args.push_back(argument(v));
    if (k->usesImages)
      k->launch.args.push_back(KernelArg::batch32());
    out.phase.kernels.push_back(k->launch);
    report(*k);
  }
  out.chainText = text;
  // One offset width per phase: a prelude text serves all its kernels.
  bool wide = llvm::any_of(kernels, [&](KernelOp kernel) { return wideOffsets(kernel); });
  if (wide)
    out.phase.narrowBatch = narrowBatch();
  out.phase.unaligned = !kernels.empty();
  std::vector<std::string> parts;
  for (StringRef part : prelude)
    parts.push_back(part.str());
  out.phase.source = std::string("typedef ") + (wide ? "long long" : "int") + " index_t; // linear offsets\n\n" + preludeText(parts) + text;
  return std::move(out);
}

} // namespace

FailureOr<EmittedPhase> fusion::emitPhase(func::FuncOp func, const EmitOptions &options) { return PhaseEmitter(func, options).run(); }
