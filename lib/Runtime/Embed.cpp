// Compiles the phases of a program for several architectures at once and puts the binaries into a copy of it.
#include "fusion/Runtime/Embed.h"
#include "Forms.h"
#include "Isolate.h"
#include "Parallel.h"
#include "ProgramFile.h"
#include "Select.h"
#include "fusion/Runtime/Nvrtc.h"
#include <algorithm>
#include <atomic>
#include <new>
#include <tuple>

using namespace fusion::runtime;

namespace {

/// One binary to make: of one phase in one form, for one architecture.
struct Job {
  Phase *phase;
  std::string source; ///< in its form
  std::string name;   ///< what messages call the source
  std::string target; ///< as NVRTC takes it: "sm_90a" or "compute_90"
  bool byDriver = false;
  Image image;
  Error error;
};

std::string asReal(const std::string &target) { return target.compare(0, 8, "compute_") == 0 ? "sm_" + target.substr(8) : target; }

/// Whether the variant's source may be compiled for the target: its schedule uses what `arch` has.
bool serves(const std::string &variant, const std::string &target) {
  std::optional<detail::Architecture> has = detail::parseArchitecture(variant), wants = detail::parseArchitecture(asReal(target));
  if (!has || !wants)
    return false;
  if (has->suffix == 'a')
    return asReal(target) == variant;
  if (has->suffix == 'f')
    return has->major == wants->major && has->minor <= wants->minor;
  return std::tie(has->major, has->minor) <= std::tie(wants->major, wants->minor);
}

void compileJob(const Context &context, const CompileIsolation &isolation, Job &job) {
  Expected<Binary> binary = Binary{};
  if (job.byDriver) {
    binary = context.compile(job.source, job.name, job.target);
  } else if (!isolation.worker.empty()) {
    binary = detail::compileInChild(job.source, job.name, job.target, isolation);
  } else {
    Expected<const Nvrtc *> nvrtc = Nvrtc::get();
    if (!nvrtc) {
      job.error = nvrtc.error();
      return;
    }
    binary = detail::compileFor(**nvrtc, job.source, job.name, job.target);
  }
  if (!binary) {
    job.error = binary.error();
    return;
  }
  job.image.bytes.assign(binary->bytes.begin(), binary->bytes.end());
  while (job.image.kind == "ptx" && !job.image.bytes.empty() && job.image.bytes.back() == '\0')
    job.image.bytes.pop_back();
}

Error runJobs(const Context &context, const CompileIsolation &isolation, std::vector<Job> &jobs) {
  std::atomic<bool> stopped{false};
  detail::forEachInParallel(jobs.size(), [&](size_t i) {
    Job &job = jobs[i];
    try {
      if (!stopped)
        job.error = context.progress("compile " + job.name + " for " + job.target, unsigned(i), unsigned(jobs.size()));
      if (job.error)
        stopped = true;
      else if (!stopped)
        compileJob(context, isolation, job);
    } catch (const std::bad_alloc &) { // must not leave the thread it happens in
      job.error = Error(ErrorKind::OutOfMemory, "not enough memory to compile " + job.name);
    }
  });
  for (bool cancelled : {true, false})
    for (const Job &job : jobs)
      if (job.error && (!cancelled || job.error.kind() == ErrorKind::Cancelled))
        return job.error;
  return {};
}

/// The jobs of one entry of the list.
Error addJobs(const Context &context, ProgramData &data, const std::string &wanted, bool unaligned, std::vector<Job> &jobs) {
  size_t before = jobs.size();
  auto add = [&](Variant &variant, const std::string &target, const std::string &kind, bool byDriver) {
    auto addPhase = [&](Phase &phase, PhaseKind which) {
      if (phase.kernels.empty())
        return;
      std::string name = (data.chain.empty() ? "program" : data.chain) + std::string("_") + phaseName(which) + ".cu";
      for (Form form : {Form::Wide, Form::Narrow, Form::Unaligned})
        if (detail::hasForm(phase, form) && (form != Form::Unaligned || unaligned))
          jobs.push_back(
              {&phase, *detail::sourceIn(phase.source, form), name, target, byDriver, Image{kind, asReal(target), {}, form}, {}});
    };
    addPhase(variant.forward, PhaseKind::Forward);
    if (variant.backward)
      addPhase(*variant.backward, PhaseKind::Backward);
  };
  if (wanted == "device") {
    Expected<detail::Selection> selection = detail::selectVariant(data, context.driver().device());
    if (!selection)
      return selection.error();
    for (Variant &variant : data.variants)
      if (&variant == selection->variant)
        add(variant, selection->target, context.driver().imageKind(), true);
    return {};
  }
  bool ptx = wanted.compare(0, 8, "compute_") == 0;
  if (!detail::parseArchitecture(asReal(wanted)))
    return Error(ErrorKind::InvalidArgument,
                 "images: expected device, or an architecture such as sm_90a or compute_90, but got \"" + wanted + "\"");
  std::string known;
  for (Variant &variant : data.variants) {
    known += (known.empty() ? "" : ", ") + variant.arch;
    if (serves(variant.arch, wanted))
      add(variant, wanted, ptx ? "ptx" : "cubin", false);
  }
  if (jobs.size() == before && !data.variants.front().forward.kernels.empty())
    return Error(ErrorKind::Unsupported, "images: expected an architecture that a variant of the program (" + known +
                                             ") runs on, but got " + wanted + "; compile the model with --arch=" + asReal(wanted));
  return {};
}

/// A GPU newer than NVRTC gets PTX from its driver's compile().
void nameKind(Image &image) {
  if (image.kind == "cubin" && !detail::isWholeElf(image.bytes))
    image.kind = "ptx";
}

} // namespace

Expected<Program> fusion::runtime::embedImages(const Context &context, const Program &program, const EmbedOptions &options) {
  ProgramData data = program.data();
  for (const Variant &variant : data.variants)
    if ((!variant.forward.kernels.empty() && variant.forward.source.empty()) ||
        (variant.backward && !variant.backward->kernels.empty() && variant.backward->source.empty()))
      return Error(ErrorKind::InvalidArgument,
                   "expected a program with source to compile, but its source was left out; start from the full one");
  std::vector<Job> jobs;
  bool unaligned = std::find(options.images.begin(), options.images.end(), "unaligned") != options.images.end();
  for (const std::string &wanted : options.images)
    if (wanted != "unaligned")
      if (Error error = addJobs(context, data, wanted, unaligned, jobs))
        return error;
  if (Error error = runJobs(context, options.isolation, jobs))
    return error;
  for (Job &job : jobs) {
    nameKind(job.image);
    std::vector<Image> &images = job.phase->images;
    images.erase(std::remove_if(images.begin(), images.end(),
                                [&](const Image &old) {
                                  return old.kind == job.image.kind && old.arch == job.image.arch && old.form == job.image.form;
                                }),
                 images.end());
    images.push_back(std::move(job.image));
  }
  if (options.dropSource) {
    // A variant that nothing was compiled for could not run any more.
    auto bare = [](const Variant &variant) { return !variant.forward.kernels.empty() && variant.forward.images.empty(); };
    data.variants.erase(std::remove_if(data.variants.begin(), data.variants.end(), bare), data.variants.end());
    for (Variant &variant : data.variants) {
      variant.forward.source.clear();
      if (variant.backward)
        variant.backward->source.clear();
    }
  }
  return Program::create(std::move(data));
}
