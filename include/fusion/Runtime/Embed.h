// Ahead-of-time programs: binaries compiled now travel inside the program, so that loading it compiles nothing.
#pragma once
#include "fusion/Runtime/Context.h"
#include "fusion/Runtime/Program.h"

namespace fusion::runtime {

struct EmbedOptions {
  /// "sm_90a": a cubin by NVRTC; "compute_90": PTX for that and every newer device; "device": for the context's own device, by its
  /// driver. Neither of the first two needs a GPU. Each is made in the wide and the narrow form, and with the word "unaligned" among
  /// them in that form, too.
  std::vector<std::string> images;
  CompileIsolation isolation; ///< for what NVRTC compiles
  bool dropSource = false;    ///< leave the kernels' text out: then only the images can run
};

/// The program with images added (those of the same kind, architecture and form are replaced). All phases and images are compiled at the
/// same time, as many as there are cores.
Expected<Program> embedImages(const Context &context, const Program &program, const EmbedOptions &options);

} // namespace fusion::runtime
