// Trains the program that travels inside this executable for 20 steps, with compiling switched off. Usage: train_aot [DEVICE]
#include <fusion/fusion.hpp>

#include <cstdio>
#include <random>

extern "C" const char model_begin[], model_end[];

namespace {

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
  if (argc > 2)
    return std::fprintf(stderr, "usage: train_aot [DEVICE]\n"), 2;
  try {
    fusion_context_options options = FUSION_CONTEXT_OPTIONS;
    options.device = argc == 2 ? argv[1] : "cuda";
    options.flags = FUSION_NO_JIT | FUSION_NO_DISK_CACHE;
    fusion::Context context(options);
    fusion::Program program = fusion::Program::parse({model_begin, size_t(model_end - model_begin)});
    fusion::Bindings bindings(fusion::Executable(context, program), program, program.batch());

    bindings.write("x", randomValues(bindings.read("x").size(), 1, 1));
    const std::vector<std::string> names = {"weight", "bias", "gamma", "beta"};
    std::vector<std::vector<float>> parameters;
    for (const std::string &name : names) {
      size_t count = bindings.read(name).size();
      parameters.push_back(name == "weight" ? randomValues(count, 0.2f, 2) : std::vector<float>(count, name == "gamma" ? 1.0f : 0.0f));
      bindings.write(name, parameters.back());
    }
    std::vector<float> target = randomValues(bindings.read("y").size(), 1, 3);
    for (int step = 1; step <= 20; ++step) {
      bindings.forward();
      std::vector<float> y = bindings.read("y"), gradient(y.size());
      double loss = 0;
      for (size_t i = 0; i < y.size(); ++i) {
        gradient[i] = 2 * (y[i] - target[i]) / float(y.size());
        loss += double(y[i] - target[i]) * (y[i] - target[i]) / double(y.size());
      }
      std::printf("step %2d loss %.6f\n", step, loss);
      bindings.write("grad_y", gradient);
      bindings.backward();
      for (size_t p = 0; p < names.size(); ++p) {
        std::vector<float> slope = bindings.read("grad_" + names[p]);
        for (size_t i = 0; i < slope.size(); ++i)
          parameters[p][i] -= slope[i];
        bindings.write(names[p], parameters[p]);
      }
    }
    return 0;
  } catch (const fusion::Failure &failure) {
    std::fprintf(stderr, "%s: %s\n", fusion_status_name(failure.status()), failure.what());
    return 1;
  }
}
