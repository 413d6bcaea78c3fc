// Context: compiles through the cache and passes messages on.
#include "fusion/Runtime/Context.h"
#include "Cache.h"
#include "fusion/Runtime/CacheDirectory.h"

using namespace fusion::runtime;

struct Context::State {
  State(std::shared_ptr<Driver> driver, ContextOptions options)
      : driver(std::move(driver)), options(std::move(options)),
        cache(
            !this->options.diskCache               ? std::string()
            : this->options.cacheDirectory.empty() ? defaultCacheDirectory()
                                                   : this->options.cacheDirectory,
            [this](const std::string &message) { report(message); }, this->options.cacheBytes) {}

  void report(const std::string &message) { pass(options.diagnostics, message); }
  void pass(const std::function<void(const std::string &)> &receiver, const std::string &message) {
    if (!receiver)
      return;
    std::lock_guard<std::mutex> lock(reporting);
    receiver(message);
  }

  std::shared_ptr<Driver> driver;
  ContextOptions options;
  std::mutex reporting;
  detail::BinaryCache cache;
};

Context::Context(std::shared_ptr<Driver> driver, ContextOptions options)
    : state(std::make_shared<State>(std::move(driver), std::move(options))) {}

Driver &Context::driver() const { return *state->driver; }

void Context::report(const std::string &message) const { state->report(message); }

void Context::remark(const std::string &message) const { state->pass(state->options.remarks, message); }

Error Context::progress(const std::string &step, unsigned done, unsigned total) const {
  if (!state->options.progress)
    return {};
  std::lock_guard<std::mutex> lock(state->reporting);
  if (state->options.progress(step, done, total))
    return {};
  return Error(ErrorKind::Cancelled, "stopped before \"" + step + "\" by the progress callback");
}

Expected<Binary> Context::compile(const std::string &source, const std::string &name, const std::string &arch) const {
  if (!state->options.jit)
    return Error(ErrorKind::Unsupported, name + ": expected an image for " + arch +
                                             " in the program, but it brings none that fits and "
                                             "compiling is off; embed one with fusion-embed");
  std::string compiler = state->driver->compilerId();
  if (compiler.empty())
    return state->driver->compile(source, name, arch);
  // Each part is preceded by its length, so that no two different keys have the same text.
  std::string key = "fusion " FUSION_VERSION;
  for (const std::string *part : std::initializer_list<const std::string *>{&compiler, &arch, &name, &source})
    key += "\n" + std::to_string(part->size()) + ":" + *part;
  if (std::optional<Binary> found = state->cache.find(key))
    return *found;
  Expected<Binary> binary = state->driver->compile(source, name, arch);
  if (binary)
    state->cache.insert(key, *binary);
  return binary;
}
