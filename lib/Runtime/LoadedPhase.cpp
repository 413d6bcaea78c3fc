// Loads phases: an image of the program's where one fits, else the source, compiled kernel by kernel on all cores.
#include "LoadedPhase.h"
#include "Forms.h"
#include "Images.h"
#include "Parallel.h"
#include <algorithm>
#include <new>

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

/// A form that is being loaded, and its lock.
struct Loader::Work {
  LoadedPhase *phase;
  Form form;
  LoadedForm *loaded;
  std::unique_lock<std::mutex> lock;
  std::string source;      ///< in this form
  std::vector<Unit> units; ///< to compile; none when an image was taken
  std::vector<Expected<Binary>> binaries;
};

Loader::Loader(Context context, Program program, const Variant &variant, std::string target)
    : context(std::move(context)), program(std::move(program)), variant(variant), target(std::move(target)) {
  DeviceInfo device = this->context.driver().device();
  sharedLimit = device.sharedBytesPerBlock;
  imageKind = this->context.driver().imageKind();
  phases[0].phase = &variant.forward;
  phases[1].phase = variant.backward ? &*variant.backward : nullptr;
  phases[1].kind = PhaseKind::Backward;
  for (LoadedPhase &loaded : phases) {
    if (!loaded.phase)
      continue;
    const Phase &phase = *loaded.phase;
    for (const std::vector<unsigned> *list : {&phase.inputs, &phase.outputs, &phase.saved})
      loaded.tensors.insert(loaded.tensors.end(), list->begin(), list->end());
    // Images are tried before the source is compiled: a wide one serves where there is no narrow one.
    bool compiles = !phase.source.empty() && fittingImages(phase, Form::Wide, device, imageKind).empty();
    if (phase.narrowBatch && (compiles || !fittingImages(phase, Form::Narrow, device, imageKind).empty()))
      loaded.first = Form::Narrow;
  }
}

Loader::~Loader() {
  for (LoadedPhase &loaded : phases)
    for (LoadedForm &form : loaded.forms)
      for (ModuleHandle module : form.modules)
        context.driver().unload(module);
}

std::string Loader::nameOf(PhaseKind kind) const {
  return (program.data().chain.empty() ? "program" : program.data().chain) + std::string("_") + phaseName(kind);
}

/// What a launch could not run in the form that was loaded first, and what it costs.
void Loader::announce(const LoadedPhase &loaded, Form form) const {
  std::string name = nameOf(loaded.kind);
  if (form == Form::Unaligned)
    context.remark(name + ": a tensor is not aligned to 16 bytes; kernels without vector accesses are loaded for such launches, once");
  else if (form != loaded.first)
    context.remark(name + ": a batch of more than " + std::to_string(loaded.phase->narrowBatch) +
                   " needs 64-bit offsets; kernels with them are loaded for such launches, once");
}

/// True when one of the program's images was loaded.
Expected<bool> Loader::takeImage(Work &work) {
  Driver &driver = context.driver();
  for (const Image *image : fittingImages(*work.phase->phase, work.form, driver.device(), imageKind)) {
    Expected<ModuleHandle> module = driver.load(Binary{{image->bytes.begin(), image->bytes.end()}, {}});
    if (module) {
      work.loaded->modules.push_back(*module);
      return true;
    }
    if (module.error().kind() == ErrorKind::OutOfMemory)
      return module.error();
    context.report(nameOf(work.phase->kind) + ".cu: the embedded " + image->kind + " for " + image->arch +
                   " is not used: " + module.error().message());
  }
  return false;
}

/// Decides what to compile.
Error Loader::planSource(Work &work) {
  const Phase &phase = *work.phase->phase;
  if (phase.source.empty()) {
    std::string form = work.form == Form::Wide ? "" : std::string(" of the ") + formName(work.form) + " form";
    std::string wayOut = work.form == Form::Unaligned ? "; align all tensors to 16 bytes, or embed `unaligned` too with fusion-embed"
                                                      : "; embed one for this device with fusion-embed";
    return Error(ErrorKind::Unsupported, nameOf(work.phase->kind) + ".cu: expected an embedded image" + form + " for " + target +
                                             ", but the program has " + describeImages(phase) + " and no source" + wayOut);
  }
  work.source = *sourceIn(phase.source, work.form); // Program::create() has seen to it
  // The host's compilers read a large header before every source, which costs more than most kernels: they get it whole.
  work.units = imageKind == "cubin" ? unitsOf(work.source, phase.kernels) : std::vector<Unit>{{work.source, ""}};
  work.binaries.assign(work.units.size(), Expected<Binary>(Binary{}));
  return {};
}

