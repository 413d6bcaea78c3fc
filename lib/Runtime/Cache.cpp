// The cache of compiled binaries: one file per entry, written under a unique name and renamed, full key and checksum compared.
#include "Cache.h"
#include "File.h"
#include "Hash.h"
#include "fusion/Runtime/CacheDirectory.h"
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
constexpr char magic[8] = {'f', 'u', 's', 'b', 'i', 'n', '0', '2'};

struct Header {
  char magic[8];
  uint64_t keyBytes, binaryBytes, logBytes, checksum; ///< checksum of everything after the header
};

/// Makes a directory and its missing parents.
void makeDirectory(const std::string &path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), 0700);
  ::mkdir(path.c_str(), 0700);
}

/// Opens a directory; -1 with `why` unless this user alone can use it.
int openDirectory(const std::string &path, std::string &why) {
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
  Header header{{}, key.size(), binary.bytes.size(), binary.log.size(), hashBytes(body)};
  std::memcpy(header.magic, magic, sizeof(magic));
  return std::string(reinterpret_cast<const char *>(&header), sizeof(header)) + body;
}

/// Reads an entry's header and holds its sizes and its checksum to the rest; why it is none, or null.
const char *checkEntry(const std::string &file, Header &header, std::string_view &body) {
  if (file.size() < sizeof(header))
    return "it is truncated";
  std::memcpy(&header, file.data(), sizeof(header));
  body = std::string_view(file.data() + sizeof(header), file.size() - sizeof(header));
  if (std::memcmp(header.magic, magic, sizeof(magic)) != 0)
    return "it has another format";
  if (header.keyBytes > body.size() || header.binaryBytes > body.size() - header.keyBytes ||
      header.logBytes != body.size() - header.keyBytes - header.binaryBytes)
    return "it is truncated";
  return header.checksum == hashBytes(body) ? nullptr : "its checksum does not match";
}

/// The entry, or why it is none.
std::optional<Binary> decode(const std::string &file, const std::string &key, const char *&why) {
  Header header;
  std::string_view body;
  if ((why = checkEntry(file, header, body)))
    return std::nullopt;
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
  makeDirectory(directory);
  directoryFd = openDirectory(directory, why);
  if (directoryFd < 0 && this->report)
    this->report("cache directory " + directory + " is not used: " + why);
}

BinaryCache::~BinaryCache() {
  if (directoryFd >= 0)
    ::close(directoryFd);
}

std::string fusion::runtime::defaultCacheDirectory() {
  if (const char *cache = std::getenv("XDG_CACHE_HOME"); cache && cache[0] == '/')
    return std::string(cache) + "/fusion";
  if (const char *home = std::getenv("HOME"); home && home[0] == '/')
    return std::string(home) + "/.cache/fusion";
  return {};
}

std::string BinaryCache::entryName(const std::string &key) { return hex16(hashBytes(key)) + hex16(hashBytes(key, 0x5bd1e995)) + ".bin"; }

std::optional<Binary> BinaryCache::readEntry(const std::string &key) {
  std::string name = entryName(key);
  if (::faccessat(directoryFd, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
    return std::nullopt;
  Expected<std::string> file = readOwnFile(directoryFd, name, maxEntryBytes);
  const char *why = "";
  std::optional<Binary> binary = file ? decode(*file, key, why) : std::nullopt;
  if (binary) // what is used stays: prune() removes what was touched longest ago
    (void)::utimensat(directoryFd, name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  else if (report && ::faccessat(directoryFd, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) // unless another process pruned it meanwhile
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

namespace {

struct Entry {
  std::string name;
  uint64_t bytes;
  timespec used;
};

/// The entries of a directory, and what unfinished writes left behind.
struct Listing {
  std::vector<Entry> entries, temporaries;
  uint64_t bytes = 0;
  bool complete = false;
};

Listing list(int directory) {
  Listing result;
  int fd = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); // fdopendir takes its descriptor over
  DIR *listing = fd < 0 ? nullptr : ::fdopendir(fd);
  if (!listing) {
    if (fd >= 0)
      ::close(fd);
    return result;
  }
  while (dirent *item = ::readdir(listing)) {
    std::string name = item->d_name;
    struct stat status{};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
      continue;
    Entry entry{name, uint64_t(status.st_size), status.st_mtim};
    if (name.find(".tmp.") != std::string::npos) {
      result.temporaries.push_back(std::move(entry));
    } else if (name.size() > 4 && name.compare(name.size() - 4, 4, ".bin") == 0) {
      result.bytes += entry.bytes;
      result.entries.push_back(std::move(entry));
    }
  }
  ::closedir(listing);
  result.complete = true;
  return result;
}

} // namespace

/// Removes the least recently used entries over the limit, and what writers that died left behind.
void BinaryCache::prune() {
  Listing listing = list(directoryFd);
  for (const Entry &temporary : listing.temporaries)
    if (temporary.used.tv_sec + staleSeconds < ::time(nullptr))
      ::unlinkat(directoryFd, temporary.name.c_str(), 0);
  std::vector<Entry> &entries = listing.entries;
  std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) {
    return std::tie(a.used.tv_sec, a.used.tv_nsec) < std::tie(b.used.tv_sec, b.used.tv_nsec);
  });
  for (size_t i = 0; i < entries.size() && listing.bytes > maxDiskBytes; ++i) {
    ::unlinkat(directoryFd, entries[i].name.c_str(), 0);
    listing.bytes -= entries[i].bytes;
  }
}

Expected<CacheInfo> fusion::runtime::inspectCache(const std::string &directory, CacheAction action) {
  CacheInfo info;
  auto failed = [&](const std::string &why) { return Error(ErrorKind::System, "cache directory " + directory + ": " + why); };
  if (directory.empty())
    return Error(ErrorKind::System, "expected $XDG_CACHE_HOME or $HOME to name an absolute path, but neither does");
  struct stat status{};
  if (::lstat(directory.c_str(), &status) != 0 && errno == ENOENT)
    return info;
  std::string why;
  int fd = openDirectory(directory, why);
  if (fd < 0)
    return failed(why);
  Listing listing = list(fd);
  Error error = listing.complete ? Error() : failed(std::strerror(errno));
  auto remove = [&](const Entry &entry) {
    if (::unlinkat(fd, entry.name.c_str(), 0) == 0)
      ++info.removed;
    else if (errno != ENOENT && !error) // another process may have been faster
      error = failed(entry.name + ": " + std::strerror(errno));
  };
  for (const Entry &entry : listing.entries) {
    bool goes = action == CacheAction::Clear;
    if (action == CacheAction::Verify) {
      Expected<std::string> file = readOwnFile(fd, entry.name, maxEntryBytes);
      Header header;
      std::string_view body;
      goes = !file || checkEntry(*file, header, body) || BinaryCache::entryName(std::string(body.substr(0, header.keyBytes))) != entry.name;
      info.damaged += goes;
    }
    if (goes) {
      remove(entry);
    } else {
      ++info.entries;
      info.bytes += entry.bytes;
    }
  }
  if (action == CacheAction::Clear)
    for (const Entry &temporary : listing.temporaries)
      remove(temporary);
  ::close(fd);
  if (error)
    return error;
  return info;
}
