// Reads golden files: JSON with tensors as the hex digits of their bits, most significant first, so nothing is lost in printing.
#include "fusion/Reference/Golden.h"
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace fusion::reference;
using nlohmann::json;

namespace {

/// Fills `values` from a string of hex digits; false when the length or a digit is wrong.
template <class T, class Bits> bool readBits(const std::string &hex, std::vector<T> &values) {
  const size_t digits = 2 * sizeof(Bits);
  if (hex.size() != values.size() * digits)
    return false;
  for (size_t i = 0; i < values.size(); ++i) {
    std::string text = hex.substr(i * digits, digits);
    if (text.find_first_not_of("0123456789abcdef") != std::string::npos)
      return false;
    Bits bits = std::stoull(text, nullptr, 16);
    std::memcpy(&values[i], &bits, sizeof bits);
  }
  return true;
}

/// Hex text is stored as a list of lines, to keep the files readable in a diff.
std::string joined(const json &lines) {
  std::string text;
  for (const json &line : lines)
    text += line.get<std::string>();
  return text;
}

bool readTensor(const json &from, GoldenTensor &tensor) {
  tensor.name = from.at("name").get<std::string>();
  Shape shape = from.at("shape").get<Shape>();
  tensor.f32 = Tensor<float>(shape);
  tensor.f64 = Tensor<double>(shape);
  if (!readBits<float, uint32_t>(joined(from.at("f32")), tensor.f32.data))
    return false;
  if (from.contains("f64"))
    return readBits<double, uint64_t>(joined(from.at("f64")), tensor.f64.data);
  std::copy(tensor.f32.data.begin(), tensor.f32.data.end(), tensor.f64.data.begin());
  return true;
}

bool readList(const json &from, std::vector<GoldenTensor> &tensors, std::string &error) {
  for (const json &entry : from) {
    tensors.emplace_back();
    if (!readTensor(entry, tensors.back())) {
      error = "tensor '" + tensors.back().name + "': expected as many hex digits as its shape needs";
      return false;
    }
  }
  return true;
}

} // namespace

bool fusion::reference::readGolden(const std::string &path, Golden &golden, std::string &error) {
  try {
    json file = json::parse(std::ifstream(path));
    golden.torch = file.at("torch").get<std::string>();
    golden.model = (std::filesystem::path(path).parent_path() / file.at("model").get<std::string>()).string();
    std::vector<GoldenTensor> grads;
    if (!readList(file.at("inputs"), golden.inputs, error) || !readList(file.at("outputs"), golden.outputs, error) ||
        !readList(file.at("grad_outputs"), golden.gradOutputs, error) || !readList(file.at("grads"), grads, error))
      return false;
    golden.differentiable = !grads.empty();
    for (GoldenTensor &grad : grads)
      golden.grads[grad.name] = std::move(grad);
    return true;
  } catch (const json::exception &e) {
    error = path + ": " + e.what();
    return false;
  }
}

std::vector<std::string> fusion::reference::goldenFiles(const std::string &directory) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const auto &entry : std::filesystem::directory_iterator(directory, ignored))
    if (entry.path().extension() == ".json")
      paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}
