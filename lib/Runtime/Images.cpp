// Ranks the images that a program brings along for a device.
#include "Images.h"
#include "Forms.h"
#include "ProgramFile.h"
#include <algorithm>
#include <tuple>

using namespace fusion::runtime;

namespace {

using Rank = std::tuple<int, int, int, int>; // compiled before translated, narrow before wide, newer before older

/// Whether the device can run the image, and how well.
std::optional<Rank> rankOf(const Image &image, const DeviceInfo &device, const std::string &kind) {
  std::optional<detail::Architecture> arch = detail::parseArchitecture(image.arch);
  bool ptx = image.kind == "ptx";
  if (!arch || (image.kind != kind && !(ptx && kind == "cubin")))
    return std::nullopt;
  bool sameMajor = arch->major == device.major, exact = sameMajor && arch->minor == device.minor;
  bool family = sameMajor && arch->minor <= device.minor;
  bool runs = arch->suffix == 'a'           ? exact
              : arch->suffix == 'f' || !ptx ? family
                                            : std::tie(arch->major, arch->minor) <= std::tie(device.major, device.minor);
  if (!runs)
    return std::nullopt;
  return Rank{ptx ? 0 : 1, arch->suffix == 'a' ? 2 : arch->suffix == 'f' ? 1 : 0, arch->major, arch->minor};
}

} // namespace

std::vector<const Image *> detail::fittingImages(const Phase &phase, Form form, const DeviceInfo &device, const std::string &kind) {
  std::vector<std::pair<Rank, const Image *>> ranked;
  for (const Image &image : phase.images)
    if (std::optional<Rank> rank = image.form == form ? rankOf(image, device, kind) : std::nullopt)
      ranked.push_back({*rank, &image});
  std::sort(ranked.begin(), ranked.end(), [](const auto &a, const auto &b) { return a.first > b.first; });
  std::vector<const Image *> images;
  for (const auto &[rank, image] : ranked)
    images.push_back(image);
  return images;
}

std::string detail::describeImages(const Phase &phase) {
  std::string text;
  for (const Image &image : phase.images)
    text += (text.empty() ? "" : ", ") + (image.form == Form::Wide ? "" : formName(image.form) + std::string(" ")) + image.kind + " " +
            image.arch;
  return text.empty() ? "none" : text;
}
