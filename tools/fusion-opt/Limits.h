// Limits of time and memory for a compilation, held by a parent process.
#pragma once
#include <cstdint>
#include <optional>

namespace fusion::tools {

struct Limits {
  double seconds = 600;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  int64_t mebibytes = 0; // sanitizers reserve terabytes of addresses
#else
  int64_t mebibytes = 16384; ///< of address space
#endif
};

/// Goes on in a child process that has the limits; 0 means none. In the child, and where nothing is limited, the result is empty. The
/// parent waits, and gets the exit code to end with: the child's own, or one for what ended it, with a message printed.
std::optional<int> superviseSelf(const Limits &limits);

} // namespace fusion::tools
