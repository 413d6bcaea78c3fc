// fusion-opt --emit=...: one model in, one artefact out.
#include "Emit.h"
#include "../common/Tool.h"
#include "Limits.h"
#include "Tuning.h"
#include "fusion/Emit/CppHost/CppHost.h"
#include "fusion/Runtime/Nvrtc.h"
#include "fusion/Runtime/Program.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace fusion;
using namespace fusion::tools;

namespace {

constexpr llvm::StringLiteral kKinds[] = {"mlir", "fused", "cuda", "cpp-host", "ptx", "cubin", "program", "report"};

struct Arguments {
  CompileArguments compile;
  std::string input = "-", output, emit, format = "json", dumpTo;
  bool fullPrelude = true, remarks = false;
  TuneArguments tune;
  Limits limits;
};

void printHelp() {
  llvm::outs()
      << "usage: fusion-opt INPUT --emit=KIND [options]\n\n"
         "  --emit=mlir                  forward and backward as named ops\n"
         "  --emit=fused                 the kernels and their tiles\n"
         "  --emit=cuda                  CUDA C++ (--prelude=omit: the chain's own text only)\n"
         "  --emit=cpp-host              kernels with plain C launchers for nvcc: -o NAME.cu also writes NAME.h\n"
         "  --emit=ptx|cubin             compiled by NVRTC; cubins with gradients: -o FILE also writes FILE.backward\n"
         "  --emit=program               the program file that the runtime loads\n"
         "  --emit=report                plan, bytes, predicted time (--format=json|text)\n"
      << CompileArguments::help() << TuneArguments::help()
      << "  --remarks                    every decision of simplification and fusion, with its reason and numbers, on standard error\n"
         "  --prelude=omit|full          what --emit=cuda prints in front of the kernels (default full)\n"
         "  --dump-stages-to=DIR         the module after every stage of the road, and the CUDA sources\n"
         "  --limit-seconds=S            stop after that time (default 600; 0: no limit)\n"
         "  --limit-memory=MIB           stop at that much memory (default 16384; 0: no limit)\n"
         "  -o FILE                      where to write (default standard output)\n\n"
         "Without --emit this is MLIR's opt tool: fusion-opt INPUT [passes].\n";
}

void reportUnknown(llvm::StringRef argument) {
  constexpr llvm::StringLiteral withValue[] = {"--arch",          "--grad",         "--precision", "--batch",           "--bandwidth",
                                               "--flops",         "--emit",         "--format",    "--prelude",         "--dump-stages-to",
                                               "--limit-seconds", "--limit-memory", "--tune",      "--tune-candidates", "--device"};
  llvm::SmallVector<llvm::StringRef> known(std::begin(withValue), std::end(withValue));
  known.append({"--assume-finite", "--remarks", "-o"});
  llvm::StringRef name = argument.split('=').first, close = nearest(name, known);
  if (llvm::is_contained(withValue, name))
    llvm::errs() << "error: expected a known value behind " << name << "=, but got '" << argument << "' (see --emit=help)\n";
  else
    llvm::errs() << "error: unknown option '" << argument << "'" << (close.empty() ? "" : "; did you mean '" + close.str() + "'?")
                 << " (see --emit=help)\n";
}

/// Fine when the arguments were read; otherwise the exit code, with the message printed.
ExitCode readArguments(int argc, char **argv, Arguments &a) {
  bool haveInput = false;
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef arg = argv[i];
    if (a.compile.parse(arg)) {
      if (!a.compile.error.empty()) {
        llvm::errs() << "error: " << a.compile.error << "\n";
        return Usage;
      }
    } else if (a.tune.parse(arg)) {
      if (!a.tune.error.empty()) {
        llvm::errs() << "error: " << a.tune.error << "\n";
        return Usage;
      }
    } else if (arg.consume_front("--emit=")) {
      a.emit = arg.str();
    } else if (arg.consume_front("--format=")) {
      a.format = arg.str();
    } else if (arg.consume_front("--dump-stages-to=")) {
      a.dumpTo = arg.str();
    } else if (arg == "--prelude=omit" || arg == "--prelude=full") {
      a.fullPrelude = arg == "--prelude=full";
    } else if (arg.consume_front("--limit-seconds=")) {
      if (arg.getAsDouble(a.limits.seconds) || !(a.limits.seconds >= 0)) {
        llvm::errs() << "error: expected seconds, or 0 for no limit, behind --limit-seconds=, but got '" << arg << "'\n";
        return Usage;
      }
    } else if (arg.consume_front("--limit-memory=")) {
      if (!parseNumber(arg, a.limits.mebibytes) || a.limits.mebibytes < 0) {
        llvm::errs() << "error: expected MiB, or 0 for no limit, behind --limit-memory=, but got '" << arg << "'\n";
        return Usage;
      }
    } else if (arg == "--remarks") {
      a.remarks = true;
    } else if (arg == "-o") {
      if (++i == argc) {
        llvm::errs() << "error: expected a file behind -o, but got nothing\n";
        return Usage;
      }
      a.output = argv[i];
    } else if (arg == "-" || !arg.starts_with("-")) {
      if (haveInput) {
        llvm::errs() << "error: expected one input, but got '" << a.input << "' and '" << arg << "'\n";
        return Usage;
      }
      a.input = arg.str(), haveInput = true;
    } else {
      reportUnknown(arg);
      return Usage;
    }
  }
  if (!llvm::is_contained(kKinds, a.emit)) {
    llvm::errs() << "error: expected mlir, fused, cuda, cpp-host, ptx, cubin, program or report behind --emit=, but got '" << a.emit
                 << "'\n";
    return Usage;
  }
  if (a.emit == "cpp-host" && !llvm::StringRef(a.output).ends_with(".cu")) {
    llvm::errs() << "error: expected -o NAME.cu with --emit=cpp-host, which writes NAME.h beside it, but got "
                 << (a.output.empty() ? "nothing" : "'" + a.output + "'") << "\n";
    return Usage;
  }
  if (a.tune.on && a.remarks) {
    llvm::errs() << "error: expected --tune without --remarks, which would print those of every tile that is tried; use --emit=report\n";
    return Usage;
  }
  if (a.format != "json" && a.format != "text") {
    llvm::errs() << "error: expected json or text behind --format=, but got '" << a.format << "'\n";
    return Usage;
  }
  return Fine;
}

