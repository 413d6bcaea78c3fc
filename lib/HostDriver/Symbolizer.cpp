// Asks addr2line, which comes with every assembler, for the innermost frame that is not the device header's.
#include "Symbolizer.h"
#include <cstdlib>
#include <sstream>

namespace fusion::host {

const SourcePlace &Symbolizer::find(const void *pc) {
  auto [it, isNew] = known.try_emplace(pc);
  SourcePlace &place = it->second;
  auto *address = static_cast<const char *>(pc);
  if (!isNew || address < copy.begin || address >= copy.end)
    return place;
  if (!scratch) {
    auto made = ScratchDirectory::make();
    if (!made || writeFile(made->file("kernels.so"), image.sharedObject))
      return place;
    scratch.emplace(std::move(*made));
  }
  char offset[32];
  snprintf(offset, sizeof offset, "0x%zx", static_cast<size_t>(address - copy.begin - 1));
  auto result = runProcess({"addr2line", "-i", "-e", scratch->file("kernels.so"), offset}, *scratch);
  if (!result || result->exitCode)
    return place;
  std::stringstream lines(result->output);
  for (std::string line; std::getline(lines, line);) {
    size_t colon = line.rfind(':', line.find(" (discriminator"));
    std::string file = line.substr(0, colon);
    if (colon == std::string::npos || file == "??" || file.rfind(std::string(kSourceRoot) + "cuda_on_cpu/", 0) == 0)
      continue;
    place.file = file.rfind(kSourceRoot, 0) == 0 ? file.substr(sizeof kSourceRoot - 1) : file;
    place.line = atoi(line.c_str() + colon + 1);
    break;
  }
  return place;
}

} // namespace fusion::host
