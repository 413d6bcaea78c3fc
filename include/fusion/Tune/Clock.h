// Where the times of tuning come from: a device, or in tests figures that are made up.
#pragma once
#include "fusion/Runtime/Context.h"
#include "fusion/Runtime/Program.h"
#include <atomic>
#include <vector>

namespace fusion::tune {

/// Seconds of each kernel of a program, in launch order.
struct KernelTimes {
  std::vector<double> forward, backward;
};

class Clock {
public:
  virtual ~Clock() = default;
  /// Names what the times hold for: part of the key that winners are remembered under.
  virtual std::string device() const = 0;
  /// Measures every kernel of the program's first variant. ErrorKind::Cancelled when it was asked to stop.
  virtual runtime::Expected<KernelTimes> measure(const runtime::ProgramData &program, int64_t batch) = 0;
};

/// Launches kernels on a device: random inputs, cold L2, medians. `stop` set: the measurement under way ends with
/// ErrorKind::Cancelled. Warnings of the runtime go to `diagnostics`.
std::unique_ptr<Clock> makeDeviceClock(std::shared_ptr<runtime::Driver> driver, const std::atomic<bool> &stop,
                                       std::function<void(const std::string &)> diagnostics);

/// Times made up from each kernel's name, its tile's description and `seed`; a program takes `pause` seconds. For tests of what is done
/// with times.
std::unique_ptr<Clock> makeMadeUpClock(unsigned seed, double pause, const std::atomic<bool> &stop);

} // namespace fusion::tune
