// A loaded source: per kind of image, one copy of its shared object for every worker, because shared memory is its static data.
#pragma once
#include "Compile.h"
#include "Scheduler.h"

namespace fusion::host {

/// Static data of a module: shared arrays and constants.
struct Symbol {
  char *begin, *end; ///< guard bytes excluded
  std::string name, function;
};

/// One copy of a shared object.
struct ModuleCopy {
  ModuleCopy() = default;
  ModuleCopy(const ModuleCopy &) = delete;
  ~ModuleCopy();
  void *symbol(const std::string &name) const;
  void poisonShared(size_t dynamicBytes); ///< NaN everywhere: a kernel must not rely on what shared memory holds

  void *handle = nullptr;
  hc_thread **currentSlot = nullptr;
  char *dynamicShared = nullptr;
  char *begin = nullptr, *end = nullptr;         ///< the whole mapping
  char *dataBegin = nullptr, *dataEnd = nullptr; ///< its writable part
  std::vector<Symbol> symbols;                   ///< writable ones, by address
};

class Module {
public:
  Module(Recipe recipe, Arch arch) : recipe(std::move(recipe)), arch(arch) {}
  /// Uses an image of the recipe as it is: nothing needs to be compiled then, not even a compiler to be there.
  void adopt(std::shared_ptr<const Image> image) { kinds[recipe.instrumented].image = std::move(image); }
  /// The image for plain or instrumented launches, compiled when it is first asked for.
  runtime::Expected<std::shared_ptr<const Image>> image(bool instrumented, const runtime::HostOptions &options);
  runtime::Expected<ModuleCopy *> copy(bool instrumented, unsigned worker, const runtime::HostOptions &options);

  const Recipe recipe;
  const Arch arch;

private:
  struct Kind {
    std::shared_ptr<const Image> image;
    std::vector<std::unique_ptr<ModuleCopy>> copies;
  };
  Kind kinds[2];
};

struct Function {
  Module *module;
  std::string name;
  size_t dynamicShared; ///< opted in to
};

} // namespace fusion::host
