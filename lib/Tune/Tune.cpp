// The search: one compilation per set of candidates, a clock that times all its kernels, the fastest tile of each kernel.
#include "fusion/Tune/Tune.h"
#include "fusion/Dialect/Names.h"
#include "fusion/Schedule/Shortlist.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <limits>

using namespace mlir;
using namespace fusion;
using namespace fusion::tune;
using runtime::ErrorKind;
using runtime::Expected;

namespace {

std::string textOf(DictionaryAttr schedule) {
  std::string text;
  llvm::raw_string_ostream out(text);
  schedule.print(out);
  return text;
}

/// One kernel and what is known of its tiles.
struct Subject {
  KernelOp kernel;
  bool backward = false;
  unsigned place = 0; ///< in its phase
  std::string key;
  SmallVector<TileCandidate> candidates;
  std::vector<double> seconds; ///< of the candidates measured so far; infinite where one failed
  bool remembered = false;
  unsigned winner = 0;

  bool open() const { return !remembered && candidates.size() > 1; }
  void choose(unsigned i) { kernel.setScheduleAttr(candidates[i].schedule); }
};

class Tuning {
public:
  Tuning(ModuleOp model, const CompileOptions &options, Compiled base, Clock &clock, runtime::Memory &memory, const TuneOptions &how)
      : model(model), options(options), base(std::move(base)), clock(clock), memory(memory), how(how) {}
  Expected<TuneResult> run();

private:
  void collect();
  void recall();
  runtime::Error measureAll();
  runtime::Error measureSet(unsigned set);
  void decide();
  Expected<Compiled> compile();
  void report(Compiled &compiled) const;
  std::string line(const Subject &subject) const;

  bool stopped() const { return how.stop && *how.stop; }
  void say(const std::string &text, bool rewrite = false) const {
    if (how.progress)
      how.progress(text, rewrite);
  }

