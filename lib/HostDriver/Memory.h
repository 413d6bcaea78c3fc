// Device memory: allocations far apart in a reserved range of addresses, handed out by tagged addresses, with named ranges and guard bytes.
#pragma once
#include "fusion/HostDriver/HostDriver.h"
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fusion::host {
using runtime::DevicePointer;
using runtime::Error;
using runtime::ErrorKind;
using runtime::Expected;

/// Set in every DevicePointer. The sum is no canonical address: host code that dereferences one faults.
constexpr DevicePointer kDeviceTag = DevicePointer(0x5a) << 52;

/// One bit per byte of a buffer, in chunks that exist once something in them is set.
class ByteSet {
public:
  explicit ByteSet(size_t bytes = 0) : chunks((bytes + kChunkBytes - 1) / kChunkBytes) {}
  void set(size_t offset, size_t bytes);
  bool contains(size_t offset, size_t bytes) const;
  void setAll() { everything = true; }
  size_t size() const { return count; } ///< how many are set; without setAll()

private:
  static constexpr size_t kChunkBytes = size_t(1) << 16;
  struct Chunk {
    uint64_t words[kChunkBytes / 64] = {};
  };
  std::vector<std::unique_ptr<Chunk>> chunks;
  size_t count = 0;
  bool everything = false;
};

struct NamedRange {
  char *begin, *end;
  std::string name, kernel; ///< kernel "": every kernel
};

struct Allocation {
  char *begin = nullptr, *end = nullptr;
  std::string name;
  std::vector<NamedRange> ranges;
  mutable ByteSet written; ///< by copies, fills and instrumented kernels; for the check of uninitialised reads
  size_t size() const { return end - begin; }
};

/// A buffer as one launch sees it.
struct Buffer {
  char *begin, *end;
  std::string name;
  const Allocation *allocation;
};

class Memory {
public:
  ~Memory();
  Expected<DevicePointer> allocate(size_t bytes, const std::string &name, size_t limit);
  Error release(DevicePointer pointer);
  Error nameRange(DevicePointer pointer, size_t bytes, const std::string &name, const std::string &kernel);

  /// The host address of a range of device memory, or an error that names the buffer it is not in.
  Expected<char *> access(DevicePointer pointer, size_t bytes, const char *what);
  void markWritten(char *begin, size_t bytes);

  /// The allocation that `address` lies in; null when there is none.
  const Allocation *find(const char *address) const;
  /// "8 bytes past the end of 'x' (400 bytes)"
  std::string locate(const char *address) const;
  /// What a launch of `kernel` with these (untagged) pointer arguments may touch, in address order.
  std::vector<Buffer> buffersFor(const std::string &kernel, const std::vector<char *> &pointers) const;
  /// Names the buffers whose guard bytes have changed, and repairs them.
  std::vector<std::string> overwrittenGuards();
  /// Instrumentation did not see what a launch wrote: everything counts as written.
  void markAllWritten();

private:
  Allocation *findMutable(const char *address);
  bool reserve();
  char *findSpace(size_t bytes); ///< null when there is none
  std::map<const char *, Allocation> allocations;
  std::deque<std::pair<const char *, std::string>> released; ///< the last few, for messages
  size_t used = 0;
  char *arena = nullptr; ///< inaccessible where nothing is allocated
  size_t arenaBytes = 0;
};

} // namespace fusion::host
