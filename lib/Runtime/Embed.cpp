// Compiles the phases of a program for several architectures at once and puts the binaries into a copy of it.
#include "fusion/Runtime/Embed.h"
#include "Isolate.h"
#include "ProgramFile.h"
#include "Select.h"
#include "fusion/Runtime/Nvrtc.h"
#include <algorithm>
#include <atomic>
#include <new>
#include <system_error>
#include <thread>
#include <tuple>

using namespace fusion::runtime;

namespace {

/// One binary to make: of one phase, for one architecture.
struct Job {
  Phase *phase;
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
    binary = context.compile(job.phase->source, job.name, job.target);
  } else if (!isolation.worker.empty()) {
    binary = detail::compileInChild(job.phase->source, job.name, job.target, isolation);
  } else {
    Expected<const Nvrtc *> nvrtc = Nvrtc::get();
    if (!nvrtc) {
      job.error = nvrtc.error();
      return;
    }
    binary = detail::compileFor(**nvrtc, job.phase->source, job.name, job.target);
  }
  if (!binary) {
    job.error = binary.error();
    return;
  }
  job.image.bytes.assign(binary->bytes.begin(), binary->bytes.end());
  while (job.image.kind == "ptx" && !job.image.bytes.empty() && job.image.bytes.back() == '\0')
    job.image.bytes.pop_back();
}

/// Takes jobs until there are none, or the caller wants to stop.
void work(const Context &context, const CompileIsolation &isolation, std::vector<Job> &jobs, std::atomic<size_t> &next, Error &cancelled) {
  for (size_t i; (i = next.fetch_add(1)) < jobs.size();) {
    if (Error error = context.progress("compile " + jobs[i].name + " for " + jobs[i].target, unsigned(i), unsigned(jobs.size()))) {
      cancelled = error;
      next = jobs.size();
      return;
    }
    try {
      compileJob(context, isolation, jobs[i]);
    } catch (const std::bad_alloc &) { // must not leave the thread it happens in
      jobs[i].error = Error(ErrorKind::OutOfMemory, "not enough memory to compile " + jobs[i].name);
    }
  }
}

Error runJobs(const Context &context, const CompileIsolation &isolation, std::vector<Job> &jobs) {
  std::atomic<size_t> next{0};
  size_t count = std::min<size_t>(jobs.size(), std::max(1u, std::thread::hardware_concurrency()));
  std::vector<Error> cancelled(std::max<size_t>(count, 1));
  std::vector<std::thread> threads;
  for (size_t t = 1; t < count; ++t) {
    try {
      threads.emplace_back([&, t] { work(context, isolation, jobs, next, cancelled[t]); });
    } catch (const std::system_error &) { // fewer threads, then
      break;
    }
  }
  work(context, isolation, jobs, next, cancelled[0]);
  for (std::thread &thread : threads)
    thread.join();
  for (const Error &error : cancelled)
    if (error)
      return error;
  for (const Job &job : jobs)
    if (job.error)
      return job.error;
  return {};
}

/// The jobs of one entry of the list.
Error addJobs(const Context &context, ProgramData &data, const std::string &wanted, std::vector<Job> &jobs) {
  size_t before = jobs.size();
  auto add = [&](Variant &variant, const std::string &target, const std::string &kind, bool byDriver) {
    auto addPhase = [&](Phase &phase, PhaseKind which) {
      if (phase.kernels.empty())
        return;
      std::string name = (data.chain.empty() ? "program" : data.chain) + std::string("_") + phaseName(which) + ".cu";
      jobs.push_back({&phase, name, target, byDriver, Image{kind, asReal(target), {}}, {}});
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
  for (const std::string &wanted : options.images)
    if (Error error = addJobs(context, data, wanted, jobs))
      return error;
  if (Error error = runJobs(context, options.isolation, jobs))
    return error;
  for (Job &job : jobs) {
    nameKind(job.image);
    std::vector<Image> &images = job.phase->images;
    images.erase(std::remove_if(images.begin(), images.end(),
                                [&](const Image &old) { return old.kind == job.image.kind && old.arch == job.image.arch; }),
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
