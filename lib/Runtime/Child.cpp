// Runs a child process on a socket: everything goes through poll(), so that neither side can hang the other.
#include "Child.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

namespace {

constexpr size_t maxOutputBytes = size_t(1) << 30, maxErrorBytes = size_t(16) << 20;

/// A child that is killed and waited for when its owner goes without having waited.
class Child {
public:
  Child() = default;
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;
  ~Child() {
    for (int fd : {socket, errors})
      if (fd >= 0)
        ::close(fd);
    if (pid > 0) {
      ::kill(pid, SIGKILL);
      wait();
    }
  }
  int wait() {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR)
      ;
    pid = -1;
    return status;
  }
  pid_t pid = -1;
  int socket = -1; ///< the child's standard input and output
  int errors = -1; ///< a file in memory for its standard error
};

Error systemError(const std::string &what) { return Error(ErrorKind::System, what + ": " + std::strerror(errno)); }

Error start(const ChildJob &job, Child &child) {
  int ends[2];
  if (job.captureErrors && (child.errors = ::memfd_create("errors", MFD_CLOEXEC)) < 0)
    return systemError("cannot make a file for the messages of " + job.argv[0]);
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return systemError("cannot make a socket to " + job.argv[0]);
  child.socket = ends[0];
  std::vector<char *> argv;
  for (const std::string &word : job.argv)
    argv.push_back(const_cast<char *>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  if (child.errors >= 0)
    posix_spawn_file_actions_adddup2(&actions, child.errors, 2);
  int error = posix_spawn(&child.pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error) {
    child.pid = -1;
    return Error(ErrorKind::System, "cannot start " + job.argv[0] + ": " + std::strerror(error));
  }
  return {};
}

/// Sends the input and collects the output until the child closes its end.
Error converse(Child &child, const ChildJob &job, std::string &output) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(job.seconds));
  std::string buffer(size_t(1) << 16, '\0');
  std::string_view input = job.input;
  for (bool shut = false;;) {
    if (input.empty() && !shut)
      shut = (::shutdown(child.socket, SHUT_WR), true);
    if (job.cancelled && job.cancelled())
      return Error(ErrorKind::Cancelled, job.name + ": stopped while compiling by the progress callback");
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0)
      return Error(ErrorKind::Compile, job.name + ": expected to compile within " + std::to_string(job.seconds) +
                                           " s, but it takes longer; raise the limit if the source is to be trusted");
    pollfd wait{child.socket, short(POLLIN | (input.empty() ? 0 : POLLOUT)), 0};
    int ready = ::poll(&wait, 1, int(left < 100 ? left : 100));
    if (ready < 0 && errno != EINTR)
      return systemError("lost " + job.argv[0]);
    if (ready <= 0)
      continue;
    if (wait.revents & POLLOUT) {
      ssize_t sent = ::send(child.socket, input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0)
        input.remove_prefix(size_t(sent));
      else if (errno != EAGAIN && errno != EINTR)
        input = {}; // it died; what it left to read says more
    }
    if (wait.revents & (POLLIN | POLLHUP | POLLERR)) {
      ssize_t got = ::recv(child.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        return {};
      if (got > 0)
        output.append(buffer.data(), size_t(got));
      if (output.size() > maxOutputBytes)
        return Error(ErrorKind::Compile, job.name + ": expected a result of at most 1 GiB, but the compiler sends more");
    }
  }
}

std::string readErrors(int fd) {
  std::string text;
  char buffer[4096];
  ::lseek(fd, 0, SEEK_SET);
  for (ssize_t got; text.size() < maxErrorBytes && (got = ::read(fd, buffer, sizeof(buffer))) > 0;)
    text.append(buffer, size_t(got));
  return text;
}

} // namespace

Expected<ChildResult> detail::runChild(const ChildJob &job) {
  Child child;
  ChildResult result;
  if (Error error = start(job, child))
    return error;
  if (Error error = converse(child, job, result.output))
    return error;
  result.status = child.wait();
  if (child.errors >= 0)
    result.errors = readErrors(child.errors);
  return result;
}
