// fusion-run: makes inputs for a model, runs its program on the host driver or a GPU, and holds every result to the evaluator.
#include "Arguments.h"
#include "Balance.h"
#include "Judge.h"
#include "ProgramInput.h"
#include "ScaleShapes.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Import/Import.h"
#include "fusion/Runtime/Program.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace fusion;
using namespace fusion::tools;

namespace {

/// A model, compiled, and its description as the user wrote it (scaled), which is what the evaluator judges by.
struct Model {
  mlir::OwningOpRef<mlir::ModuleOp> written;
  std::optional<Compiled> compiled;
  mlir::func::FuncOp function(llvm::StringRef role) {
    for (auto func : compiled->named->getOps<mlir::func::FuncOp>())
      if (auto attr = func->getAttrOfType<mlir::StringAttr>(kRoleAttr); attr && attr.getValue() == role)
        return func;
    return nullptr;
  }
  Subject subject() { return {*written->getOps<mlir::func::FuncOp>().begin(), function("backward"), &compiled->program, {}, {}}; }
};

ExitCode compileScaled(Session &session, const std::string &path, const Arguments &a, double scale, const Compiled *planFrom,
                       Model &model) {
  ImportResult imported = importFile(path, session.context);
  if (imported.status != ImportStatus::Ok)
    return imported.status == ImportStatus::Unsupported ? NotSupported : Diagnosed;
  if (scale != 1 && mlir::failed(scaleShapes(*imported.module, scale)))
    return Diagnosed;
  CompileOptions options = a.compile.options;
  options.planFrom = planFrom;
  ExitCode code = compileModule(session, *imported.module, options, model.compiled);
  model.written = std::move(imported.module);
  return code;
}

/// Where runs go; `host` is what the context stands on unless it is a GPU.
struct Device {
  std::optional<Context> context;
  std::optional<Host> host;
};

/// The program that compiles under limits, in the build tree or installed; a copy of fusion-run alone has none.
std::string compileWorker() {
  std::string self = llvm::sys::fs::getMainExecutable(nullptr, nullptr);
  llvm::StringRef folder = llvm::sys::path::parent_path(self);
  for (llvm::StringRef place : {"/fusion-compile-worker", "/../libexec/fusion/fusion-compile-worker"})
    if (std::string path = (folder + place).str(); llvm::sys::fs::can_execute(path))
      return path;
  return "";
}

Host openHost(const Arguments &a) {
  fusion_host_options options = FUSION_HOST_OPTIONS;
  options.arch = a.compile.options.arch.c_str();
  options.blocks = a.blocks.c_str();
  options.seed = uint64_t(a.seed);
  options.flags = (a.sanitize ? FUSION_HOST_SANITIZE : 0) | (a.bytes ? FUSION_HOST_COUNT_BYTES : 0);
  if (a.partialGrid()) // blocks that do not run leave their results unwritten
    options.flags |= FUSION_HOST_ALLOW_UNWRITTEN;
  return Host(options);
}

Context openGpu() {
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.device = "cuda";
  std::string worker = compileWorker(); // NVRTC is no sandbox, and the model may be anybody's
  options.compile_worker = worker.c_str();
  options.flags = worker.empty() ? 0 : FUSION_ISOLATE_COMPILE;
  if (worker.empty())
    llvm::errs() << "warning: expected fusion-compile-worker beside fusion-run, but found none; compiling without limits\n";
  options.diagnostic = [](void *, fusion_severity severity, const char *message) {
    llvm::errs() << (severity == FUSION_REMARK ? "remark: " : "warning: ") << message << "\n";
  };
  return Context(options);
}

ExitCode openDevice(const Arguments &a, Device &device) {
  try {
    if (a.device == "host")
      device.host = openHost(a);
    device.context = device.host ? device.host->context() : openGpu();
    return Fine;
  } catch (const Failure &failure) {
    if (failure.status() == FUSION_INVALID_ARGUMENT)
      return usage(failure.what());
    llvm::errs() << "NOT RUN: " << failure.what() << "\n";
    return DeviceFailure;
  }
}

/// What a failed run means: the checks found a defect in a kernel, or the device failed.
ExitCode failureOf(const Arguments &a, const Device &device) {
  bool found = device.host && llvm::any_of(device.host->launches(), [](const HostLaunch &launch) { return !launch.findings.empty(); });
  return a.sanitize && found ? Mismatch : DeviceFailure;
}

ExitCode run(const Arguments &a, Device &device, const Program &program, const RunRequest &request, RunResult &result) {
  std::string failed;
  try {
    result = runProgram(*device.context, device.host ? &*device.host : nullptr, program, request);
  } catch (const Failure &failure) {
    failed = failure.what();
  }
  if (device.host)
    printFindings(*device.host);
  if (failed.empty())
    return Fine;
  llvm::errs() << "error: " << failed << "\n";
  return failureOf(a, device);
}

/// One input, compiled once and run for every batch, kind of inputs and order.
class Runs {
public:
  Runs(const Arguments &a, Device &device, Model &model, const Program &program)
      : a(a), device(device), model(model), subject(model.subject()), program(program), partialGrid(a.partialGrid()) {
    readRounding(program, *model.compiled, subject.convolutions, subject.products);
  }
  ExitCode all(const reference::Golden *golden);

private:
  const Arguments &a;
  Device &device;
  Model &model;
  Subject subject;
  const Program &program;
  bool partialGrid, ok = true;

