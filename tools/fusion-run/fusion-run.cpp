// fusion-run: makes inputs for a model, runs its program on the host driver or a GPU, and holds every result to the evaluator.
#include "../common/Tool.h"
#include "ProgramInput.h"
#include "ScaleShapes.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Import/Import.h"
#include "fusion/Reference/Compare.h"
#include "fusion/Reference/Gradients.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace fusion;
using namespace fusion::tools;
using reference::Bound;
using reference::Tensor;

namespace {

struct Arguments {
  CompileArguments compile;
  std::string input, model, scheduleFrom, device = "host";
  bool check = false, bytes = false, run = true;
  int64_t seed = 1, repeats = 0;
  double scale = 1;
  reference::InputOptions inputs;
  runtime::HostOptions host;
};

void printHelp() {
  llvm::outs() << "usage: fusion-run INPUT [options]\n\n"
                  "INPUT is a model description, or a program file (with --model=FILE for --check).\n\n"
                  "  --device=host|cuda           where to run (default host)\n"
                  "  --check                      compare with the evaluator, gradients also with dual numbers\n"
                  "  --seed=N                     of the inputs (default 1)\n"
                  "  --inputs=LIST                plain, kinks, nonfinite, constant, mean:X\n"
                  "  --shape-scale=F              scale batch and spatial extents (or features) by F, for example 0.125\n"
                  "  --schedule-from=FULL         plan and tiles of the model FULL (`self`: INPUT before scaling)\n"
                  "  --schedule=forward|reverse|random   order of threads and blocks on the host driver\n"
                  "  --sanitize                   races, bounds, initialisation, alignment, divergence on the host driver\n"
                  "  --bytes                      count distinct bytes per kernel and compare them with the report\n"
                  "  --blocks=first,last,random:K run only these blocks; values are not compared\n"
                  "  --repeat=N                   time N further launches\n"
               << CompileArguments::help();
}

bool readInputs(llvm::StringRef list, reference::InputOptions &options) {
  llvm::SmallVector<llvm::StringRef> words;
  list.split(words, ',');
  for (llvm::StringRef word : words) {
    if (word == "kinks") options.kinks = true;
    else if (word == "nonfinite") options.nonFinite = true;
    else if (word == "constant") options.constant = true;
    else if (word.consume_front("mean:")) {
      if (word.getAsDouble(options.mean))
        return false;
    } else if (word != "plain")
      return false;
  }
  return true;
}

ExitCode usage(const llvm::Twine &text) {
  llvm::errs() << "error: " << text << " (see fusion-run --help)\n";
  return Usage;
}

ExitCode readArguments(int argc, char **argv, Arguments &a) {
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef arg = argv[i];
    if (a.compile.parse(arg)) {
      if (!a.compile.error.empty())
        return usage(a.compile.error);
    } else if (arg.consume_front("--device=")) {
      if (arg != "host" && arg != "cuda")
        return usage("expected host or cuda behind --device=, but got '" + arg + "'");
      a.device = arg.str();
    } else if (arg == "--check") {
      a.check = true;
    } else if (arg == "--sanitize") {
      a.host.sanitize = true;
    } else if (arg == "--bytes") {
      a.bytes = a.host.countBytes = true;
    } else if (arg.consume_front("--seed=")) {
      if (!parseNumber(arg, a.seed))
        return usage("expected a whole number behind --seed=, but got '" + arg + "'");
    } else if (arg.consume_front("--repeat=")) {
      if (!parseNumber(arg, a.repeats) || a.repeats < 0)
        return usage("expected a count behind --repeat=, but got '" + arg + "'");
    } else if (arg.consume_front("--shape-scale=")) {
      if (arg.getAsDouble(a.scale) || !(a.scale > 0 && a.scale <= 1))
        return usage("expected a factor in (0, 1] behind --shape-scale=, but got '" + arg + "'");
    } else if (arg.consume_front("--schedule-from=")) {
      a.scheduleFrom = arg.str();
    } else if (arg.consume_front("--model=")) {
      a.model = arg.str();
    } else if (arg.consume_front("--inputs=")) {
      if (!readInputs(arg, a.inputs))
        return usage("expected plain, kinks, nonfinite, constant or mean:X behind --inputs=, but got '" + arg + "'");
    } else if (arg.consume_front("--schedule=")) {
      if (arg != "forward" && arg != "reverse" && arg != "random")
        return usage("expected forward, reverse or random behind --schedule=, but got '" + arg + "'");
      a.host.schedule = arg == "forward" ? runtime::Schedule::Forward : arg == "reverse" ? runtime::Schedule::Reverse : runtime::Schedule::Random;
    } else if (arg.consume_front("--blocks=")) {
      auto blocks = runtime::BlockSelection::parse(arg.str());
      if (!blocks)
        return usage(blocks.error().message());
      a.host.blocks = *blocks;
    } else if (arg.starts_with("--")) {
      llvm::StringRef close = nearest(arg.split('=').first, {"--device", "--check", "--sanitize", "--bytes", "--seed", "--repeat", "--shape-scale", "--schedule-from",
                                                             "--inputs", "--schedule", "--blocks", "--arch", "--grad", "--precision", "--assume-finite", "--batch", "--model"});
      return usage("unknown option '" + arg + "'" + (close.empty() ? "" : "; did you mean '" + close.str() + "'?"));
    } else if (!a.input.empty()) {
      return usage("expected one input, but got '" + a.input + "' and '" + arg + "'");
    } else {
      a.input = arg.str();
    }
  }
  if (a.input.empty())
    return usage("expected an input");
  a.host.seed = uint64_t(a.seed);
  return Fine;
}

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
};

