// The cache of compiled binaries: one file per entry, written under a unique name and renamed, full key and checksum compared.
#include "Cache.h"
#include "File.h"
#include "Hash.h"
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <vector>

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

namespace {

constexpr size_t maxMemoryBytes = size_t(64) << 20, maxEntryBytes = size_t(512) << 20;
constexpr time_t staleSeconds = 3600; ///< age at which a temporary file belongs to a writer that died
constexpr char magic[8] = {'f', 'u', 's', 'b', 'i', 'n', '0', '1'};

struct Header {
  char magic[8];
  uint64_t keyBytes, binaryBytes, logBytes, checksum; ///< checksum of everything after the header
};

/// Opens `path` and its missing parents; -1 with `why` unless this user alone can use it.
int openDirectory(const std::string &path, std::string &why) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), 0700);
  ::mkdir(path.c_str(), 0700);
  int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat status{};
  if (fd < 0 || ::fstat(fd, &status) != 0)
    why = std::strerror(errno);
  else if (status.st_uid != ::geteuid())
    why = "it belongs to another user";
  else if ((status.st_mode & 0777) != 0700)
    why = "its mode is not 0700";
  else
    return fd;
  if (fd >= 0)
    ::close(fd);
  return -1;
}

std::string encode(const std::string &key, const Binary &binary) {
  std::string body = key + std::string(binary.bytes.begin(), binary.bytes.end()) + binary.log;
  Header header{{}, key.size(), binary.bytes.size(), binary.log.size(), fnv1a64(body)};
  std::memcpy(header.magic, magic, sizeof(magic));
  return std::string(reinterpret_cast<const char *>(&header), sizeof(header)) + body;
}

/// The entry, or why it is none.
std::optional<Binary> decode(const std::string &file, const std::string &key, const char *&why) {
  Header header;
  why = "it is truncated";
  if (file.size() < sizeof(header))
    return std::nullopt;
  std::memcpy(&header, file.data(), sizeof(header));
  std::string_view body(file.data() + sizeof(header), file.size() - sizeof(header));
  if (std::memcmp(header.magic, magic, sizeof(magic)) != 0) {
    why = "it has another format";
    return std::nullopt;
  }
  if (header.keyBytes > body.size() || header.binaryBytes > body.size() - header.keyBytes ||
      header.logBytes != body.size() - header.keyBytes - header.binaryBytes)
    return std::nullopt;
  if (header.checksum != fnv1a64(body)) {
    why = "its checksum does not match";
    return std::nullopt;
  }
  if (body.substr(0, header.keyBytes) != key) {
    why = "it belongs to another key";
    return std::nullopt;
  }
  Binary binary;
  std::string_view bytes = body.substr(header.keyBytes, header.binaryBytes);
  binary.bytes.assign(bytes.begin(), bytes.end());
  binary.log = std::string(body.substr(header.keyBytes + header.binaryBytes));
  return binary;
}

} // namespace

BinaryCache::BinaryCache(const std::string &directory, Report report, uint64_t maxDiskBytes)
    : directory(directory), report(std::move(report)), maxDiskBytes(maxDiskBytes) {
  if (directory.empty())
    return;
  std::string why;
  directoryFd = openDirectory(directory, why);
  if (directoryFd < 0 && this->report)
    this->report("cache directory " + directory + " is not used: " + why);
}

BinaryCache::~BinaryCache() {
  if (directoryFd >= 0)
    ::close(directoryFd);
}

std::string BinaryCache::defaultDirectory() {
  if (const char *cache = std::getenv("XDG_CACHE_HOME"); cache && cache[0] == '/')
    return std::string(cache) + "/fusion";
  if (const char *home = std::getenv("HOME"); home && home[0] == '/')
    return std::string(home) + "/.cache/fusion";
  return {};
}

std::string BinaryCache::entryName(const std::string &key) { return hex16(fnv1a64(key)) + hex16(fnv1a64(key, key.size())) + ".bin"; }

std::optional<Binary> BinaryCache::readEntry(const std::string &key) {
  std::string name = entryName(key);
  if (::faccessat(directoryFd, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
    return std::nullopt;
  Expected<std::string> file = readOwnFile(directoryFd, name, maxEntryBytes);
  const char *why = "";
  std::optional<Binary> binary = file ? decode(*file, key, why) : std::nullopt;
  if (!binary && report)
    report("cache entry " + directory + "/" + name + " is not used: " + (file ? why : file.error().message()) + "; compiling again");
  return binary;
}

std::optional<Binary> BinaryCache::find(const std::string &key) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (auto found = memory.find(key); found != memory.end())
      return found->second;
  }
  if (directoryFd < 0)
    return std::nullopt;
  return readEntry(key);
}

void BinaryCache::insert(const std::string &key, const Binary &binary) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    size_t bytes = key.size() + binary.bytes.size() + binary.log.size();
    if (memoryBytes + bytes > maxMemoryBytes) { // rare enough that starting over is simpler than an order of use
      memory.clear();
      memoryBytes = 0;
    }
    if (bytes <= maxMemoryBytes && memory.emplace(key, binary).second)
      memoryBytes += bytes;
  }
  if (directoryFd < 0)
    return;
  if (Error error = replaceOwnFile(directoryFd, entryName(key), encode(key, binary))) {
    if (report)
      report("cache directory " + directory + ": " + error.message());
    return;
  }
  prune();
}

/// Removes the oldest entries over the limit, and what writers that died left behind.
void BinaryCache::prune() {
  struct Entry {
    std::string name;
    uint64_t bytes;
    timespec written;
  };
  int fd = ::openat(directoryFd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); // fdopendir takes its descriptor over
  DIR *listing = fd < 0 ? nullptr : ::fdopendir(fd);
  if (!listing) {
    if (fd >= 0)
      ::close(fd);
    return;
  }
  std::vector<Entry> entries;
  uint64_t total = 0;
  while (dirent *item = ::readdir(listing)) {
    std::string name = item->d_name;
    struct stat status{};
    if (::fstatat(directoryFd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
      continue;
    if (name.find(".tmp.") != std::string::npos && status.st_mtime + staleSeconds < ::time(nullptr)) {
      ::unlinkat(directoryFd, name.c_str(), 0);
    } else if (name.size() > 4 && name.compare(name.size() - 4, 4, ".bin") == 0) {
      entries.push_back({name, uint64_t(status.st_size), status.st_mtim});
      total += uint64_t(status.st_size);
    }
  }
  ::closedir(listing);
  std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) {
    return std::tie(a.written.tv_sec, a.written.tv_nsec) < std::tie(b.written.tv_sec, b.written.tv_nsec);
  });
  for (size_t i = 0; i < entries.size() && total > maxDiskBytes; ++i) {
    ::unlinkat(directoryFd, entries[i].name.c_str(), 0);
    total -= entries[i].bytes;
  }
}
