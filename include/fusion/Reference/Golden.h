// Golden tensors: what PyTorch computed for a model, read from test/Golden/*.json (written by scripts/make-goldens.py).
#pragma once
#include "fusion/Reference/Tensor.h"
#include <map>
#include <string>

namespace fusion::reference {

/// One tensor in both precisions; inputs hold the same values in both.
struct GoldenTensor {
  std::string name;
  Tensor<float> f32;
  Tensor<double> f64;
};

struct Golden {
  std::string torch; // the version that made it
  std::string model; // path of the model description beside the file
  bool differentiable = false;
  std::vector<GoldenTensor> inputs, outputs, gradOutputs; // in the order of the model's arguments and results
  std::map<std::string, GoldenTensor> grads;              // by argument name
};

/// Reads one golden file. On failure returns false and says why.
bool readGolden(const std::string &path, Golden &golden, std::string &error);
/// The paths of all golden files in a directory, sorted.
std::vector<std::string> goldenFiles(const std::string &directory);

} // namespace fusion::reference
