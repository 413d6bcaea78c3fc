// Reads what each thread number wrote out of the host driver's counts; it must not judge how much a kernel writes.
#include "Balance.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace fusion;

bool tools::threadsShareWrites(const Host &host) {
  // A warp's first lane may write what its warp made, and the first thread of a block a handful of results: neither is meant.
  constexpr uint64_t kHandful = 64; // bytes per block
  bool ok = true;
  for (const HostLaunch &launch : host.launches())
    for (const HostLaunch::Traffic &buffer : launch.buffers) {
      if (launch.block[0] < 64 || buffer.busiestWritten <= kHandful * launch.blocksRun ||
          buffer.busiestWritten * 8 <= buffer.accessedWritten)
        continue;
      llvm::outs() << llvm::formatv("bytes {0}: one of {1} threads writes {2} of the {3} bytes written to {4}; FAILED\n", launch.kernel,
                                    launch.block[0], buffer.busiestWritten, buffer.accessedWritten, buffer.name);
      ok = false;
    }
  return ok;
}