/// Loads what was compiled and finds the kernels.
Error Loader::finish(Work &work) {
  Driver &driver = context.driver();
  const Phase &phase = *work.phase->phase;
  // A source that only compiles as a whole is compiled so; if it does not, the message's line numbers are those of the source.
  bool failed = false;
  for (const Expected<Binary> &binary : work.binaries) {
    if (!binary && binary.error().kind() != ErrorKind::Compile)
      return binary.error();
    failed |= !binary;
  }
  if (failed && work.units.size() > 1) {
    work.units = {{work.source, ""}};
    work.binaries = {context.compile(work.source, nameOf(work.phase->kind) + ".cu", target)};
  }
  for (const Expected<Binary> &binary : work.binaries) {
    if (!binary)
      return binary.error();
    Expected<ModuleHandle> module = driver.load(*binary);
    if (!module)
      return module.error();
    work.loaded->modules.push_back(*module);
  }
  std::vector<FunctionHandle> functions;
  for (const KernelLaunch &kernel : phase.kernels) {
    // A function that is launched several times is opted in for the most shared memory any launch asks for.
    size_t shared = 0, module = 0;
    for (const KernelLaunch &other : phase.kernels)
      if (other.name == kernel.name)
        shared = std::max<size_t>(shared, other.sharedBytes);
    for (size_t i = 0; i < work.units.size(); ++i)
      if (work.units[i].kernel == kernel.name)
        module = i;
    Expected<FunctionHandle> function = driver.function(work.loaded->modules[module], kernel.name, shared);
    if (!function)
      return inKernel(kernel, function.error());
    functions.push_back(*function);
  }
  work.loaded->plan.emplace(program.data(), phase, std::move(functions), work.form != Form::Unaligned);
  work.loaded->ready.store(true, std::memory_order_release);
  return {};
}

Error Loader::loadForms(const std::vector<std::pair<LoadedPhase *, Form>> &wanted) {
  std::vector<Work> works;
  works.reserve(wanted.size());
  for (auto [phase, form] : wanted) {
    LoadedForm &loaded = phase->forms[unsigned(form)];
    Work work{phase, form, &loaded, std::unique_lock<std::mutex>(loaded.loading), {}, {}, {}};
    if (!loaded.ready.load(std::memory_order_relaxed))
      works.push_back(std::move(work));
  }
  auto attempt = [&]() -> Error {
    struct Job {
      Work *work;
      size_t unit;
      const std::string &source() const { return work->units[unit].source; }
    };
    std::vector<Job> jobs;
    for (Work &work : works) {
      const Phase &phase = *work.phase->phase;
      for (const KernelLaunch &kernel : phase.kernels)
        if (kernel.sharedBytes > sharedLimit)
          return inKernel(kernel, Error(ErrorKind::Unsupported, "expected at most " + std::to_string(sharedLimit) +
                                                                    " bytes of shared memory per block on this device, but it needs " +
                                                                    std::to_string(kernel.sharedBytes)));
      if (phase.kernels.empty())
        continue;
      announce(*work.phase, work.form);
      Expected<bool> taken = takeImage(work);
      if (!taken)
        return taken.error();
      if (*taken)
        continue;
      if (Error error = planSource(work))
        return error;
      for (size_t i = 0; i < work.units.size(); ++i)
        jobs.push_back({&work, i});
    }
    // The longest first, so that no core ends up with a large one while the others are done.
    std::stable_sort(jobs.begin(), jobs.end(), [](const Job &a, const Job &b) { return a.source().size() > b.source().size(); });
    forEachInParallel(jobs.size(), [&](size_t i) {
      const Job &job = jobs[i];
      const Unit &unit = job.work->units[job.unit];
      Expected<Binary> &binary = job.work->binaries[job.unit];
      PhaseKind kind = job.work->phase->kind;
      try {
        std::string step = unit.kernel.empty() ? phaseName(kind) : unit.kernel;
        Error stopped = context.progress("compile " + step, unsigned(i), unsigned(jobs.size()));
        binary = stopped ? Expected<Binary>(stopped)
                         : context.compile(unit.source, nameOf(kind) + (unit.kernel.empty() ? "" : "_" + unit.kernel) + ".cu", target);
      } catch (const std::bad_alloc &) { // must not leave the thread it happens in
        binary = Error(ErrorKind::OutOfMemory, std::string("not enough memory to compile ") + phaseName(kind));
      }
    });
    for (Work &work : works)
      if (Error error = finish(work))
        return error;
    return {};
  };
  Error error = attempt();
  for (Work &work : works)
    if (!work.loaded->ready.load(std::memory_order_relaxed)) { // for the next attempt to start anew
      for (ModuleHandle module : work.loaded->modules)
        context.driver().unload(module);
      work.loaded->modules.clear();
    }
  return error;
}

Error Loader::load(PhaseKind kind, Form form) { return loadForms({{&phases[kind == PhaseKind::Forward ? 0 : 1], form}}); }

Error Loader::loadAll() {
  std::vector<std::pair<LoadedPhase *, Form>> wanted;
  for (LoadedPhase &loaded : phases)
    if (loaded.phase)
      wanted.push_back({&loaded, loaded.first});
  return loadForms(wanted);
}
