// Runs a program on a device with given tensors, and keeps what it made.
#pragma once
#include "fusion/Reference/Storage.h"
#include "fusion/host.hpp"
#include <map>

namespace fusion::tools {

struct RunResult {
  std::map<std::string, reference::Tensor<float>> tensors; ///< everything forward and backward wrote, by name
  double forwardMs = 0, backwardMs = 0;
  size_t forwardLaunches = 0; ///< kernels that forward launched; host driver only
};

struct RunRequest {
  int64_t batch = 1;
  bool backward = false;
  bool readBack = true;                                  ///< false: memory stays sparse, nothing is compared
  int repeats = 0;                                       ///< timed launches after the first
  uint64_t offset = 0;                                   ///< bytes of memory before each tensor, down to a whole number of its elements
  std::map<std::string, reference::Tensor<float>> given; ///< inputs, parameters and output gradients, by name
};

/// `host` is behind the context when it is on the host driver, else null: workspace buffers get names of their own there. Throws a Failure.
RunResult runProgram(const Context &context, const Host *host, const Program &program, const RunRequest &request);

} // namespace fusion::tools