  ModuleOp model;
  CompileOptions options;
  Compiled base;
  Clock &clock;
  runtime::Memory &memory;
  const TuneOptions &how;
  std::vector<Subject> subjects;
  unsigned sets = 0, failures = 0;
  bool complete = true;
};

/// Every kernel of both phases with its candidates.
void Tuning::collect() {
  for (func::FuncOp func : base.fused->getOps<func::FuncOp>()) {
    auto role = func->getAttrOfType<StringAttr>(kRoleAttr);
    unsigned place = 0;
    for (KernelOp kernel : func.getOps<KernelOp>()) {
      Subject subject;
      subject.kernel = kernel, subject.backward = role && role.getValue() == "backward", subject.place = place++;
      subject.key = memoryKey(kernel, base, clock.device());
      subject.candidates = shortlist(kernel, base.spec, base.batch, how.candidates);
      subjects.push_back(std::move(subject));
    }
  }
}

/// Takes what is remembered, where that is still a tile that would be tried.
void Tuning::recall() {
  for (Subject &subject : subjects) {
    std::optional<std::string> text = subject.candidates.size() > 1 ? memory.find(subject.key) : std::nullopt;
    for (unsigned i = 0; text && i < subject.candidates.size(); ++i)
      if (textOf(subject.candidates[i].schedule) == *text)
        subject.winner = i, subject.remembered = true;
  }
}

Expected<Compiled> Tuning::compile() {
  CompileOptions again = options;
  again.planFrom = &base;
  FailureOr<Compiled> compiled = compileModel(model, again);
  if (failed(compiled))
    return runtime::Error(ErrorKind::Compile, "the compiler refused these tiles");
  return std::move(*compiled);
}

/// Compiles every kernel that is not decided with its candidate number `set` and times them together.
runtime::Error Tuning::measureSet(unsigned set) {
  for (Subject &subject : subjects)
    if (subject.open())
      subject.choose(set < subject.candidates.size() ? set : 0);
  Expected<Compiled> compiled = compile();
  if (!compiled)
    return compiled.error();
  Expected<KernelTimes> times = clock.measure(compiled->program, base.batch);
  if (!times)
    return times.error();
  for (Subject &subject : subjects) {
    const std::vector<double> &all = subject.backward ? times->backward : times->forward;
    if (subject.place >= all.size())
      return runtime::Error(ErrorKind::InvalidArgument, "expected a time for each kernel, but got " + std::to_string(all.size()));
    if (subject.open() && set < subject.candidates.size())
      subject.seconds.push_back(all[subject.place]);
  }
  return {};
}

runtime::Error Tuning::measureAll() {
  using Time = std::chrono::steady_clock;
  unsigned open = llvm::count_if(subjects, [](const Subject &s) { return s.open(); });
  for (const Subject &subject : subjects)
    if (subject.open())
      sets = std::max<unsigned>(sets, subject.candidates.size());
  Time::time_point begin = Time::now();
  for (unsigned set = 0; set < sets; ++set) {
    std::string left =
        set == 0 ? ""
                 : llvm::formatv("; {0:f0} s left", std::chrono::duration<double>(Time::now() - begin).count() / set * (sets - set)).str();
    say(llvm::formatv("tune: set {0} of {1}: {2} kernels on {3}{4}", set + 1, sets, open, clock.device(), left), true);
    runtime::Error error = stopped() ? runtime::Error(ErrorKind::Cancelled, "stopped") : measureSet(set);
    if (!error)
      continue;
    if (stopped() || error.kind() == ErrorKind::Cancelled)
      return complete = false, runtime::Error();
    if (set == 0) // the device, not a tile, is to blame
      return error;
    ++failures;
    say("tune: set " + std::to_string(set + 1) + " is left out: " + error.message());
    for (Subject &subject : subjects)
      if (subject.open() && set < subject.candidates.size())
        subject.seconds.push_back(std::numeric_limits<double>::infinity());
  }
  return {};
}

/// The fastest of what was measured; the compiler's own choice where nothing was.
void Tuning::decide() {
  for (Subject &subject : subjects) {
    if (subject.open()) {
      for (unsigned i = 1; i < subject.seconds.size(); ++i)
        if (subject.seconds[i] < subject.seconds[subject.winner])
          subject.winner = i;
      if (complete && failures == 0)
        memory.insert(subject.key, textOf(subject.candidates[subject.winner].schedule));
    }
    subject.choose(subject.winner);
    if (subject.candidates.size() > 1 && (subject.remembered || !subject.seconds.empty()))
      say(line(subject));
  }
}

std::string Tuning::line(const Subject &subject) const {
  std::string name = KernelOp(subject.kernel).getName().str();
  if (subject.remembered)
    return llvm::formatv("tune: {0}: tile {1} of {2}, remembered", name, subject.winner + 1, subject.candidates.size());
  double best = subject.seconds[subject.winner], own = subject.seconds[0];
  return llvm::formatv("tune: {0}: tile {1} of {2}, {3:f1} us measured, {4:f2} times as fast as the first ({5:f1} us)", name,
                       subject.winner + 1, subject.candidates.size(), best * 1e6, own / best, own * 1e6);
}

/// What fusion decided stands as it was; the tiles come behind it.
void Tuning::report(Compiled &compiled) const {
  compiled.forward.decisions = base.forward.decisions;
  if (compiled.backward && base.backward)
    compiled.backward->decisions = base.backward->decisions;
  for (const Subject &subject : subjects)
    if (subject.candidates.size() > 1 && (subject.remembered || !subject.seconds.empty()))
      (subject.backward ? compiled.backward->decisions : compiled.forward.decisions)
          .push_back("on " + clock.device() + ", " + StringRef(line(subject)).drop_front(6).str());
}

Expected<TuneResult> Tuning::run() {
  collect();
  recall();
  if (how.measure)
    if (runtime::Error error = measureAll())
      return error;
  decide();
  Expected<Compiled> compiled = compile();
  if (!compiled)
    return compiled.error();
  report(*compiled);
  return TuneResult{std::move(*compiled), !complete, failures};
}

} // namespace

std::string tune::memoryKey(KernelOp kernel, const Compiled &compiled, const std::string &device) {
  OwningOpRef<KernelOp> copy = cast<KernelOp>(kernel->clone());
  copy->setName("kernel");
  copy->removeScheduleAttr();
  copy->walk([](Operation *op) {
    op->removeAttr("source");
    op->removeAttr(kIdAttr);
  });
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "tile 1\n" << FUSION_VERSION << "\n" << device << "\n";
  out << compiled.spec.arch << " " << compiled.spec.bandwidth << " " << compiled.spec.fp32Rate << " " << compiled.program.precision << " "
      << compiled.batch << "\n";
  OpPrintingFlags flags;
  (*copy)->print(out, flags.useLocalScope().printGenericOpForm().assumeVerified());
  return text;
}

Expected<TuneResult> tune::tune(ModuleOp model, const CompileOptions &options, Compiled base, Clock &clock, runtime::Memory &memory,
                                const TuneOptions &how) {
  return Tuning(model, options, std::move(base), clock, memory, how).run();
}
