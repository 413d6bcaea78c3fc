// Runs a program on a device with given tensors, and keeps what it made.
#pragma once
#include "fusion/HostDriver/HostDriver.h"
#include "fusion/Reference/Tensor.h"
#include "fusion/fusion.hpp"
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
  std::map<std::string, reference::Tensor<float>> given; ///< inputs, parameters and output gradients, by name
};

/// `host` is the context's driver when it is the host driver: workspace buffers get names of their own there. Throws a Failure.
RunResult runProgram(const Context &context, runtime::HostDriver *host, const Program &program, const RunRequest &request);

} // namespace fusion::tools
