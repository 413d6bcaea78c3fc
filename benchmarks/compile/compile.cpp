// Measures cold compilation of programs by NVRTC, without a GPU: each kernel alone (wall and CPU time, which holds on a busy machine too),
// all of them in turn, all of them at the same time. usage: fusion-compile-benchmark [--repeat=N] [--most=RATIO]
// [--kernel-most=MILLISECONDS] PROGRAM... It fails when a kernel does not compile by itself. --most makes it fail when the wall time of all
// is more than RATIO of the sum of each (geometric mean over programs of several kernels).
#include "fusion/Runtime/Executable.h"
#include "fusion/Runtime/Nvrtc.h"
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <time.h>

using namespace fusion::runtime;

namespace {

double cpuSeconds() { // of this thread
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

struct Took {
  double wall = 0, cpu = 0;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// A GPU that is not there: its code is compiled, and nothing runs.
class CompilingDriver : public Driver {
public:
  CompilingDriver(const Nvrtc &nvrtc, DeviceInfo info, bool oneAtATime) : nvrtc(nvrtc), info(std::move(info)), oneAtATime(oneAtATime) {}
  std::map<std::string, Took> seconds; ///< by source

  DeviceInfo device() const override { return info; }
  Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch) override {
    std::unique_lock<std::mutex> alone(mutex, std::defer_lock);
    if (oneAtATime)
      alone.lock();
    double begin = now(), cpuBegin = cpuSeconds();
    Expected<Binary> binary = nvrtc.compileToCubin(source, name, arch);
    Took took{now() - begin, cpuSeconds() - cpuBegin};
    if (!oneAtATime)
      alone.lock();
    seconds[name] = took;
    return binary;
  }
  Expected<ModuleHandle> load(const Binary &) override { return ModuleHandle(this); }
  void unload(ModuleHandle) override {}
  Expected<FunctionHandle> function(ModuleHandle, const std::string &, size_t) override { return FunctionHandle(this); }
  Error launch(FunctionHandle, Extent3, Extent3, size_t, Stream, void **) override { return {}; }
  Expected<DevicePointer> allocate(size_t, const std::string &) override { return DevicePointer(256); }
  void release(DevicePointer) override {}
  Error copyToDevice(DevicePointer, const void *, size_t) override { return {}; }
  Error copyToHost(void *, DevicePointer, size_t) override { return {}; }
  Error fill(DevicePointer, unsigned char, size_t, Stream) override { return {}; }
  Error synchronize() override { return {}; }
  Expected<float> elapsed(Stream, const std::function<Error()> &) override { return 0.0f; }

private:
  const Nvrtc &nvrtc;
  DeviceInfo info;
  bool oneAtATime;
  std::mutex mutex;
};

/// The device that the program's first variant is for.
DeviceInfo deviceOf(const Program &program) {
  int capability = std::atoi(program.data().variants.front().arch.c_str() + 3);
  DeviceInfo info;
  info.name = "absent";
  info.major = capability / 10, info.minor = capability % 10;
  info.sharedBytesPerBlock = size_t(1) << 20;
  return info;
}

/// Wall seconds of loading the program with nothing cached.
Expected<double> load(const Nvrtc &nvrtc, const Program &program, bool oneAtATime, std::map<std::string, Took> &seconds) {
  auto driver = std::make_shared<CompilingDriver>(nvrtc, deviceOf(program), oneAtATime);
  ContextOptions options;
  options.diskCache = false;
  double begin = now();
  Expected<Executable> executable = Executable::create(Context(driver, options), program);
  double wall = now() - begin;
  if (!executable)
    return executable.error();
  for (auto &[name, took] : driver->seconds)
    if (auto [at, added] = seconds.insert({name, took}); !added)
      at->second = {std::min(at->second.wall, took.wall), std::min(at->second.cpu, took.cpu)};
  return wall;
}

/// How many sources the program's kernels make when each compiles by itself.
size_t unitsIn(const Program &program) {
  const Variant &variant = program.data().variants.front();
  size_t count = 0;
  for (const Phase *phase : {&variant.forward, variant.backward ? &*variant.backward : nullptr}) {
    std::set<std::string> names;
    for (size_t i = 0; phase && i < phase->kernels.size(); ++i)
      names.insert(phase->kernels[i].name);
    count += names.size();
  }
  return count;
}

} // namespace

int main(int argc, char **argv) {
  int repeat = 3;
  double most = 0, kernelMost = 0, logs = 0, slowest = 0;
  unsigned several = 0;
  bool broken = false;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--repeat=", 9) == 0)
      repeat = std::max(1, std::atoi(argv[i] + 9));
    else if (std::strncmp(argv[i], "--most=", 7) == 0)
      most = std::atof(argv[i] + 7);
    else if (std::strncmp(argv[i], "--kernel-most=", 14) == 0)
      kernelMost = std::atof(argv[i] + 14);
    else
      paths.push_back(argv[i]);
  }
  Expected<const Nvrtc *> nvrtc = Nvrtc::get();
  if (!nvrtc) {
    std::printf("NOT RUN: %s\n", nvrtc.error().message().c_str());
    return 0;
  }
  std::printf("NVRTC %s, %u threads, best of %d\n", (*nvrtc)->version().c_str(), std::thread::hardware_concurrency(), repeat);
  for (const std::string &path : paths) {
    Expected<Program> program = Program::load(path);
    if (!program) {
      std::fprintf(stderr, "error: %s\n", program.error().message().c_str());
      return 1;
    }
    std::map<std::string, Took> alone, together;
    double wall = HUGE_VAL;
    for (int i = 0; i < repeat; ++i) {
      Expected<double> inTurn = load(**nvrtc, *program, true, alone), atOnce = load(**nvrtc, *program, false, together);
      if (!inTurn || !atOnce) {
        std::fprintf(stderr, "error: %s\n", (inTurn ? atOnce : inTurn).error().message().c_str());
        return 1;
      }
      wall = std::min(wall, *atOnce);
    }
    double sum = 0;
    for (const auto &[name, took] : alone) {
      std::printf("  %-60s %7.1f ms, CPU %7.1f ms\n", name.c_str(), took.wall * 1e3, took.cpu * 1e3);
      sum += took.wall;
      slowest = std::max(slowest, took.cpu);
    }
    std::printf("%s: %zu kernels, sum %.1f ms, at the same time %.1f ms, ratio %.2f\n", program->data().chain.c_str(), alone.size(),
                sum * 1e3, wall * 1e3, wall / sum);
    if (alone.size() > unitsIn(*program)) {
      std::printf("%s: FAILED: some kernels do not compile alone, so that their phase was compiled as a whole\n", path.c_str());
      broken = true;
    }
    if (alone.size() > 1)
      logs += std::log(wall / sum), ++several;
  }
  double ratio = several ? std::exp(logs / several) : 0;
  std::printf("%u programs of several kernels: ratio %.2f; slowest kernel CPU %.1f ms\n", several, ratio, slowest * 1e3);
  return broken || (most && ratio > most) || (kernelMost && slowest * 1e3 > kernelMost) ? 1 : 0;
}
