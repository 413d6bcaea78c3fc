// What the stand-ins for libcuda and libnvrtc share: a counter of calls, one of which fails, and a count of what is alive.
#pragma once
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

// Internal to each library: with external linkage the loader would let both share one state.
namespace faulty {
namespace {

struct State {
  std::mutex mutex;
  int failAt = -1, calls = 0;
  std::string failed;               ///< the entry point whose call failed
  std::map<std::string, int> alive; ///< by kind
};

inline State &state() {
  static State instance;
  return instance;
}

/// True when this call of `name` is the one that fails.
inline bool fails(const char *name) {
  std::lock_guard<std::mutex> lock(state().mutex);
  if (state().calls++ != state().failAt)
    return false;
  state().failed = name;
  return true;
}

inline void count(const char *kind, int by) {
  std::lock_guard<std::mutex> lock(state().mutex);
  state().alive[kind] += by;
}

} // namespace
} // namespace faulty
