// fusion-opt --tune: opens the device, prints progress, and turns Ctrl-C into "keep the best so far".
#include "Tuning.h"
#include "fusion/HostDriver/HostDriver.h"
#include "fusion/Import/Import.h"
#include "fusion/Runtime/CacheDirectory.h"
#include "fusion/Tune/Tune.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <unistd.h>

using namespace fusion;
using namespace fusion::tools;

namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

/// While it lives, the first Ctrl-C asks for an end, and the second one ends the process.
class Interruptible {
public:
  Interruptible() {
    struct sigaction action{};
    action.sa_handler = [](int) { stop = true; };
    action.sa_flags = int(SA_RESETHAND);
    ::sigaction(SIGINT, &action, &before);
  }
  ~Interruptible() { ::sigaction(SIGINT, &before, nullptr); }

private:
  struct sigaction before{};
};

/// Lines of progress: on a terminal one line that is written again, elsewhere a line each.
void printProgress(const std::string &line, bool rewrite) {
  static bool open = false; // a line that may be written again
  bool terminal = ::isatty(STDERR_FILENO);
  if (open)
    llvm::errs() << "\r\033[K";
  llvm::errs() << line << (terminal && rewrite ? "" : "\n");
  open = terminal && rewrite;
}

runtime::Expected<std::unique_ptr<runtime::Driver>> openDevice(llvm::StringRef name, llvm::StringRef arch) {
  if (name == "host") {
    runtime::HostOptions options;
    options.keepRecords = false;
    int64_t capability = 90;
    if (parseNumber(arch.drop_front(3).take_while(llvm::isDigit), capability))
      options.claimMajor = int(capability / 10), options.claimMinor = int(capability % 10);
    return std::unique_ptr<runtime::Driver>(std::make_unique<runtime::HostDriver>(options));
  }
  int64_t ordinal = 0;
  name.consume_front("cuda");
  if (name.consume_front(":"))
    (void)parseNumber(name, ordinal); // parse() has read it once
  return runtime::makeCudaDriver(int(ordinal));
}

runtime::Expected<std::unique_ptr<tune::Clock>> openClock(llvm::StringRef device, llvm::StringRef arch) {
  if (device.consume_front("made-up")) {
    int64_t seed = 0;
    double pause = 0;
    device.consume_front(":");
    auto [first, second] = device.split(':');
    (void)parseNumber(first, seed);
    (void)second.getAsDouble(pause);
    return tune::makeMadeUpClock(unsigned(seed), pause, stop);
  }
  runtime::Expected<std::unique_ptr<runtime::Driver>> driver = openDevice(device, arch);
  if (!driver)
    return driver.error();
  return tune::makeDeviceClock(std::move(*driver), stop,
                               [](const std::string &message) { llvm::errs() << "warning: " << message << "\n"; });
}

} // namespace

const char *TuneArguments::help() {
  return "  --tune                       measures the tiles that are predicted to be fastest on the GPU at hand and remembers the\n"
         "                               winners per device; Ctrl-C keeps the best so far\n"
         "  --tune=remembered            measures nothing: uses what is remembered for the GPU at hand\n"
         "  --tune-candidates=N          tiles per kernel that are tried, 2 to 16 (default 6)\n"
         "  --device=cuda[:N]|host       where --tune measures (default cuda; host shows that it works, not how fast)\n";
}

bool TuneArguments::parse(llvm::StringRef argument) {
  if (argument == "--tune" || argument == "--tune=remembered") {
    on = true, measure = argument == "--tune";
  } else if (argument.consume_front("--tune-candidates=")) {
    if (!parseNumber(argument, candidates) || candidates < 2 || candidates > 16)
      error = "expected 2 to 16 behind --tune-candidates=, but got '" + argument.str() + "'";
  } else if (argument.consume_front("--device=")) {
    int64_t ordinal = 0;
    llvm::StringRef rest = argument;
    bool cuda = argument == "cuda" || (rest.consume_front("cuda:") && parseNumber(rest, ordinal) && ordinal >= 0);
    if (!cuda && argument != "host" && !argument.starts_with("made-up")) // the last one is for tests of what is done with times
      error = "expected cuda, cuda:N or host behind --device=, but got '" + argument.str() + "'";
    device = argument.str();
  } else {
    return false;
  }
  return true;
}

ExitCode tools::compileTuned(Session &session, llvm::StringRef path, const CompileOptions &options, const TuneArguments &arguments,
                             std::optional<Compiled> &compiled) {
  ImportResult imported = importFile(path, session.context);
  if (imported.status != ImportStatus::Ok)
    return imported.status == ImportStatus::Unsupported ? NotSupported : Diagnosed;
  if (ExitCode code = compileModule(session, *imported.module, options, compiled))
    return code;
  runtime::Expected<std::unique_ptr<tune::Clock>> clock = openClock(arguments.device, options.arch);
  if (!clock) {
    llvm::errs() << "error: --tune needs a GPU: " << clock.error().message() << "; leave --tune out, and tiles are chosen by prediction\n";
    return DeviceFailure;
  }
  runtime::Memory memory(runtime::defaultCacheDirectory(),
                         [](const std::string &message) { llvm::errs() << "warning: " << message << "\n"; });
  tune::TuneOptions how;
  how.candidates = unsigned(arguments.candidates), how.measure = arguments.measure, how.stop = &stop, how.progress = printProgress;
  Interruptible interruptible;
  CompileOptions quiet = options;
  quiet.stage = nullptr;
  runtime::Expected<tune::TuneResult> tuned = tune::tune(*imported.module, quiet, std::move(*compiled), **clock, memory, how);
  if (!tuned) {
    llvm::errs() << "error: " << tuned.error().message() << "\n";
    return DeviceFailure;
  }
  if (tuned->stopped)
    llvm::errs() << "warning: stopped before every tile was measured; the best so far are used, and nothing is remembered\n";
  compiled = std::move(tuned->compiled);
  return Fine;
}
