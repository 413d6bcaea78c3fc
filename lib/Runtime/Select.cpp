// Chooses the variant of a program for a device.
#include "Select.h"
#include "ProgramFile.h"
#include <tuple>

using namespace fusion::runtime;

Expected<detail::Selection> detail::selectVariant(const ProgramData &program, const DeviceInfo &device) {
  Selection best;
  std::tuple<int, int, int> bestRank{-1, 0, 0};
  std::string known;
  for (const Variant &variant : program.variants) {
    known += (known.empty() ? "" : ", ") + variant.arch;
    std::optional<Architecture> arch = parseArchitecture(variant.arch);
    if (!arch)
      continue;
    bool sameMajor = arch->major == device.major;
    bool exact = sameMajor && arch->minor == device.minor;
    bool runs = arch->suffix == 'a'   ? exact
                : arch->suffix == 'f' ? sameMajor && arch->minor <= device.minor
                                      : std::tie(arch->major, arch->minor) <= std::tie(device.major, device.minor);
    std::tuple<int, int, int> rank{arch->suffix == 'a' ? 2 : arch->suffix == 'f' ? 1 : 0, arch->major, arch->minor};
    if (!runs || rank <= bestRank)
      continue;
    bestRank = rank;
    best.variant = &variant;
    best.target = arch->suffix ? variant.arch : "sm_" + std::to_string(device.major) + std::to_string(device.minor);
  }
  if (!best.variant)
    return Error(ErrorKind::Unsupported, "expected a variant for compute capability " + std::to_string(device.major) + "." +
                                             std::to_string(device.minor) + " (" + device.name + "), but the program has " + known +
                                             "; compile it again with --arch=sm_" + std::to_string(device.major) +
                                             std::to_string(device.minor));
  return best;
}
