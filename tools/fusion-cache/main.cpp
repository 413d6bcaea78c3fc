// fusion-cache: shows, empties and checks the cache of compiled binaries.
#include "fusion/fusion.hpp"
#include <cstdio>
#include <cstring>

namespace {

constexpr char kHelp[] = "usage: fusion-cache path|status|clear|verify [--directory=DIR]\n\n"
                         "  path      where compiled binaries are kept: $XDG_CACHE_HOME/fusion, or ~/.cache/fusion\n"
                         "  status    how many there are, and their bytes\n"
                         "  clear     removes them all\n"
                         "  verify    reads them all and removes damaged ones\n";

std::string defaultPath() {
  std::string path;
  fusion_sink sink = fusion::sinkOf(path);
  fusion::check(fusion_cache_path(&sink));
  return path;
}

int usage(const std::string &text) {
  std::fprintf(stderr, "error: %s (see fusion-cache --help)\n", text.c_str());
  return 2;
}

} // namespace

int main(int argc, char **argv) {
  std::string action, directory;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    if (arg == "--help")
      return std::fputs(kHelp, stdout), 0;
    if (arg.compare(0, 12, "--directory=") == 0)
      directory = arg.substr(12);
    else if (arg.compare(0, 2, "--") == 0)
      return usage("unknown option '" + arg + "'");
    else if (action.empty())
      action = arg;
    else
      return usage("expected one command, but got '" + arg + "' too");
  }
  if (action != "path" && action != "status" && action != "clear" && action != "verify")
    return usage("expected path, status, clear or verify, but got '" + action + "'");
  try {
    if (directory.empty())
      directory = defaultPath();
    if (action == "path")
      return std::printf("%s\n", directory.c_str()), 0;
    fusion_cache_info info{};
    info.struct_size = sizeof(info);
    fusion::check(fusion_cache(directory.c_str(),
                               action == "clear"    ? FUSION_CACHE_CLEAR
                               : action == "verify" ? FUSION_CACHE_VERIFY
                                                    : FUSION_CACHE_STATUS,
                               &info));
    std::printf("%s: %llu entries, %.1f MB", directory.c_str(), static_cast<unsigned long long>(info.entries), double(info.bytes) / 1e6);
    if (action == "verify")
      std::printf("; %llu damaged", static_cast<unsigned long long>(info.damaged));
    if (action != "status")
      std::printf("; %llu removed", static_cast<unsigned long long>(info.removed));
    std::printf("\n");
    return 0;
  } catch (const fusion::Failure &failure) {
    std::fprintf(stderr, "error: %s\n", failure.what());
    return 1;
  }
}
