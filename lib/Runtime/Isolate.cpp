// Compiles in a child process: request in on its standard input, answer out on its standard output, death at its limits.
#include "Isolate.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

namespace {

constexpr size_t maxAnswerBytes = size_t(1) << 30;

void put(std::string &bytes, std::string_view field) {
  uint64_t size = field.size();
  bytes.append(reinterpret_cast<const char *>(&size), sizeof(size));
  bytes.append(field);
}

bool take(std::string_view &bytes, std::string_view &field) {
  uint64_t size;
  if (bytes.size() < sizeof(size))
    return false;
  std::memcpy(&size, bytes.data(), sizeof(size));
  bytes.remove_prefix(sizeof(size));
  if (size > bytes.size())
    return false;
  field = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

template <class T> std::string_view asBytes(const T &value) { return {reinterpret_cast<const char *>(&value), sizeof(value)}; }
template <class T> bool fromBytes(std::string_view bytes, T &value) {
  return bytes.size() == sizeof(value) && (std::memcpy(&value, bytes.data(), sizeof(value)), true);
}

/// A child that is killed and waited for when its owner goes without having waited.
class Child {
public:
  ~Child() {
    if (socket >= 0)
      ::close(socket);
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
};

Error start(const std::string &worker, Child &child) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return Error(ErrorKind::System, std::string("cannot make a socket to the compile worker: ") + std::strerror(errno));
  child.socket = ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  char *argv[] = {const_cast<char *>(worker.c_str()), nullptr};
  int error = posix_spawn(&child.pid, worker.c_str(), &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error) {
    child.pid = -1;
    return Error(ErrorKind::System, "cannot start the compile worker " + worker + ": " + std::strerror(error) +
                                        "; set FUSION_COMPILE_WORKER to fusion-compile-worker, or compile without isolation");
  }
  return {};
}

/// Sends `request` and collects the answer until the child closes its end.
Error converse(Child &child, std::string_view request, const std::string &name, const CompileIsolation &isolation, std::string &answer) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(isolation.seconds));
  std::string buffer(size_t(1) << 16, '\0');
  for (;;) {
    if (isolation.cancelled && isolation.cancelled())
      return Error(ErrorKind::Cancelled, name + ": stopped while compiling by the progress callback");
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0)
      return Error(ErrorKind::Compile, name + ": expected to compile within " + std::to_string(isolation.seconds) +
                                           " s, but it takes longer; raise compile_seconds if the source is to be trusted");
    pollfd wait{child.socket, short(POLLIN | (request.empty() ? 0 : POLLOUT)), 0};
    int ready = ::poll(&wait, 1, int(left < 100 ? left : 100));
    if (ready < 0 && errno != EINTR)
      return Error(ErrorKind::System, std::string("lost the compile worker: ") + std::strerror(errno));
    if (ready <= 0)
      continue;
    if (wait.revents & POLLOUT) {
      ssize_t sent = ::send(child.socket, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0)
        request.remove_prefix(size_t(sent));
      else if (errno != EAGAIN && errno != EINTR)
        request = {}; // it died; what it left to read says more
      if (request.empty())
        ::shutdown(child.socket, SHUT_WR);
    }
    if (wait.revents & (POLLIN | POLLHUP | POLLERR)) {
      ssize_t got = ::recv(child.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        return {};
      if (got > 0)
        answer.append(buffer.data(), size_t(got));
      if (answer.size() > maxAnswerBytes)
        return Error(ErrorKind::Compile, name + ": expected a binary of at most 1 GiB, but the compile worker sends more");
    }
  }
}

} // namespace

Expected<Binary> detail::compileFor(const Nvrtc &nvrtc, const std::string &source, const std::string &name, const std::string &target) {
  return target.compare(0, 8, "compute_") == 0 ? nvrtc.compileToPtx(source, name, target) : nvrtc.compileToCubin(source, name, target);
}

std::string detail::encodeRequest(const Request &request) {
  std::string bytes;
  put(bytes, request.name);
  put(bytes, request.target);
  put(bytes, asBytes(request.seconds));
  put(bytes, asBytes(request.memoryBytes));
  put(bytes, request.source);
  return bytes;
}

bool detail::decodeRequest(std::string_view bytes, Request &request) {
  std::string_view name, target, seconds, memory, source;
  if (!take(bytes, name) || !take(bytes, target) || !take(bytes, seconds) || !take(bytes, memory) || !take(bytes, source) ||
      !bytes.empty() || !fromBytes(seconds, request.seconds) || !fromBytes(memory, request.memoryBytes))
    return false;
  request.name = name, request.target = target, request.source = source;
  return true;
}

std::string detail::encodeAnswer(const Expected<Binary> &answer) {
  std::string bytes;
  int32_t kind = answer ? 0 : int32_t(answer.error().kind());
  put(bytes, asBytes(kind));
  if (answer) {
    put(bytes, std::string_view(answer->bytes.data(), answer->bytes.size()));
    put(bytes, answer->log);
  } else {
    put(bytes, answer.error().message());
  }
  return bytes;
}

std::optional<Expected<Binary>> detail::decodeAnswer(std::string_view bytes) {
  std::string_view head, first, log;
  int32_t kind = -1;
  if (!take(bytes, head) || !fromBytes(head, kind) || kind < 0 || kind > int32_t(ErrorKind::Cancelled) || !take(bytes, first))
    return std::nullopt;
  if (kind != 0)
    return bytes.empty() ? std::optional<Expected<Binary>>(Error(ErrorKind(kind), std::string(first))) : std::nullopt;
  if (!take(bytes, log) || !bytes.empty())
    return std::nullopt;
  return Expected<Binary>(Binary{{first.begin(), first.end()}, std::string(log)});
}

Expected<Binary> detail::compileInChild(const std::string &source, const std::string &name, const std::string &target,
                                        const CompileIsolation &isolation) {
  Child child;
  if (Error error = start(isolation.worker, child))
    return error;
  std::string answer;
  if (Error error =
          converse(child, encodeRequest({name, target, source, isolation.seconds, isolation.memoryBytes}), name, isolation, answer))
    return error;
  int status = child.wait();
  if (std::optional<Expected<Binary>> decoded = decodeAnswer(answer); decoded && WIFEXITED(status))
    return *decoded;
  std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")"
                                        : "exit code " + std::to_string(WEXITSTATUS(status));
  return Error(ErrorKind::Compile, name + ": the compiler died with " + how + " in its own process, limited to " +
                                       std::to_string(isolation.memoryBytes >> 20) + " MiB and " + std::to_string(isolation.seconds) +
                                       " s; nothing else was harmed");
}
