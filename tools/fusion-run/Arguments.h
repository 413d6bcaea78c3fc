// The command line of fusion-run as a value.
#pragma once
#include "../common/Tool.h"
#include "fusion/Reference/Random.h"
#include "fusion/host.h"

namespace fusion::tools {

/// One way to fill the inputs, and how the user called it.
struct InputKind {
  std::string name = "plain";
  reference::InputOptions options;
};

struct Arguments {
  CompileArguments compile;
  std::vector<std::string> inputs;  ///< model descriptions or programs; of goldens, the models they name
  std::vector<std::string> goldens; ///< golden files
  std::string model, scheduleFrom, device = "host";
  bool check = false, bytes = false, sanitize = false;
  std::string blocks = "all"; ///< of each grid, those that run
  int64_t seed = 1, repeats = 0, offset = 0;
  double scale = 1;
  std::vector<int64_t> batches; ///< sizes at which a dynamic model runs; empty: the nominal one
  std::vector<InputKind> kinds; ///< never empty once read
  std::vector<fusion_host_order> orders{FUSION_HOST_FORWARD};
  bool partialGrid() const { return !blocks.empty() && blocks != "all"; }
};

void printHelp();
/// Prints what is wrong with the command line; Fine when nothing is.
ExitCode readArguments(int argc, char **argv, Arguments &a);
/// Prints a complaint about the command line.
ExitCode usage(const llvm::Twine &text);
/// "forward", "reverse" or "random".
llvm::StringRef orderName(fusion_host_order order);

} // namespace fusion::tools
