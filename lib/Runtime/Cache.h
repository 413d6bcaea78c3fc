// Internal to the runtime: compiled binaries, in memory and on disk. Whatever is wrong with an entry means "not found".
#pragma once
#include "fusion/Runtime/Driver.h"
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace fusion::runtime::detail {

class BinaryCache {
public:
  using Report = std::function<void(const std::string &)>;
  /// `directory` empty: in memory only. The least recently used files go when all together exceed `maxDiskBytes`.
  BinaryCache(const std::string &directory, Report report, uint64_t maxDiskBytes = uint64_t(512) << 20);
  ~BinaryCache();
  BinaryCache(const BinaryCache &) = delete;
  BinaryCache &operator=(const BinaryCache &) = delete;

  /// The binary stored under exactly this key.
  std::optional<Binary> find(const std::string &key);
  void insert(const std::string &key, const Binary &binary);

  /// The file's name inside the directory.
  static std::string entryName(const std::string &key);

private:
  std::optional<Binary> readEntry(const std::string &key);
  void prune();

  std::string directory;
  int directoryFd = -1; ///< files are named relative to it, so that nobody can swap the directory after the check
  Report report;
  uint64_t maxDiskBytes;
  std::mutex mutex;
  std::unordered_map<std::string, Binary> memory;
  size_t memoryBytes = 0;
};

} // namespace fusion::runtime::detail
