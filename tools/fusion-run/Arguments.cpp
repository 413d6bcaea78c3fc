// Reads the command line of fusion-run; nothing here runs anything.
#include "Arguments.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace fusion;
using namespace fusion::tools;

void tools::printHelp() {
  llvm::outs()
      << "usage: fusion-run INPUT... [options]\n\n"
         "INPUT is a model description, or a program file (with --model=FILE for --check). Several inputs run one after the other.\n\n"
         "  --device=host|cuda           where to run (default host)\n"
         "  --check                      compare with the evaluator, gradients also with dual numbers\n"
         "  --golden=FILE                run the model of a golden file on its inputs and compare with its tensors; repeatable\n"
         "  --model=FILE                 the model that a program file is checked against\n"
         "  --seed=N                     of the inputs and of random orders (default 1)\n"
         "  --inputs=LIST                plain, kinks, nonfinite, constant, mean:X; repeated, one run for each list\n"
         "  --batches=N,...              batch sizes at which a model of unknown batch runs, 0 included (default: that of --batch)\n"
         "  --shape-scale=F              scale batch and spatial extents (or features) by F, for example 0.125\n"
         "  --schedule-from=FULL         plan and tiles of the model FULL (`self`: INPUT before scaling)\n"
         "  --schedule=ORDER,...         order of threads and blocks on the host driver: forward, reverse, random; all of them must\n"
         "                               give the same bits\n"
         "  --sanitize                   races, bounds, initialisation, alignment, divergence on the host driver\n"
         "  --bytes                      count distinct bytes per kernel and compare them with the report\n"
         "  --blocks=first,last,random:K run only these blocks; values are not compared\n"
         "  --repeat=N                   time N further launches\n"
         "  --offset=N                   tensors begin N bytes behind a multiple of 16, fp32 ones N / 4 * 4\n"
      << CompileArguments::help();
}

ExitCode tools::usage(const llvm::Twine &text) {
  llvm::errs() << "error: " << text << " (see fusion-run --help)\n";
  return Usage;
}

static bool readInputs(llvm::StringRef list, InputKind &kind) {
  kind.name = list.str();
  llvm::SmallVector<llvm::StringRef> words;
  list.split(words, ',');
  for (llvm::StringRef word : words) {
    if (word == "kinks")
      kind.options.kinks = true;
    else if (word == "nonfinite")
      kind.options.nonFinite = true;
    else if (word == "constant")
      kind.options.constant = true;
    else if (word.consume_front("mean:")) {
      if (word.getAsDouble(kind.options.mean))
        return false;
    } else if (word != "plain") {
      return false;
    }
  }
  return true;
}

llvm::StringRef tools::orderName(fusion_host_order order) {
  return order == FUSION_HOST_FORWARD ? "forward" : order == FUSION_HOST_REVERSE ? "reverse" : "random";
}

static bool readOrders(llvm::StringRef list, std::vector<fusion_host_order> &orders) {
  llvm::SmallVector<llvm::StringRef> words;
  list.split(words, ',');
  orders.clear();
  for (llvm::StringRef word : words) {
    auto order = llvm::StringSwitch<std::optional<fusion_host_order>>(word)
                     .Case("forward", FUSION_HOST_FORWARD)
                     .Case("reverse", FUSION_HOST_REVERSE)
                     .Case("random", FUSION_HOST_RANDOM)
                     .Default(std::nullopt);
    if (!order)
      return false;
    orders.push_back(*order);
  }
  return true;
}

static bool readBatches(llvm::StringRef list, std::vector<int64_t> &batches) {
  llvm::SmallVector<llvm::StringRef> words;
  list.split(words, ',');
  for (llvm::StringRef word : words) {
    batches.emplace_back();
    if (!parseNumber(word, batches.back()) || batches.back() < 0)
      return false;
  }
  return true;
}

ExitCode tools::readArguments(int argc, char **argv, Arguments &a) {
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
      a.sanitize = true;
    } else if (arg == "--bytes") {
      a.bytes = true;
    } else if (arg.consume_front("--golden=")) {
      a.goldens.push_back(arg.str());
    } else if (arg.consume_front("--seed=")) {
      if (!parseNumber(arg, a.seed))
        return usage("expected a whole number behind --seed=, but got '" + arg + "'");
    } else if (arg.consume_front("--repeat=")) {
      if (!parseNumber(arg, a.repeats) || a.repeats < 0)
        return usage("expected a count behind --repeat=, but got '" + arg + "'");
    } else if (arg.consume_front("--offset=")) {
      if (!parseNumber(arg, a.offset) || a.offset < 0 || a.offset > 14 || a.offset % 2)
        return usage("expected an even number below 16 behind --offset=, but got '" + arg + "'");
    } else if (arg.consume_front("--batches=")) {
      if (!readBatches(arg, a.batches))
        return usage("expected batch sizes of at least 0 behind --batches=, but got '" + arg + "'");
    } else if (arg.consume_front("--shape-scale=")) {
      if (arg.getAsDouble(a.scale) || !(a.scale > 0 && a.scale <= 1))
        return usage("expected a factor in (0, 1] behind --shape-scale=, but got '" + arg + "'");
    } else if (arg.consume_front("--schedule-from=")) {
      a.scheduleFrom = arg.str();
    } else if (arg.consume_front("--model=")) {
      a.model = arg.str();
    } else if (arg.consume_front("--inputs=")) {
      if (!readInputs(arg, a.kinds.emplace_back()))
        return usage("expected plain, kinks, nonfinite, constant or mean:X behind --inputs=, but got '" + arg + "'");
    } else if (arg.consume_front("--schedule=")) {
      if (!readOrders(arg, a.orders))
        return usage("expected forward, reverse or random behind --schedule=, but got '" + arg + "'");
    } else if (arg.consume_front("--blocks=")) {
      a.blocks = arg.str();
    } else if (arg.starts_with("--")) {
      llvm::StringRef close =
          nearest(arg.split('=').first,
                  {"--device",      "--check",         "--sanitize", "--bytes",     "--golden",   "--seed",   "--repeat", "--batches",
                   "--shape-scale", "--schedule-from", "--model",    "--inputs",    "--schedule", "--blocks", "--arch",   "--grad",
                   "--precision",   "--assume-finite", "--batch",    "--bandwidth", "--flops",    "--offset", "--help"});
      return usage("unknown option '" + arg + "'" + (close.empty() ? "" : "; did you mean '" + close.str() + "'?"));
    } else {
      a.inputs.push_back(arg.str());
    }
  }
  if (a.inputs.empty() && a.goldens.empty())
    return usage("expected an input");
  if (a.kinds.empty())
    a.kinds.emplace_back();
  return Fine;
}
