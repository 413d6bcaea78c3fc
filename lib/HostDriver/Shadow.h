// What the checker remembers about every 4 bytes of memory: the last write and the last reads, and which of its bytes they touched.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace fusion::host {

/// Who touched a cell, and when. `run` numbers the runs of blocks within a launch, from 1.
struct Access {
  uint32_t run, epoch, pc, clock;
  uint16_t thread, warpEpoch, partEpoch;
  unsigned warp() const { return thread >> 5; }
};

struct Cell {
  enum Flag : uint8_t {
    WriteAtomic = 1, ///< the last write was atomic
    ReadPlain = 2,   ///< one of the reads was not
    ManyThreads = 4, ///< several threads of the last reader's warp read in its interval
    ManyWarps = 8,   ///< several warps did
    ManyBlocks = 16, ///< several blocks read since the last write
    ManyParts = 64,  ///< warps did that meet at different barriers of parts of the block
    Pending = 32,    ///< a cp.async into it has not been waited for
  };
  uint32_t owner = 0; ///< shared memory: the run of the block that all this is about
  uint8_t initialized = 0, writeMask = 0, readMask = 0, flags = 0;
  Access write, read;
};

/// Cells for a range of memory, in chunks that exist once something in them is touched.
class Shadow {
public:
  static constexpr size_t kCellBytes = 4;
  explicit Shadow(size_t bytes) : chunks(bytes / (kCellBytes * kChunkCells) + 1) {}
  Cell &at(size_t offset) {
    size_t cell = offset / kCellBytes;
    auto &chunk = chunks[cell / kChunkCells];
    if (!chunk)
      chunk.reset(new Cell[kChunkCells]());
    return chunk[cell % kChunkCells];
  }

private:
  static constexpr size_t kChunkCells = 1024;
  std::vector<std::unique_ptr<Cell[]>> chunks;
};

} // namespace fusion::host