std::string print(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream out(text);
  mlir::OpPrintingFlags flags;
  flags.printNameLocAsPrefix();
  module->print(out, flags);
  return text + "\n";
}

/// NVRTC's verdict on one phase.
runtime::Expected<runtime::Binary> compilePhase(const runtime::Phase &phase, const std::string &name, const std::string &arch, bool cubin) {
  auto nvrtc = runtime::Nvrtc::get();
  if (!nvrtc)
    return nvrtc.error();
  return cubin ? (*nvrtc)->compileToCubin(phase.source, name, arch) : (*nvrtc)->compileToPtx(phase.source, name, arch);
}

ExitCode emitBinary(const Compiled &c, const Arguments &a) {
  const runtime::Variant &variant = c.program.variants.front();
  bool cubin = a.emit == "cubin";
  if (cubin && variant.backward && (a.output.empty() || a.output == "-")) {
    llvm::errs() << "error: expected -o FILE: forward and backward are two cubins\n";
    return Usage;
  }
  // Everything is compiled before anything is written.
  std::string text;
  std::vector<std::pair<std::string, std::vector<char>>> cubins;
  for (const runtime::Phase *phase : {&variant.forward, variant.backward ? &*variant.backward : nullptr}) {
    if (!phase || phase->kernels.empty())
      continue;
    bool forward = phase == &variant.forward;
    auto binary = compilePhase(*phase, forward ? "forward.cu" : "backward.cu", c.spec.arch, cubin);
    if (!binary) {
      llvm::errs() << "error: " << binary.error().message() << "\n";
      return DeviceFailure;
    }
    llvm::StringRef bytes(binary->bytes.data(), binary->bytes.size());
    if (cubin)
      cubins.emplace_back(forward ? a.output : a.output + ".backward", std::vector<char>(bytes.begin(), bytes.end()));
    else
      text += bytes.rtrim('\0').str() + "\n";
  }
  for (auto &[path, bytes] : cubins)
    if (!writeOutput(path, llvm::StringRef(bytes.data(), bytes.size())))
      return Diagnosed;
  return cubin || writeOutput(a.output, text) ? Fine : Diagnosed;
}

/// Registers and spills of every kernel where NVRTC can be had; nothing otherwise.
std::map<std::string, Resources> measureResources(const Compiled &c) {
  std::map<std::string, Resources> found;
  const runtime::Variant &variant = c.program.variants.front();
  for (const runtime::Phase *phase : {&variant.forward, variant.backward ? &*variant.backward : nullptr}) {
    if (!phase || phase->kernels.empty())
      continue;
    auto binary = compilePhase(*phase, "phase.cu", c.spec.arch, true);
    if (!binary) {
      llvm::errs() << "warning: registers and spills are unknown: " << binary.error().message() << "\n";
      continue;
    }
    if (auto info = runtime::parseCubin(*binary))
      for (const runtime::KernelResources &k : info->kernels)
        if (k.reported)
          found[k.name] = {k.registers, k.spillBytes(), k.serialized};
  }
  return found;
}

