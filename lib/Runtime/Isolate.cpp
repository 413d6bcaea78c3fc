// Compiles in a child process: a request to fusion-compile-worker, and what to make of its answer.
#include "Isolate.h"
#include "Child.h"
#include <cstring>
#include <sys/wait.h>

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

namespace {

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
  Expected<ChildResult> child = runChild({{isolation.worker},
                                          encodeRequest({name, target, source, isolation.seconds, isolation.memoryBytes}),
                                          name,
                                          isolation.seconds,
                                          isolation.cancelled});
  if (!child)
    return child.error().kind() == ErrorKind::System
               ? Error(ErrorKind::System,
                       child.error().message() + "; set FUSION_COMPILE_WORKER to fusion-compile-worker, or compile without isolation")
               : child.error();
  int status = child->status;
  if (std::optional<Expected<Binary>> decoded = decodeAnswer(child->output); decoded && WIFEXITED(status))
    return *decoded;
  std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")"
                                        : "exit code " + std::to_string(WEXITSTATUS(status));
  return Error(ErrorKind::Compile, name + ": the compiler died with " + how + " in its own process, limited to " +
                                       std::to_string(isolation.memoryBytes >> 20) + " MiB and " + std::to_string(isolation.seconds) +
                                       " s; nothing else was harmed");
}
