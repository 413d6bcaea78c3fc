// Runs the road and assembles the program: tensors and their roles, one variant, the figures of the report.
#include "fusion/Pipelines/Compile.h"
#include "fusion/Dialect/ElementTypes.h"
#include "fusion/Dialect/Layout.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Fuse/Passes.h"
#include "fusion/Pipelines/Pipelines.h"
#include "fusion/Schedule/Passes.h"
#include "fusion/Stages/Passes.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace fusion;
using runtime::TensorRole;

namespace {

func::FuncOp withRole(ModuleOp module, StringRef role) {
  for (func::FuncOp func : module.getOps<func::FuncOp>())
    if (auto attr = func->getAttrOfType<StringAttr>(kRoleAttr); attr && attr.getValue() == role)
      return func;
  return nullptr;
}

std::string nameAttr(DictionaryAttr attrs, StringRef otherwise) {
  auto name = attrs ? attrs.getAs<StringAttr>(kNameAttr) : StringAttr();
  return escapeName(name ? name.getValue() : otherwise);
}

class Compilation {
public:
  Compilation(ModuleOp model, const CompileOptions &options) : options(options) { out.named = cast<ModuleOp>(model->clone()); }
  FailureOr<Compiled> run();

private:
  const CompileOptions &options;
  Compiled out;
  double backwardCompulsory = 0;
  Work forwardFlops, backwardFlops; ///< of the contractions the model and its derivative ask for, recomputation not counted
  SmallVector<unsigned> forwardArguments, forwardResults, backwardArguments, backwardResults;