std::string cudaText(const Compiled &c, bool fullPrelude) {
  const runtime::Variant &variant = c.program.variants.front();
  std::string text = fullPrelude ? variant.forward.source : c.forward.chainText;
  if (c.backward)
    text += "\n// ================ backward\n" + (fullPrelude ? variant.backward->source : c.backward->chainText);
  return text;
}

bool dumpFile(const std::string &directory, llvm::StringRef name, llvm::StringRef text) {
  llvm::SmallString<128> path(directory);
  llvm::sys::path::append(path, name);
  return writeOutput(path, text);
}

/// The launchers' header first: a source without it would be of no use.
ExitCode emitHost(const Compiled &c, const Arguments &a) {
  auto program = runtime::Program::create(c.program);
  if (!program) {
    llvm::errs() << "error: " << program.error().message() << "\n";
    return Diagnosed;
  }
  llvm::SmallString<128> header(a.output);
  llvm::sys::path::replace_extension(header, "h");
  CppHost text = emitCppHost(program->data(), llvm::sys::path::filename(header).str());
  return writeOutput(header, text.header) && writeOutput(a.output, text.source) ? Fine : Diagnosed;
}

} // namespace

bool tools::wantsEmit(int argc, char **argv) {
  for (int i = 1; i < argc; ++i)
    if (llvm::StringRef(argv[i]).starts_with("--emit"))
      return true;
  return false;
}

int tools::emitMain(int argc, char **argv) {
  for (int i = 1; i < argc; ++i)
    if (llvm::StringRef(argv[i]) == "--emit=help" || llvm::StringRef(argv[i]) == "--help") {
      printHelp();
      return Fine;
    }
  Arguments a;
  if (ExitCode code = readArguments(argc, argv, a))
    return code;
  // A GPU's driver reserves more addresses than any limit, and whoever measures kernels lets them run.
  if (!a.tune.on)
    if (std::optional<int> code = superviseSelf(a.limits))
      return *code;
  if (!a.dumpTo.empty()) {
    if (std::error_code error = llvm::sys::fs::create_directories(a.dumpTo)) {
      llvm::errs() << "error: cannot create " << a.dumpTo << ": " << error.message() << "\n";
      return Diagnosed;
    }
    a.compile.options.stage = [&](llvm::StringRef name, mlir::ModuleOp module) {
      dumpFile(a.dumpTo, (name + ".mlir").str(), print(module));
    };
  }
  Session session;
  if (a.remarks) {
    mlir::remark::RemarkCategories everything;
    everything.passed = everything.missed = everything.analysis = everything.failed = ".*";
    (void)mlir::remark::enableOptimizationRemarks(session.context, nullptr, std::make_unique<mlir::remark::RemarkEmittingPolicyAll>(),
                                                  everything,
                                                  /*printAsEmitRemarks=*/true);
  }
  std::optional<Compiled> compiled;
  ExitCode code = a.tune.on ? compileTuned(session, a.input, a.compile.options, a.tune, compiled)
                            : compileFile(session, a.input, a.compile.options, compiled);
  if (code)
    return code;
  if (!a.dumpTo.empty()) {
    const runtime::Variant &variant = compiled->program.variants.front();
    bool ok = dumpFile(a.dumpTo, "4-forward.cu", variant.forward.source);
    if (variant.backward)
      ok &= dumpFile(a.dumpTo, "5-backward.cu", variant.backward->source);
    if (!ok)
      return Diagnosed;
  }
  if (a.emit == "mlir")
    return writeOutput(a.output, print(*compiled->named)) ? Fine : Diagnosed;
  if (a.emit == "fused")
    return writeOutput(a.output, print(*compiled->fused)) ? Fine : Diagnosed;
  if (a.emit == "cuda")
    return writeOutput(a.output, cudaText(*compiled, a.fullPrelude)) ? Fine : Diagnosed;
  if (a.emit == "ptx" || a.emit == "cubin")
    return emitBinary(*compiled, a);
  if (a.emit == "cpp-host")
    return emitHost(*compiled, a);
  if (a.emit == "report") {
    auto resources = measureResources(*compiled);
    return writeOutput(a.output, a.format == "json" ? reportJson(*compiled, resources) : reportText(*compiled, resources)) ? Fine
                                                                                                                           : Diagnosed;
  }
  auto program = runtime::Program::create(compiled->program);
  if (!program) {
    llvm::errs() << "error: " << program.error().message() << "\n";
    return Diagnosed;
  }
  return writeOutput(a.output, program->serialize()) ? Fine : Diagnosed;
}
