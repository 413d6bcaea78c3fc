// Turns code addresses of an instrumented module into file and line of the kernel's source.
#pragma once
#include "Module.h"
#include "Process.h"
#include <map>
#include <optional>

namespace fusion::host {

struct SourcePlace {
  std::string file; ///< "" when unknown
  int line = 0;
  std::string text() const { return file.empty() ? "an unknown line" : file + ":" + std::to_string(line); }
};

class Symbolizer {
public:
  Symbolizer(const ModuleCopy &copy, const Image &image) : copy(copy), image(image) {}
  /// `pc` is a return address.
  const SourcePlace &find(const void *pc);

private:
  const ModuleCopy &copy;
  const Image &image;
  std::optional<ScratchDirectory> scratch;
  std::map<const void *, SourcePlace> known;
};

} // namespace fusion::host
