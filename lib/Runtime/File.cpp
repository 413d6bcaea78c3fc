// Reads and replaces whole files through POSIX calls: the flags (no link followed, exclusive creation) are the point.
#include "File.h"
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utility>

using namespace fusion::runtime;

namespace {

class Descriptor {
public:
  explicit Descriptor(int fd) : fd(fd) {}
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  /// Closes now; false when the data may not have arrived.
  bool close() { return ::close(std::exchange(fd, -1)) == 0; }
  int fd;
};

Error systemError(const std::string &path, const char *what) {
  return Error(ErrorKind::System, path + ": cannot " + what + ": " + std::strerror(errno));
}

bool writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    bytes.remove_prefix(size_t(n));
  }
  return true;
}

/// A name that no other writer of this or another process uses.
std::string temporaryName(const std::string &path) {
  static std::atomic<unsigned> counter{0};
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(now.tv_nsec) + "." + std::to_string(counter++);
}

/// The bytes of an open regular file.
Expected<std::string> readAll(int fd, const std::string &path, size_t maxBytes, bool mustBeOwn) {
  struct stat status{};
  if (fd < 0 || ::fstat(fd, &status) != 0)
    return systemError(path, "read");
  if (!S_ISREG(status.st_mode))
    return Error(ErrorKind::System, path + ": expected a regular file, but it is not one");
  if (mustBeOwn && (status.st_uid != ::geteuid() || (status.st_mode & 022)))
    return Error(ErrorKind::System, path + ": expected a file that only this user can write, but others own or can write it");
  if (status.st_size < 0 || size_t(status.st_size) > maxBytes)
    return Error(ErrorKind::System,
                 path + ": expected at most " + std::to_string(maxBytes) + " bytes, but got " + std::to_string(status.st_size));
  std::string bytes(size_t(status.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t n = ::read(fd, &bytes[done], bytes.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return systemError(path, "read");
    if (n == 0)
      break;
    done += size_t(n);
  }
  bytes.resize(done);
  return bytes;
}

Error replaceAt(int directory, const std::string &path, std::string_view bytes, mode_t mode) {
  std::string temporary = temporaryName(path);
  Descriptor file(::openat(directory, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (file.fd < 0)
    return systemError(temporary, "create");
  if (!writeAll(file.fd, bytes) || !file.close() || ::renameat(directory, temporary.c_str(), directory, path.c_str()) != 0) {
    Error error = systemError(path, "write");
    ::unlinkat(directory, temporary.c_str(), 0);
    return error;
  }
  return {};
}

// O_NONBLOCK: opening a FIFO must not hang; it is refused once open.
constexpr int readFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

} // namespace

Expected<std::string> detail::readFile(const std::string &path, size_t maxBytes) {
  Descriptor file(::open(path.c_str(), readFlags));
  return readAll(file.fd, path, maxBytes, /*mustBeOwn=*/false);
}

Expected<std::string> detail::readOwnFile(int directory, const std::string &name, size_t maxBytes) {
  Descriptor file(::openat(directory, name.c_str(), readFlags | O_NOFOLLOW));
  return readAll(file.fd, name, maxBytes, /*mustBeOwn=*/true);
}

Error detail::replaceFile(const std::string &path, std::string_view bytes) { return replaceAt(AT_FDCWD, path, bytes, 0666); }

Error detail::replaceOwnFile(int directory, const std::string &name, std::string_view bytes) {
  return replaceAt(directory, name, bytes, 0600);
}
