// Compiles one source with NVRTC under limits it sets on itself: request on standard input, answer on standard output.
#include "Isolate.h"
#include <cerrno>
#include <cmath>
#include <csignal>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace fusion::runtime;
using namespace fusion::runtime::detail;

namespace {

constexpr size_t maxRequestBytes = size_t(512) << 20;

bool readAll(std::string &bytes) {
  char buffer[1 << 16];
  for (;;) {
    ssize_t got = ::read(0, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return got == 0;
    bytes.append(buffer, size_t(got));
    if (bytes.size() > maxRequestBytes)
      return false;
  }
}

bool writeAll(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(1, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    bytes.remove_prefix(size_t(put));
  }
  return true;
}

void limit(int resource, uint64_t value) {
  rlimit limits{value, value};
  (void)::setrlimit(resource, &limits);
}

Expected<Binary> serve(const Request &request) {
  limit(RLIMIT_CORE, 0);
#ifndef FUSION_SANITIZED // sanitizers reserve more address space than there is memory
  if (request.memoryBytes)
    limit(RLIMIT_AS, request.memoryBytes);
#endif
  if (request.seconds > 0) // the parent watches the clock; this holds when it is gone
    limit(RLIMIT_CPU, uint64_t(std::ceil(request.seconds)) + 1);
  Expected<const Nvrtc *> nvrtc = Nvrtc::get();
  if (!nvrtc)
    return nvrtc.error();
  return compileFor(**nvrtc, request.source, request.name, request.target);
}

} // namespace

int main() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // nobody wants the answer any more
  std::string bytes;
  Request request;
  if (!readAll(bytes) || !decodeRequest(bytes, request))
    return 2; // started by hand: it speaks to the library only
  return writeAll(encodeAnswer(serve(request))) ? 0 : 1;
}
