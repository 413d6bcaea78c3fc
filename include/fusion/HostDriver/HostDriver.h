// The host driver: runs CUDA C++ on the CPU behind the runtime's Driver interface, and checks and measures it while it runs.
//
// A program's source is compiled with the machine's C++ compiler and executed natively, so a program file deserves the trust of an
// executable. Device memory is kept apart from host memory: a DevicePointer is tagged and faults when host code dereferences it.
#pragma once
#include "fusion/Runtime/Driver.h"
#include <memory>

namespace fusion::runtime {

/// The order in which the threads of a block, and the blocks of a grid, get to run. Each runs until it has to wait.
enum class Schedule { Forward, Reverse, Random };

/// What a launch is checked for when `HostOptions::sanitize` is set. A check that is off costs and reports nothing.
struct HostChecks {
  bool races = true;               ///< conflicting accesses that no barrier orders, within a block and between blocks
  bool bounds = true;              ///< accesses outside the named buffers, shared arrays and dynamic shared memory
  bool uninitializedShared = true; ///< shared memory read before any thread of the block wrote it
  bool uninitializedGlobal = true; ///< device memory read that no copy, fill or kernel ever wrote
  bool misaligned = true;          ///< vector loads and stores at addresses the hardware would refuse
  bool divergence = true;          ///< barriers that the threads of a block do not all reach together
};

/// Which linear blocks of a grid run. Nothing chosen means all of them.
struct BlockSelection {
  bool first = false, last = false;
  unsigned random = 0;           ///< this many distinct blocks drawn with the options' seed
  std::vector<uint64_t> indices; ///< linear indices (x fastest); those outside the grid are ignored
  bool all() const { return !first && !last && !random && indices.empty(); }
  /// Reads "all" or a comma-separated list of "first", "last", "random:K" and linear indices.
  static Expected<BlockSelection> parse(const std::string &text);
};

struct HostOptions {
  Schedule schedule = Schedule::Forward;
  uint64_t seed = 1;
  bool sanitize = false; ///< run the checks below; needs clang
  HostChecks checks;
  bool countBytes = false; ///< count the distinct bytes every buffer sees; needs clang
  BlockSelection blocks;
  /// When set, replaces `blocks` for each launch.
  std::function<BlockSelection(const std::string &kernel, Extent3 grid)> selectBlocks;
  int claimMajor = 9, claimMinor = 0;     ///< compute capability that device() reports and launches are held to
  size_t totalMemory = size_t(141) << 30; ///< device memory that device() reports; pages are only used when touched
  bool keepRecords = true;                ///< false: launches() stays empty, for programs that launch without end
  int workers = 0;                        ///< threads that run blocks; 0 is one per core. Checked and counted launches use one.
  double timeoutSeconds = 600;            ///< a launch that runs longer is stopped and reported; 0: no limit
  int optimization = 1;                   ///< -O level of plain launches: compiling takes longer than running small shapes
  std::string compiler;                   ///< for plain launches; "" is g++, or clang when there is none
  std::string checkingCompiler;           ///< for sanitize and countBytes; "" is clang++-22, or clang++ when there is none
};

enum class FindingKind {
  Race,      ///< two threads of a block, not ordered by a barrier
  BlockRace, ///< two blocks
  OutOfBounds,
  UninitializedShared,
  UninitializedGlobal,
  Misaligned,
  DivergentBarrier,
  AsyncCopyInFlight, ///< a read of what cp.async has not been waited for
  ForeignStack,      ///< an access to another thread's local memory
  Deadlock,
  Collective,       ///< a warp collective whose mask or participants are wrong
  IllegalAddress,   ///< the kernel faulted
  GuardOverwritten, ///< the bytes after a buffer changed during an unchecked launch
  Trap,
  Timeout,
};
const char *name(FindingKind kind);

/// One defect. Further occurrences at the same place only raise `count`.
struct Finding {
  FindingKind kind;
  std::string text; ///< with file:line, buffer, thread and block, where they are known
  uint64_t count = 1;
  std::string file; ///< "" when unknown
  int line = 0;
  Extent3 thread{0, 0, 0}, block{0, 0, 0};
};

/// What a launch did to one named buffer. Distinct bytes are exact; accessed bytes count every access.
struct BufferTraffic {
  std::string name;
  uint64_t bytesRead = 0, bytesWritten = 0;
  uint64_t accessedRead = 0, accessedWritten = 0;
  uint64_t busiestWritten = 0; ///< of accessedWritten, what the busiest thread number wrote, all blocks together
};

struct LaunchRecord {
  std::string kernel;
  Extent3 grid, block;
  size_t sharedBytes = 0;
  uint64_t blocksRun = 0;
  double seconds = 0;
  std::vector<BufferTraffic> buffers; ///< with countBytes: every buffer touched, in address order
  std::vector<Finding> findings;
};

class HostDriver : public Driver {
public:
  explicit HostDriver(HostOptions options = {});
  ~HostDriver() override;

  /// May be changed between launches; a module is compiled again by itself when it needs instrumentation that it lacks.
  HostOptions &options();
  /// One per launch since the last clearRecords(). A launch with findings also returns ErrorKind::Device.
  const std::vector<LaunchRecord> &launches() const;
  void clearRecords();

  /// Makes [pointer, pointer + bytes) of an allocation a buffer of its own: bounds-checked, counted and reported by `name`. Once
  /// parts of an allocation are named, a kernel may touch only the parts that start at one of its pointer arguments. Parts may
  /// overlap when their lifetimes do not meet; `kernel` restricts a name to launches of that kernel ("" is every kernel), and the
  /// last matching name wins.
  Error nameRange(DevicePointer pointer, size_t bytes, const std::string &name, const std::string &kernel = "");

  DeviceInfo device() const override;
  std::string compilerId() const override;
  std::string imageKind() const override { return "host"; }
  Expected<Binary> compile(const std::string &source, const std::string &name, const std::string &arch) override;
  Expected<ModuleHandle> load(const Binary &binary) override;
  void unload(ModuleHandle module) override;
  Expected<FunctionHandle> function(ModuleHandle module, const std::string &name, size_t sharedBytes) override;
  Error launch(FunctionHandle function, Extent3 grid, Extent3 block, size_t sharedBytes, Stream stream, void **args) override;
  Expected<DevicePointer> allocate(size_t bytes, const std::string &name) override;
  void release(DevicePointer pointer) override;
  Error copyToDevice(DevicePointer to, const void *from, size_t bytes) override;
  Error copyToHost(void *to, DevicePointer from, size_t bytes) override;
  Error fill(DevicePointer to, unsigned char value, size_t bytes, Stream stream) override;
  Error synchronize() override;
  Expected<float> elapsed(Stream stream, const std::function<Error()> &body) override;

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace fusion::runtime
