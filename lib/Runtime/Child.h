// Internal to the runtime: another program run with a limit of time; bytes in, bytes out.
#pragma once
#include "fusion/Runtime/Error.h"
#include <functional>
#include <vector>

namespace fusion::runtime::detail {

struct ChildJob {
  std::vector<std::string> argv;   ///< the program's path first
  std::string input;               ///< for its standard input
  std::string name;                ///< what messages call the work
  double seconds = 0;              ///< it is killed after them
  std::function<bool()> cancelled; ///< asked ten times a second; may be empty
  bool captureErrors = false;      ///< false: its standard error is ours
};

struct ChildResult {
  std::string output, errors;
  int status = 0; ///< as waitpid() tells it
};

/// Whatever happens, the child is gone afterwards. That it ended badly is for the caller to see in the status.
Expected<ChildResult> runChild(const ChildJob &job);

} // namespace fusion::runtime::detail
