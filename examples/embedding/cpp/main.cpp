// Compiles a model description, loads it on a device and trains it for 20 steps. Usage: train_cpp MODEL [DEVICE]
#include <fusion/compiler.h>
#include <fusion/fusion.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

namespace {

/// The program of a model, or an exception with the compiler's first error.
fusion::Program compile(const std::string &path) {
  std::ifstream file(path);
  std::string model((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()), text;
  fusion_compile_options options = FUSION_COMPILE_OPTIONS;
  options.gradients = FUSION_PARAMETER_GRADIENTS;
  options.diagnostic = [](void *, fusion_severity, const char *message) { std::fprintf(stderr, "%s\n", message); };
  fusion_sink sink = fusion::sinkOf(text);
  if (fusion_status status = fusion_compile(model.data(), model.size(), path.c_str(), &options, &sink))
    throw fusion::Failure(status, fusion_compiler_last_error());
  return fusion::Program::parse(text);
}

std::vector<float> randomValues(size_t count, float scale, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, scale);
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(random);
  return values;
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3)
    return std::fprintf(stderr, "usage: train_cpp MODEL [DEVICE]\n"), 2;
  try {
    fusion::Program program = compile(argv[1]);
    fusion::Context context(argc == 3 ? argv[2] : "cuda");
    fusion::Executable executable(context, program);
    fusion::Bindings bindings(executable, program, program.batch());

    // Parameters, and for each the tensor with its gradient.
    struct Parameter {
      std::string name, gradient;
      std::vector<float> values;
    };
    std::vector<Parameter> parameters;
    std::string output;
    for (uint32_t i = 0; i < program.tensorCount(); ++i) {
      fusion::TensorInfo tensor = program.tensor(i);
      size_t count = size_t(program.bytes(i, program.batch())) / sizeof(float);
      if (tensor.role == FUSION_INPUT)
        bindings.write(tensor.name, randomValues(count, 1, i));
      if (tensor.role == FUSION_OUTPUT)
        output = tensor.name;
      if (tensor.role == FUSION_GRAD_PARAMETER)
        parameters.push_back({program.tensor(uint32_t(tensor.of)).name, tensor.name, {}});
    }
    for (Parameter &parameter : parameters) {
      uint32_t index = program.find(parameter.name);
      size_t count = size_t(program.bytes(index, program.batch())) / sizeof(float), rank = program.tensor(index).shape.size();
      parameter.values = rank > 1 ? randomValues(count, 0.2f, index) : std::vector<float>(count, parameter.name == "gamma" ? 1.0f : 0.0f);
      bindings.write(parameter.name, parameter.values);
    }

    std::vector<float> target = randomValues(bindings.read(output).size(), 1, 77);
    for (int step = 1; step <= 20; ++step) {
      bindings.forward();
      std::vector<float> y = bindings.read(output), gradient(y.size());
      double loss = 0;
      for (size_t i = 0; i < y.size(); ++i) {
        float error = y[i] - target[i];
        loss += double(error) * error / double(y.size());
        gradient[i] = 2 * error / float(y.size());
      }
      std::printf("step %2d loss %.6f\n", step, loss);
      bindings.write("grad_" + output, gradient);
      bindings.backward();
      for (Parameter &parameter : parameters) {
        std::vector<float> slope = bindings.read(parameter.gradient);
        for (size_t i = 0; i < slope.size(); ++i)
          parameter.values[i] -= 1.0f * slope[i];
        bindings.write(parameter.name, parameter.values);
      }
    }
    return 0;
  } catch (const fusion::Failure &failure) {
    std::fprintf(stderr, "%s: %s\n", fusion_status_name(failure.status()), failure.what());
    return 1;
  }
}
