// A clock for tests: the time of a kernel is a number that its name, its tile and a seed decide. Nothing runs.
#include "fusion/Tune/Clock.h"
#include <chrono>
#include <thread>

using namespace fusion;
using namespace fusion::runtime;

namespace {

class MadeUpClock : public tune::Clock {
public:
  MadeUpClock(unsigned seed, double pause, const std::atomic<bool> &stop) : seed(seed), pause(pause), stop(stop) {}
  std::string device() const override { return "made up " + std::to_string(seed); }
  Expected<tune::KernelTimes> measure(const ProgramData &program, int64_t) override {
    using Time = std::chrono::steady_clock;
    auto end = Time::now() + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(pause));
    while (Time::now() < end) {
      if (stop)
        return Error(ErrorKind::Cancelled, "stopped");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const Variant &variant = program.variants.front();
    tune::KernelTimes times;
    times.forward = ofPhase(variant.forward);
    if (variant.backward)
      times.backward = ofPhase(*variant.backward);
    return times;
  }

private:
  std::vector<double> ofPhase(const Phase &phase) const {
    std::vector<double> times;
    for (const KernelLaunch &kernel : phase.kernels) {
      uint64_t hash = 1469598103934665603u + seed;
      auto add = [&](uint64_t value) { hash = (hash ^ value) * 1099511628211u; };
      std::string text = kernel.name;
      for (const Expr &extent : kernel.grid)
        text += extent.str();
      for (char c : text)
        add(uint64_t(c));
      for (uint64_t value : {uint64_t(kernel.block), kernel.sharedBytes})
        add(value);
      times.push_back(double(hash >> 54) * 1e-6 + 1e-6); // 1 to 1024 us
    }
    return times;
  }

  unsigned seed;
  double pause;
  const std::atomic<bool> &stop;
};

} // namespace

std::unique_ptr<tune::Clock> tune::makeMadeUpClock(unsigned seed, double pause, const std::atomic<bool> &stop) {
  return std::make_unique<MadeUpClock>(seed, pause, stop);
}