  ExitCode feedOnce(const Feed &feed);
  ExitCode launchOnce(const Feed &feed, fusion_host_order order, RunResult &result);
};

ExitCode Runs::launchOnce(const Feed &feed, fusion_host_order order, RunResult &result) {
  RunRequest request;
  request.batch = feed.batch, request.backward = bool(subject.backward), request.readBack = !partialGrid, request.repeats = int(a.repeats),
  request.offset = uint64_t(a.offset);
  if (!partialGrid)
    request.given = feed.byName(*subject.program);
  if (device.host)
    device.host->order(order), device.host->clear();
  return run(a, device, program, request, result);
}

ExitCode Runs::feedOnce(const Feed &feed) {
  RunResult first;
  for (auto [i, order] : llvm::enumerate(a.orders)) {
    RunResult result;
    if (ExitCode code = launchOnce(feed, order, i ? result : first))
      return code;
    if (i && !partialGrid)
      ok &= sameBits(first, result, ("order " + orderName(order)).str());
    if (a.bytes && device.host)
      ok &= sameBytes(*device.host, *model.compiled) & threadsShareWrites(*device.host);
  }
  if (a.repeats) {
    llvm::outs() << llvm::formatv("forward {0:f4} ms (predicted {1:f4})\n", first.forwardMs, model.compiled->forward.seconds * 1e3);
    if (subject.backward)
      llvm::outs() << llvm::formatv("backward {0:f4} ms (predicted {1:f4})\n", first.backwardMs, model.compiled->backward->seconds * 1e3);
  }
  if (partialGrid) {
    llvm::outs() << "ran the chosen blocks; values are not compared\n";
    return Fine;
  }
  if (feed.batch == 0)
    ok &= judgeEmptyBatch(*subject.program, first);
  if (a.check || feed.golden)
    if (mlir::failed(judgeValues(subject, feed, first, uint64_t(a.seed), ok)))
      return Diagnosed;
  return Fine;
}

ExitCode Runs::all(const reference::Golden *golden) {
  if (golden) {
    std::string error;
    std::optional<Feed> feed = goldenFeed(subject, *golden, error);
    if (!feed) {
      llvm::errs() << "error: " << error << "\n";
      return Diagnosed;
    }
    if (ExitCode code = feedOnce(*feed))
      return code;
    return ok ? Fine : Mismatch;
  }
  std::vector<int64_t> batches = a.batches;
  if (batches.empty() || !program.dynamicBatch())
    batches = {model.compiled->batch};
  for (int64_t batch : batches)
    for (const InputKind &kind : a.kinds) {
      if (batches.size() * a.kinds.size() > 1)
        llvm::outs() << llvm::formatv("-- batch {0}, inputs {1}\n", batch, kind.name);
      Feed feed;
      feed.batch = batch;
      if (!partialGrid)
        feed = makeFeed(subject, batch, uint64_t(a.seed), kind.options);
      if (ExitCode code = feedOnce(feed))
        return code;
    }
  return ok ? Fine : Mismatch;
}

/// What the compiler made, as the runtime reads it; complains when it cannot.
std::optional<Program> programOf(const Compiled &compiled) {
  auto data = runtime::Program::create(compiled.program);
  if (data)
    return Program::parse(data->serialize());
  llvm::errs() << "error: " << data.error().message() << "\n";
  return std::nullopt;
}

/// What takes the place of the numbers and of the program that a model gets by itself.
struct Instead {
  const reference::Golden *golden = nullptr;
  const Program *program = nullptr;
};

ExitCode runModel(Session &session, const Arguments &a, const std::string &path, Instead instead = {}) {
  Model full, model;
  if (!a.scheduleFrom.empty())
    if (ExitCode code = compileScaled(session, a.scheduleFrom == "self" ? path : a.scheduleFrom, a, 1, nullptr, full))
      return code;
  if (ExitCode code = compileScaled(session, path, a, a.scale, full.compiled ? &*full.compiled : nullptr, model))
    return code;
  std::optional<Program> own = programOf(*model.compiled);
  if (!own)
    return Diagnosed;
  if (std::string why = instead.program ? differsFrom(*instead.program, *own) : ""; !why.empty()) {
    llvm::errs() << "error: " << why << "\n";
    return Diagnosed;
  }
  Device device;
  if (ExitCode code = openDevice(a, device))
    return code;
  ExitCode code = Runs(a, device, model, instead.program ? *instead.program : *own).all(instead.golden);
  if (code == Fine || code == Mismatch)
    llvm::outs() << (code == Fine ? "ok\n" : "FAILED\n");
  return code;
}

/// Runs a program that comes without its model: nothing to compare with.
ExitCode runAlone(const Program &program, const Arguments &a) {
  Device device;
  if (ExitCode code = openDevice(a, device))
    return code;
  RunRequest request = requestFor(program, batchOf(program, a.compile.options.nominalBatch), uint64_t(a.seed), a.kinds.front().options);
  request.readBack = !a.partialGrid(), request.repeats = int(a.repeats), request.offset = uint64_t(a.offset);
  if (device.host)
    device.host->order(a.orders.front());
  RunResult result;
  if (ExitCode code = run(a, device, program, request, result))
    return code;
  if (a.repeats)
    llvm::outs() << llvm::formatv("forward {0:f4} ms\nbackward {1:f4} ms\n", result.forwardMs, result.backwardMs);
  printSummary(program, result);
  return Fine;
}

/// The input is a program: compiled before, perhaps edited since.
ExitCode runProgramFile(Session &session, Arguments a, const std::string &path) {
  std::optional<Program> program;
  try {
    program = Program::load(path);
  } catch (const Failure &failure) {
    llvm::errs() << "error: " << failure.what() << "\n";
    return Diagnosed;
  }
  if (a.scale != 1 || !a.scheduleFrom.empty())
    return usage(
        "expected a model description with --shape-scale and --schedule-from, but got a program, whose shapes and tiles are fixed");
  if (a.model.empty() && (a.check || a.bytes))
    return usage("expected --model=FILE with --check and --bytes: a program does not say what it should compute");
  CompileOptions &options = a.compile.options;
  fusion_program_info made = program->describe();
  options.arch = program->variant(), options.precision = made.precision, options.assumeFinite = made.assume_finite;
  if (options.grad > gradOf(*program)) {
    llvm::errs() << "error: " << path
                 << ": expected a program that makes the gradients asked for, but got one without; compile it with --grad="
                 << (options.grad == Grad::All ? "all" : "params") << "\n";
    return Diagnosed;
  }
  options.grad = gradOf(*program);
  if (a.model.empty())
    return runAlone(*program, a);
  return runModel(session, a, a.model, {nullptr, &*program});
}

ExitCode runGolden(Session &session, const Arguments &a, const std::string &path) {
  reference::Golden golden;
  std::string error;
  if (!reference::readGolden(path, golden, error)) {
    llvm::errs() << "error: " << path << ": " << error << "\n";
    return Diagnosed;
  }
  Arguments own = a;
  own.compile.options.grad = golden.differentiable ? Grad::All : Grad::None;
  return runModel(session, own, golden.model, {&golden, nullptr});
}

} // namespace

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i)
    if (llvm::StringRef(argv[i]) == "--help") {
      printHelp();
      return Fine;
    }
  Arguments a;
  if (ExitCode code = readArguments(argc, argv, a))
    return code;
  Session session;
  ExitCode worst = Fine; // the first failure's code; the inputs behind it still run
  bool several = a.inputs.size() + a.goldens.size() > 1;
  auto run = [&](const std::string &path, bool golden) {
    if (several)
      llvm::outs() << "== " << path << "\n";
    ExitCode code = golden                ? runGolden(session, a, path)
                    : isProgramFile(path) ? runProgramFile(session, a, path)
                                          : runModel(session, a, path);
    if (several && code)
      llvm::outs() << "== " << path << ": exit code " << int(code) << "\n";
    worst = worst ? worst : code;
    llvm::outs().flush();
  };
  for (const std::string &path : a.inputs)
    run(path, false);
  for (const std::string &path : a.goldens)
    run(path, true);
  return worst;
}
