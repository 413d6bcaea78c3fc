// Internal to the runtime: NVRTC here, or in a child process with limits.
#pragma once
#include "fusion/Runtime/Context.h"
#include "fusion/Runtime/Nvrtc.h"

namespace fusion::runtime::detail {

/// `target` is "sm_90a" for a cubin or "compute_90" for PTX.
Expected<Binary> compileFor(const Nvrtc &nvrtc, const std::string &source, const std::string &name, const std::string &target);

/// The same in a child process that is killed when it exceeds its limits. What it answers is not trusted further than its log and its
/// bytes.
Expected<Binary> compileInChild(const std::string &source, const std::string &name, const std::string &target,
                                const CompileIsolation &isolation);

/// The conversation with the child: fields with their lengths in front, on its standard input and output.
struct Request {
  std::string name, target, source;
  double seconds = 0;
  uint64_t memoryBytes = 0;
};
std::string encodeRequest(const Request &request);
bool decodeRequest(std::string_view bytes, Request &request);
std::string encodeAnswer(const Expected<Binary> &answer);
/// Nothing when the bytes are no whole answer.
std::optional<Expected<Binary>> decodeAnswer(std::string_view bytes);

} // namespace fusion::runtime::detail
