// fusion-embed: puts compiled binaries into a program file, so that loading it needs no compiler.
#include "fusion/fusion.hpp"
#include <cstdio>

namespace {

constexpr char kHelp[] =
    "usage: fusion-embed PROGRAM -o FILE --images=LIST [options]\n\n"
    "  --images=LIST      sm_90a, ... (cubin), compute_90, ... (PTX, for that and every newer GPU), device (for --device);\n"
    "                     unaligned with them: also for tensors that are not aligned to 16 bytes\n"
    "  --device=NAME      host, cuda or cuda:N: whose code `device` is (default null: sm_ and compute_ need no GPU)\n"
    "  --drop-source      leave the kernels' text out: only the images can run then\n"
    "  -o FILE            the program with its images\n";

int usage(const std::string &text) {
  std::fprintf(stderr, "error: %s (see fusion-embed --help)\n", text.c_str());
  return 2;
}

} // namespace

int main(int argc, char **argv) {
  std::string input, output, images, device = "null";
  bool dropSource = false;
  for (int i = 1; i < argc; ++i) {
    std::string arg = argv[i];
    if (arg == "--help")
      return std::fputs(kHelp, stdout), 0;
    if (arg == "-o" && i + 1 < argc)
      output = argv[++i];
    else if (arg.compare(0, 9, "--images=") == 0)
      images = arg.substr(9);
    else if (arg.compare(0, 9, "--device=") == 0)
      device = arg.substr(9);
    else if (arg == "--drop-source")
      dropSource = true;
    else if (arg.compare(0, 1, "-") == 0)
      return usage("unknown option '" + arg + "'");
    else if (input.empty())
      input = arg;
    else
      return usage("expected one program, but got '" + arg + "' too");
  }
  if (input.empty() || output.empty() || images.empty())
    return usage("expected a program, -o FILE and --images=LIST");
  try {
    fusion::Program program = fusion::Program::load(input);
    fusion_context_options options = FUSION_CONTEXT_OPTIONS;
    options.device = device.c_str();
    options.flags = FUSION_ISOLATE_COMPILE; // the source may be anybody's
    program.embed(fusion::Context(options), images, dropSource).save(output);
    return 0;
  } catch (const fusion::Failure &failure) {
    std::fprintf(stderr, "error: %s\n", failure.what());
    return failure.status() == FUSION_UNSUPPORTED ? 3 : failure.status() == FUSION_DEVICE ? 5 : 1;
  }
}