  void dump(StringRef name, ModuleOp module) {
    if (options.stage)
      options.stage(name, module);
  }
  unsigned addTensor(std::string name, TensorRole role, Type type, DictionaryAttr attrs, std::optional<unsigned> of = std::nullopt);
  void collectTensors(func::FuncOp forward, func::FuncOp backward);
  LogicalResult plan(func::FuncOp func, StringRef role);
  FailureOr<PhaseReport> emit(func::FuncOp func, ArrayRef<unsigned> arguments, ArrayRef<unsigned> results, runtime::Phase &phase);
  double tensorBytes(unsigned i) const;
  /// What no schedule can pass: the bytes that must move once, and the arithmetic that is asked for, each at full rate.
  double roof(double compulsoryBytes, Work floor) const {
    floor.bytesRead = compulsoryBytes;
    return floor.rooflineSeconds(out.spec);
  }
};

unsigned Compilation::addTensor(std::string name, TensorRole role, Type type, DictionaryAttr attrs, std::optional<unsigned> of) {
  runtime::Tensor t;
  std::string base = name;
  auto taken = [&] { return llvm::any_of(out.program.tensors, [&](const runtime::Tensor &other) { return other.name == name; }); };
  for (unsigned i = 1; taken(); ++i)
    name = base + "_" + std::to_string(i);
  t.name = name, t.role = role, t.of = of;
  t.type = elementOf(type).isF16()    ? runtime::ElementType::F16
           : elementOf(type).isBF16() ? runtime::ElementType::BF16
                                      : runtime::ElementType::F32;
  t.layout = attrs && attrs.contains(kLayoutAttr) ? runtime::Layout::ChannelsLast : runtime::Layout::RowMajor;
  for (int64_t extent : cast<RankedTensorType>(type).getShape())
    t.shape.push_back(ShapedType::isDynamic(extent) ? runtime::kBatchExtent : extent);
  out.program.tensors.push_back(t);
  return out.program.tensors.size() - 1;
}

double Compilation::tensorBytes(unsigned i) const {
  double bytes = double(runtime::elementBytes(out.program.tensors[i].type));
  for (int64_t extent : out.program.tensors[i].shape)
    bytes *= extent == runtime::kBatchExtent ? double(out.batch) : double(extent);
  return bytes;
}

/// Tensor indices behind the arguments and results of both functions.
void Compilation::collectTensors(func::FuncOp forward, func::FuncOp backward) {
  for (BlockArgument arg : forward.getArguments()) {
    DictionaryAttr attrs = forward.getArgAttrDict(arg.getArgNumber());
    bool parameter = attrs && attrs.contains(kParameterAttr);
    forwardArguments.push_back(
        addTensor(nameAttr(attrs, "x"), parameter ? TensorRole::Parameter : TensorRole::Input, arg.getType(), attrs));
  }
  unsigned outputs = 0;
  for (unsigned i = 0; i < forward.getNumResults(); ++i) {
    DictionaryAttr attrs = forward.getResultAttrDict(i);
    bool saved = attrs && attrs.contains("fusion.saved");
    outputs += !saved;
    forwardResults.push_back(
        addTensor(nameAttr(attrs, "y"), saved ? TensorRole::Saved : TensorRole::Output, forward.getFunctionType().getResult(i), attrs));
  }
  if (!backward)
    return;
  for (BlockArgument arg : backward.getArguments()) {
    unsigned i = arg.getArgNumber();
    if (i < outputs)
      backwardArguments.push_back(addTensor(nameAttr(backward.getArgAttrDict(i), "grad_y"), TensorRole::GradOutput, arg.getType(),
                                            backward.getArgAttrDict(i), forwardResults[i]));
    else if (auto from = backward.getArgAttrOfType<IntegerAttr>(i, "fusion.from_forward"))
      backwardArguments.push_back(forwardResults[from.getInt()]);
    else
      backwardArguments.push_back(forwardArguments[i - outputs]);
  }
  for (unsigned i = 0; i < backward.getNumResults(); ++i) {
    StringRef of = backward.getResultAttrOfType<StringAttr>(i, kGradOfAttr).getValue();
    unsigned target = 0;
    for (BlockArgument arg : forward.getArguments())
      if (auto name = forward.getArgAttrOfType<StringAttr>(arg.getArgNumber(), kNameAttr); name && name.getValue() == of)
        target = forwardArguments[arg.getArgNumber()];
    bool parameter = out.program.tensors[target].role == TensorRole::Parameter;
    std::string name = "grad_" + out.program.tensors[target].name;
    backwardResults.push_back(addTensor(name, parameter ? TensorRole::GradParameter : TensorRole::GradInput,
                                        backward.getFunctionType().getResult(i), backward.getResultAttrDict(i), target));
    backward.setResultAttr(i, kNameAttr, StringAttr::get(backward.getContext(), name));
  }
}

/// Stages, kernels, tiles; with the plan of another compilation when one is given.
LogicalResult Compilation::plan(func::FuncOp func, StringRef role) {
  if (failed(lowerToStages(func)))
    return failure();
  for (ContractOp contract : func.getOps<ContractOp>()) {
    Work work;
    work.contractFlops = workOf(contract, out.batch).contractFlops;
    if (out.spec.tf32Rate > (factorsOf(contract) == Factors::Split ? 3 : 1) * out.spec.fp32Rate)
      moveToTensorCores(work, contract);
    if (role == "forward")
      forwardFlops += work;
    else if (!contract->hasAttr(kIdAttr))
      backwardFlops += work;
  }
  if (options.planFrom) {
    func::FuncOp model = withRole(*options.planFrom->fused, role);
    if (!model)
      return func.emitError() << "expected a " << role << " phase in the compilation whose plan is used";
    func->setAttr("fusion.choices", model->getAttr("fusion.choices"));
    SmallVector<Attribute> schedules;
    for (KernelOp kernel : model.getOps<KernelOp>())
      if (kernel.getStrategy() != "pack") // follows from the tile of a window
        schedules.push_back(*kernel.getSchedule());
    func->setAttr("fusion.schedules", ArrayAttr::get(func.getContext(), schedules));
  }
  if (failed(fuseFunction(func, out.spec, out.batch)) || failed(scheduleFunction(func, out.spec, out.batch)))
    return failure();
  return success();
}

FailureOr<PhaseReport> Compilation::emit(func::FuncOp func, ArrayRef<unsigned> arguments, ArrayRef<unsigned> results,
                                         runtime::Phase &phase) {
  EmitOptions emit;
  emit.spec = out.spec, emit.batch = out.batch, emit.fixedBatch = !out.program.batch.dynamic, emit.exact = out.program.precision == "ieee";
  emit.arguments.assign(arguments.begin(), arguments.end());
  emit.results.assign(results.begin(), results.end());
  FailureOr<EmittedPhase> emitted = emitPhase(func, emit);
  if (failed(emitted))
    return failure();
  phase = emitted->phase;
  PhaseReport report;
  for (BlockArgument arg : func.getArguments())
    if (!arg.use_empty()) {
      phase.inputs.push_back(arguments[arg.getArgNumber()]);
      if (out.program.tensors[arguments[arg.getArgNumber()]].role != TensorRole::Saved)
        report.compulsoryBytes += tensorBytes(arguments[arg.getArgNumber()]);
    }
  for (unsigned i : results) {
    bool saved = out.program.tensors[i].role == TensorRole::Saved;
    (saved ? phase.saved : phase.outputs).push_back(i);
    if (saved)
      report.savedBytes += tensorBytes(i), report.saved.push_back(out.program.tensors[i].name);
    else
      report.compulsoryBytes += tensorBytes(i);
  }
  for (const std::vector<unsigned> *list : {&phase.inputs, &phase.outputs, &phase.saved})
    for (unsigned i : *list)
      if (out.program.tensors[i].layout == runtime::Layout::ChannelsLast)
        report.channelsLast.push_back(out.program.tensors[i].name);
  report.kernels = emitted->kernels;
  report.chainText = emitted->chainText;
  for (const KernelReport &k : report.kernels)
    report.bytes += k.work.bytes(), report.seconds += k.seconds;
  auto workspace = emitted->workspace.evaluate(out.batch);
  report.workspaceBytes = workspace ? double(*workspace) : 0;
  if (auto lines = func->getAttrOfType<ArrayAttr>("fusion.decisions"))
    for (StringAttr line : lines.getAsRange<StringAttr>())
      report.decisions.push_back(line.str());
  out.program.batch.size = out.program.batch.dynamic ? std::min(out.program.batch.size, emitted->maxBatch) : out.program.batch.size;
  if (!out.program.batch.dynamic && emitted->maxBatch < out.program.batch.size)
    return func.emitError() << "expected a batch of at most " << emitted->maxBatch << ", but got " << out.program.batch.size;
  return report;
}

FailureOr<Compiled> Compilation::run() {
  ModuleOp module = *out.named;
  func::FuncOp forward = *module.getOps<func::FuncOp>().begin();
  out.chain = escapeName(forward.getSymName());
  std::optional<DeviceSpec> spec = deviceFor(options.arch);
  if (!spec)
    return forward.emitError() << "expected one of " << knownArchitectures() << ", but got arch '" << options.arch << "'";
  out.spec = *spec;
  if (options.bandwidth > 0)
    out.spec.bandwidth = options.bandwidth;
  if (options.flops > 0)
    out.spec.fp32Rate = options.flops;
  if (options.precision == "ieee")
    out.spec.tf32Rate = 0; // 3xTF32 is not the product that is written

  int64_t batch = generalizeBatch(forward);
  bool dynamic = ShapedType::isDynamic(batch);
  out.batch = dynamic ? options.nominalBatch : batch;
  out.program.batch.dynamic = dynamic;
  out.program.batch.size = dynamic ? std::numeric_limits<int32_t>::max() : batch;
  out.program.chain = out.chain;
  out.program.precision = options.precision;
  out.program.assumeFinite = options.assumeFinite;

  PassManager passes(module.getContext());
  NamedPipelineOptions named;
  named.grad = options.grad == Grad::None ? "none" : options.grad == Grad::All ? "all" : "params";
  named.assumeFinite = options.assumeFinite;
  named.precision = options.precision == "ieee" ? "ieee" : "torch";
  buildNamedPipeline(passes, named);
  if (failed(passes.run(module)))
    return failure();
  forward->setAttr(kRoleAttr, StringAttr::get(module.getContext(), "forward"));
  func::FuncOp backward = withRole(module, "backward");
  if (options.precision != "ieee" && options.precision != "torch")
    for (func::FuncOp function : module.getOps<func::FuncOp>())
      function->setAttr(kFactorsAttr, StringAttr::get(module.getContext(), options.precision));
  dump("1-named", module);

  out.fused = cast<ModuleOp>(module->clone());
  func::FuncOp fusedForward = withRole(*out.fused, "forward"), fusedBackward = withRole(*out.fused, "backward");
  std::vector<std::string> savedReasons;
  if (backward) {
    for (BlockArgument arg : fusedBackward.getArguments())
      if (!arg.use_empty())
        backwardCompulsory += bytesOf(arg.getType(), out.batch);
    if (options.planFrom) {
      out.savedIds = options.planFrom->savedIds;
      for (int64_t id : out.savedIds)
        saveValue(fusedForward, fusedBackward, id);
    } else {
      FailureOr<std::vector<int64_t>> saved = chooseSaved(fusedForward, fusedBackward, out.spec, out.batch, savedReasons);
      if (failed(saved))
        return failure();
      out.savedIds = *saved;
    }
  }
  collectTensors(fusedForward, fusedBackward);
  dump("2-saved", *out.fused);
  if (failed(plan(fusedForward, "forward")) || (fusedBackward && failed(plan(fusedBackward, "backward"))))
    return failure();
  dump("3-fused", *out.fused);

  runtime::Variant variant;
  variant.arch = options.arch;
  FailureOr<PhaseReport> report = emit(fusedForward, forwardArguments, forwardResults, variant.forward);
  if (failed(report))
    return failure();
  out.forward = std::move(*report);
  out.forward.rooflineSeconds = roof(out.forward.compulsoryBytes, forwardFlops);
  if (fusedBackward) {
    variant.backward.emplace();
    FailureOr<PhaseReport> back = emit(fusedBackward, backwardArguments, backwardResults, *variant.backward);
    if (failed(back))
      return failure();
    out.backward = std::move(*back);
    // What the derivative must touch does not depend on what happens to be saved.
    out.backward->compulsoryBytes = backwardCompulsory;
    for (unsigned i : backwardResults)
      out.backward->compulsoryBytes += tensorBytes(i);
    out.backward->rooflineSeconds = roof(out.backward->compulsoryBytes, backwardFlops);
    out.backward->decisions.insert(out.backward->decisions.begin(), savedReasons.begin(), savedReasons.end());
  }
  out.program.variants.push_back(std::move(variant));
  return std::move(out);
}

} // namespace

llvm::ArrayRef<llvm::StringLiteral> fusion::precisions() {
  static constexpr StringLiteral all[] = {"torch", "ieee", "tf32", "bf16", "fp16"};
  return all;
}

FailureOr<Compiled> fusion::compileModel(ModuleOp model, const CompileOptions &options) { return Compilation(model, options).run(); }
