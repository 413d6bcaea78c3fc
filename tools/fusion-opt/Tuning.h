// fusion-opt --tune: which device measures, how progress looks, and what Ctrl-C does.
#pragma once
#include "../common/Tool.h"

namespace fusion::tools {

struct TuneArguments {
  bool on = false, measure = true;
  std::string device = "cuda";
  int64_t candidates = 6;
  std::string error; ///< why an option of ours could not be read

  /// False for an option that is not one of ours.
  bool parse(llvm::StringRef argument);
  static const char *help();
};

/// Imports and compiles `path` with the tiles that are fastest on the device.
ExitCode compileTuned(Session &session, llvm::StringRef path, const CompileOptions &options, const TuneArguments &arguments,
                      std::optional<Compiled> &compiled);

} // namespace fusion::tools
