// Reads and replaces whole files through POSIX calls: the flags (no link followed, exclusive creation) are the point.
#include "File.h"
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

} // namespace

Expected<std::string> detail::readFile(const std::string &path, size_t maxBytes, bool noFollow) {
  // O_NONBLOCK: opening a FIFO must not hang; it is refused below.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (noFollow ? O_NOFOLLOW : 0)));
  struct stat status{};
  if (file.fd < 0 || ::fstat(file.fd, &status) != 0)
    return systemError(path, "read");
  if (!S_ISREG(status.st_mode))
    return Error(ErrorKind::System, path + ": expected a regular file, but it is not one");
  if (noFollow && (status.st_uid != ::geteuid() || (status.st_mode & 022)))
    return Error(ErrorKind::System, path + ": expected a file that only this user can write, but others own or can write it");
  if (status.st_size < 0 || size_t(status.st_size) > maxBytes)
    return Error(ErrorKind::System,
                 path + ": expected at most " + std::to_string(maxBytes) + " bytes, but got " + std::to_string(status.st_size));
  std::string bytes(size_t(status.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t n = ::read(file.fd, &bytes[done], bytes.size() - done);
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

Error detail::replaceFile(const std::string &path, std::string_view bytes, unsigned mode) {
  std::string temporary = temporaryName(path);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (file.fd < 0)
    return systemError(temporary, "create");
  if (!writeAll(file.fd, bytes) || !file.close() || ::rename(temporary.c_str(), path.c_str()) != 0) {
    Error error = systemError(path, "write");
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}