ExitCode compileScaled(Session &session, const std::string &path, const Arguments &a, double scale, const Compiled *planFrom, Model &model) {
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

template <class To> llvm::SmallVector<Tensor<To>> convert(llvm::ArrayRef<Tensor<float>> from) {
  llvm::SmallVector<Tensor<To>> to;
  for (const Tensor<float> &t : from) {
    Tensor<To> r;
    r.shape = t.shape, r.reduction = t.reduction;
    for (float v : t.data)
      r.data.push_back(To(v));
    to.push_back(std::move(r));
  }
  return to;
}

/// Compares the results of one function with what the device made; false when something is out of tolerance.
bool compareResults(llvm::StringRef phase, mlir::func::FuncOp reference, llvm::ArrayRef<Tensor<float>> args, llvm::ArrayRef<std::string> names,
                    const RunResult &result, bool &failed) {
  auto expected = reference::evaluate<Bound>(reference, convert<Bound>(args));
  auto plain = reference::evaluate<float>(reference, args);
  if (mlir::failed(expected) || mlir::failed(plain)) {
    failed = true;
    return false;
  }
  bool ok = true;
  for (auto [i, name] : llvm::enumerate(names)) {
    auto actual = result.tensors.find(name);
    if (actual == result.tensors.end()) {
      llvm::outs() << llvm::formatv("{0} {1}: missing from the program\n", phase, name);
      ok = false;
      continue;
    }
    reference::Comparison c = reference::compare((*expected)[i], actual->second, reference::unitFp32, &(*plain)[i]);
    llvm::outs() << llvm::formatv("{0} {1}: {2} elements, largest error {3:f3} tolerances{4}\n", phase, name, c.count, c.worst,
                                  c.ok() ? (c.mistrusted ? " (all zero: proves nothing)" : "") : "; FAILED: " + c.text());
    ok &= c.ok();
  }
  return ok;
}

void printFindings(const runtime::HostDriver &driver) {
  for (const runtime::LaunchRecord &launch : driver.launches())
    for (const runtime::Finding &f : launch.findings)
      llvm::errs() << launch.kernel << ": " << runtime::name(f.kind) << " (" << f.count << "x): " << f.text << "\n";
}

/// Holds the report's bytes to the distinct bytes the host driver counted.
bool compareBytes(const runtime::HostDriver &driver, const Compiled &compiled) {
  bool ok = true;
  auto check = [&](const PhaseReport &phase) {
    for (const KernelReport &k : phase.kernels)
      for (const runtime::LaunchRecord &launch : driver.launches()) {
        if (launch.kernel != k.name)
          continue;
        uint64_t read = 0, written = 0;
        for (const runtime::BufferTraffic &b : launch.buffers)
          read += b.bytesRead, written += b.bytesWritten;
        bool same = read == uint64_t(k.work.bytesRead) && written == uint64_t(k.work.bytesWritten);
        llvm::outs() << llvm::formatv("bytes {0}: counted {1} read, {2} written; report {3}, {4}{5}\n", k.name, read, written, uint64_t(k.work.bytesRead),
                                      uint64_t(k.work.bytesWritten), same ? "" : " DIFFERENT");
        ok &= same;
      }
  };
  check(compiled.forward);
  if (compiled.backward)
    check(*compiled.backward);
  return ok;
}

/// Where to run; `host` is the driver when that is the host driver.
struct Device {
  std::shared_ptr<runtime::Driver> driver;
  runtime::HostDriver *host = nullptr;
  runtime::Context context() const {
    runtime::ContextOptions options;
    options.diskCache = !host;
    return runtime::Context(driver, options);
  }
};

ExitCode openDevice(const Arguments &a, Device &device) {
  if (a.device == "host") {
    runtime::HostOptions options = a.host;
    llvm::StringRef arch = a.compile.options.arch;
    int number = 90;
    arch.drop_front(3).take_while(llvm::isDigit).getAsInteger(10, number);
    options.claimMajor = number / 10, options.claimMinor = number % 10;
    options.checks.uninitializedGlobal = a.host.blocks.all(); // blocks that do not run leave their results unwritten
    auto made = std::make_shared<runtime::HostDriver>(options);
    device.host = made.get(), device.driver = made;
    return Fine;
  }
  auto made = runtime::makeCudaDriver();
  if (!made) {
    llvm::errs() << "NOT RUN: " << made.error().message() << "\n";
    return DeviceFailure;
  }
  device.driver = std::move(*made);
  return Fine;
}

/// Runs a program that comes without its model: nothing to compare with.
ExitCode runAlone(const runtime::Program &program, const Arguments &a) {
  Device device;
  if (ExitCode code = openDevice(a, device))
    return code;
  RunRequest request = requestFor(program, batchOf(program, a.compile.options.nominalBatch), uint64_t(a.seed), a.inputs);
  request.readBack = a.host.blocks.all(), request.repeats = int(a.repeats);
  runtime::Context context = device.context();
  auto result = runProgram(context, device.host, program, request);
  if (device.host)
    printFindings(*device.host);
  if (!result) {
    llvm::errs() << "error: " << result.error().message() << "\n";
    return DeviceFailure;
  }
  if (a.repeats)
    llvm::outs() << llvm::formatv("forward {0:f4} ms\nbackward {1:f4} ms\n", result->forwardMs, result->backwardMs);
  printSummary(program, *result);
  return Fine;
}

/// `given` is the program to run instead of the one that the model compiles to.
ExitCode runModel(Session &session, const Arguments &a, const runtime::Program *given = nullptr) {
  Model full, model;
  if (!a.scheduleFrom.empty())
    if (ExitCode code = compileScaled(session, a.scheduleFrom == "self" ? a.input : a.scheduleFrom, a, 1, nullptr, full))
      return code;
  if (ExitCode code = compileScaled(session, a.input, a, a.scale, full.compiled ? &*full.compiled : nullptr, model))
    return code;
  Compiled &compiled = *model.compiled;
  auto program = given ? runtime::Expected<runtime::Program>(*given) : runtime::Program::create(compiled.program);
  if (std::string why = given ? differsFrom(*given, compiled.program) : ""; !why.empty()) {
    llvm::errs() << "error: " << why << "\n";
    return Diagnosed;
  }
  if (!program) {
    llvm::errs() << "error: " << program.error().message() << "\n";
    return Diagnosed;
  }
  bool partialGrid = !a.host.blocks.all();
  Device device;
  if (ExitCode code = openDevice(a, device))
    return code;
  runtime::HostDriver *host = device.host;
  runtime::Context context = device.context();

  mlir::func::FuncOp written = *model.written->getOps<mlir::func::FuncOp>().begin(), backward = model.function("backward");
  RunRequest request;
  request.batch = compiled.batch, request.backward = bool(backward), request.readBack = !partialGrid, request.repeats = int(a.repeats);
  llvm::SmallVector<Tensor<float>> inputs, gradients;
  std::vector<std::string> outputNames, gradNames;
  for (const runtime::Tensor &t : compiled.program.tensors) {
    if (t.role == runtime::TensorRole::Output)
      outputNames.push_back(t.name);
    if (t.role == runtime::TensorRole::GradInput || t.role == runtime::TensorRole::GradParameter)
      gradNames.push_back(t.name);
  }
  if (!partialGrid) {
    inputs = reference::makeInputs(written, uint64_t(a.seed), request.batch, a.inputs);
    unsigned next = 0;
    for (const runtime::Tensor &t : compiled.program.tensors) {
      if (t.role == runtime::TensorRole::Input || t.role == runtime::TensorRole::Parameter)
        request.given[t.name] = inputs[next++];
      if (t.role == runtime::TensorRole::GradOutput) {
        reference::Shape shape;
        for (int64_t extent : t.shape)
          shape.push_back(extent == runtime::kBatchExtent ? request.batch : extent);
        gradients.push_back(reference::randomTensor(shape, uint64_t(a.seed) + 1000 + gradients.size()));
        request.given[t.name] = gradients.back();
      }
    }
  }
  auto result = runProgram(context, host, *program, request);
  if (host)
    printFindings(*host);
  if (!result) {
    llvm::errs() << "error: " << result.error().message() << "\n";
    return DeviceFailure;
  }
  if (a.repeats) {
    llvm::outs() << llvm::formatv("forward {0:f4} ms (predicted {1:f4})\n", result->forwardMs, compiled.forward.seconds * 1e3);
    if (backward)
      llvm::outs() << llvm::formatv("backward {0:f4} ms (predicted {1:f4})\n", result->backwardMs, compiled.backward->seconds * 1e3);
  }
  bool ok = true, failed = false;
  if (a.check && !partialGrid) {
    ok &= compareResults("forward", written, inputs, outputNames, *result, failed);
    if (backward) {
      llvm::SmallVector<Tensor<float>> args(gradients.begin(), gradients.end());
      args.append(inputs.begin(), inputs.end());
      ok &= compareResults("backward", backward, args, gradNames, *result, failed);
      if (!a.inputs.nonFinite && !a.inputs.kinks) { // a kink has no derivative to compare with in every direction
        auto report = reference::checkGradients(written, backward, convert<double>(inputs), convert<double>(gradients), uint64_t(a.seed), 2);
        if (mlir::failed(report))
          failed = true;
        else {
          bool same = report->worst <= 1e-9;
          llvm::outs() << llvm::formatv("dual numbers: {0} directions, largest difference {1:e2}{2}\n", report->checked, report->worst,
                                        same ? "" : " at " + report->argument + " FAILED");
          ok &= same;
        }
      }
    }
  } else if (partialGrid) {
    llvm::outs() << "ran the chosen blocks; values are not compared\n";
  }
  if (a.bytes && host)
    ok &= compareBytes(*host, compiled);
  if (failed)
    return Diagnosed;
  llvm::outs() << (ok ? "ok\n" : "FAILED\n");
  return ok ? Fine : Mismatch;
}

/// The input is a program: compiled before, perhaps edited since.
ExitCode runProgramFile(Session &session, Arguments a) {
  auto program = runtime::Program::load(a.input);
  if (!program) {
    llvm::errs() << "error: " << program.error().message() << "\n";
    return Diagnosed;
  }
  if (a.scale != 1 || !a.scheduleFrom.empty())
    return usage("expected a model description with --shape-scale and --schedule-from, but got a program, whose shapes and tiles are fixed");
  if (a.model.empty() && (a.check || a.bytes))
    return usage("expected --model=FILE with --check and --bytes: a program does not say what it should compute");
  const runtime::ProgramData &data = program->data();
  CompileOptions &options = a.compile.options;
  options.arch = data.variants.front().arch, options.precision = data.precision, options.assumeFinite = data.assumeFinite;
  options.grad = gradOf(*program);
  if (a.model.empty())
    return runAlone(*program, a);
  a.input = a.model;
  return runModel(session, a, &*program);
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
  return isProgramFile(a.input) ? runProgramFile(session, a) : runModel(session, a);
}
