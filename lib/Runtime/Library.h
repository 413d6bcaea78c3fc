// Internal to the runtime: a shared library opened at run time. It stays open: drivers do not survive dlclose.
#pragma once
#include <dlfcn.h>
#include <string>
#include <vector>

namespace fusion::runtime::detail {

class Library {
public:
  /// Opens the first of `paths` that loads; `error()` collects what the loader said about the others.
  explicit Library(const std::vector<std::string> &paths) {
    for (const std::string &path : paths) {
      if ((handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)))
        return;
      const char *message = dlerror();
      errors += (errors.empty() ? "" : "; ") + std::string(message ? message : path.c_str());
    }
  }
  explicit operator bool() const { return handle != nullptr; }
  const std::string &error() const { return errors; }

  /// Looks a function up; a missing one is remembered in `missing()`.
  template <class F> void find(const char *name, F *&function) {
    function = reinterpret_cast<F *>(dlsym(handle, name));
    if (!function)
      absent += (absent.empty() ? "" : ", ") + std::string(name);
  }
  const std::string &missing() const { return absent; }

private:
  void *handle = nullptr;
  std::string errors, absent;
};

} // namespace fusion::runtime::detail
