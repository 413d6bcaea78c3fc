// A device to run on: the driver, the cache of compiled binaries, and where messages go.
#pragma once
#include "fusion/Runtime/Driver.h"
#include <functional>
#include <memory>
#include <string>

namespace fusion::runtime {

struct ContextOptions {
  /// Keep compiled binaries on disk. What is wrong with an entry or the directory is a message, never an error.
  bool diskCache = true;
  /// Empty: $XDG_CACHE_HOME/fusion, or ~/.cache/fusion. Created with mode 0700; used only if this user alone can use it.
  std::string cacheDirectory;
  /// Gets one message at a time, from any thread: refused cache entries, compiler warnings.
  std::function<void(const std::string &)> diagnostics;
  /// Gets, in the same way, what is no problem but good to know: a second form of a program's kernels is built.
  std::function<void(const std::string &)> remarks;
  /// Called before a step of a long call, one at a time, from any thread; false stops the call with ErrorKind::Cancelled.
  std::function<bool(const std::string &step, unsigned done, unsigned total)> progress;
  bool jit = true;                           ///< false: never compile; programs must bring an image that fits
  uint64_t cacheBytes = uint64_t(512) << 20; ///< on disk; what was used longest ago goes first
};

/// A cheap handle (copies share the driver and the cache); safe to use from any number of threads.
class Context {
public:
  explicit Context(std::shared_ptr<Driver> driver, ContextOptions options = {});

  Driver &driver() const;
  /// Driver::compile(), through the cache.
  Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch) const;
  void report(const std::string &message) const;
  void remark(const std::string &message) const;
  /// Success, or ErrorKind::Cancelled when the progress callback wants the call to stop.
  Error progress(const std::string &step, unsigned done, unsigned total) const;

private:
  struct State;
  std::shared_ptr<State> state;
};

/// Compiling in a child process of its own: NVRTC is no sandbox, and hostile source can make it run or grow without end.
struct CompileIsolation {
  std::string worker;                       ///< path of fusion-compile-worker; empty: compile in this process
  double seconds = 300;                     ///< the child is killed after them
  uint64_t memoryBytes = uint64_t(8) << 30; ///< limit of its address space
  std::function<bool()> cancelled;          ///< asked ten times a second; may be empty
};

/// The driver of a CUDA device: opens libcuda, and libnvrtc when something is first compiled.
Expected<std::unique_ptr<Driver>> makeCudaDriver(int ordinal = 0, const std::string &libcuda = "libcuda.so.1",
                                                 CompileIsolation isolation = {});

/// A driver that compiles, stores and runs nothing: what remains of a launch is the host's own cost. `arch` as in "sm_90".
Expected<std::unique_ptr<Driver>> makeNullDriver(const std::string &arch = "sm_90");

} // namespace fusion::runtime
