// A driver as a table of C functions that records what it is asked to do, counts what is alive, and fails the call it is told to.
#pragma once
#include "fusion/driver.h"
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace fusion::test {

struct RecordedLaunch {
  std::string kernel;
  uint32_t grid[3], block[3];
  size_t shared;
  void *stream;
  void **args; ///< alive during the call only
};

/// Outlives the contexts that use its table.
class RecordingDriver {
public:
  std::function<void(const RecordedLaunch &)> onLaunch;
  std::string failing; ///< the function whose call number `failAt` fails
  int failAt = 0;      ///< 0: the first call
  fusion_status failWith = FUSION_DEVICE;
  std::map<std::string, int> calls; ///< by function
  std::set<void *> modules;         ///< loaded now
  std::set<uint64_t> memory;        ///< allocated now
  int destroyed = 0;
  int32_t deviceType = 12;

  fusion_driver table() {
    fusion_driver t{};
    t.struct_size = sizeof(t);
    t.self = this;
    t.destroy = [](void *self) { ++of(self).destroyed; };
    t.describe = [](void *self, fusion_device_info *info, const fusion_sink *error) {
      std::strcpy(info->name, "recording");
      info->major = 9;
      info->shared_bytes = 100000;
      info->dl_device_type = of(self).deviceType;
      return of(self).enter("describe", error);
    };
    t.compile = [](void *self, const char *source, size_t bytes, const char *, const char *, const fusion_sink *binary, const fusion_sink *,
                   const fusion_sink *error) {
      binary->write(binary->state, source, bytes);
      return of(self).enter("compile", error);
    };
    t.load = [](void *self, const void *, size_t, void **module, const fusion_sink *error) {
      if (fusion_status status = of(self).enter("load", error))
        return status;
      *module = std::malloc(1);
      std::lock_guard<std::mutex> lock(of(self).mutex);
      of(self).modules.insert(*module);
      return FUSION_OK;
    };
    t.unload = [](void *self, void *module) {
      std::lock_guard<std::mutex> lock(of(self).mutex);
      if (of(self).modules.erase(module))
        std::free(module);
    };
    t.function = [](void *self, void *, const char *name, size_t, void **function, const fusion_sink *error) {
      std::lock_guard<std::mutex> lock(of(self).namesMutex);
      *function = const_cast<char *>(of(self).names.insert(name).first->c_str());
      return of(self).enter("function", error);
    };
    t.launch = [](void *self, void *function, const uint32_t *grid, const uint32_t *block, size_t shared, void *stream, void **args,
                  const fusion_sink *error) {
      if (!of(self).failing.empty())
        if (fusion_status status = of(self).enter("launch", error))
          return status;
      if (of(self).onLaunch)
        of(self).onLaunch(
            {static_cast<const char *>(function), {grid[0], grid[1], grid[2]}, {block[0], block[1], block[2]}, shared, stream, args});
      return FUSION_OK;
    };
    t.allocate = [](void *self, size_t bytes, const char *, uint64_t *pointer, const fusion_sink *error) {
      if (fusion_status status = of(self).enter("allocate", error))
        return status;
      *pointer = reinterpret_cast<uint64_t>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
      of(self).memory.insert(*pointer);
      return FUSION_OK;
    };
    t.release = [](void *self, uint64_t pointer) {
      if (of(self).memory.erase(pointer))
        std::free(reinterpret_cast<void *>(pointer));
    };
    t.copy_to_device = [](void *self, uint64_t to, const void *from, size_t bytes, const fusion_sink *error) {
      std::memcpy(reinterpret_cast<void *>(to), from, bytes);
      return of(self).enter("copy_to_device", error);
    };
    t.copy_to_host = [](void *self, void *to, uint64_t from, size_t bytes, const fusion_sink *error) {
      std::memcpy(to, reinterpret_cast<void *>(from), bytes);
      return of(self).enter("copy_to_host", error);
    };
    t.fill = [](void *self, uint64_t to, unsigned char value, size_t bytes, void *, const fusion_sink *error) {
      std::memset(reinterpret_cast<void *>(to), value, bytes);
      return of(self).enter("fill", error);
    };
    t.synchronize = [](void *self, const fusion_sink *error) { return of(self).enter("synchronize", error); };
    t.elapsed = [](void *self, void *, fusion_status (*body)(void *), void *state, float *milliseconds, const fusion_sink *error) {
      *milliseconds = 1.5f;
      if (fusion_status status = body(state))
        return status;
      return of(self).enter("elapsed", error);
    };
    return t;
  }

private:
  static RecordingDriver &of(void *self) { return *static_cast<RecordingDriver *>(self); }

  fusion_status enter(const char *name, const fusion_sink *error) {
    std::lock_guard<std::mutex> lock(mutex);
    if (calls[name]++ != failAt || failing != name)
      return FUSION_OK;
    std::string message = std::string(name) + " fails as it was told to";
    error->write(error->state, message.data(), message.size());
    return failWith;
  }

  std::mutex mutex, namesMutex;
  std::set<std::string> names;
};

} // namespace fusion::test
