// Compiles in a child process: fusion-opt reads the model from its standard input and writes the program, under limits of time and memory.
#include "Isolated.h"
#include "Child.h"
#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fusion;
using namespace fusion::runtime;

namespace {

constexpr double defaultSeconds = 600;
constexpr uint64_t defaultMemory = uint64_t(16) << 30;
constexpr int unsupported = 3; // docs/exit-codes.md

std::string findCompiler(const fusion_compile_options &options) {
  if (options.compiler)
    return options.compiler;
  if (const char *named = std::getenv("FUSION_OPT"); named && *named)
    return named;
  Dl_info info{};
  std::string path = dladdr(reinterpret_cast<const void *>(&fusion_compile), &info) && info.dli_fname ? info.dli_fname : "";
  std::string folder = path.substr(0, path.rfind('/') + 1);
  for (const char *place : {"../bin/fusion-opt", "../../bin/fusion-opt"}) // and where libraries have a folder for each architecture
    if (::access((folder + place).c_str(), X_OK) == 0)
      return folder + place;
  return "fusion-opt";
}

std::vector<std::string> commandLine(const fusion_compile_options &options) {
  uint64_t memory = options.limit_memory_bytes ? options.limit_memory_bytes : defaultMemory;
  std::vector<std::string> argv = {findCompiler(options), "-", "--emit=program", "--limit-seconds=0",
                                   "--limit-memory=" + std::to_string(std::max<uint64_t>(memory >> 20, 1))};
  argv.push_back(options.gradients == FUSION_ALL_GRADIENTS         ? "--grad=all"
                 : options.gradients == FUSION_PARAMETER_GRADIENTS ? "--grad=params"
                                                                   : "--grad=none");
  if (options.arch)
    argv.push_back(std::string("--arch=") + options.arch);
  if (options.precision)
    argv.push_back(std::string("--precision=") + options.precision);
  if (options.nominal_batch)
    argv.push_back("--batch=" + std::to_string(options.nominal_batch));
  if (options.assume_finite)
    argv.push_back("--assume-finite");
  return argv;
}

/// The child knows the model as <stdin>.
void nameModel(std::string &text, const std::string &name) {
  const std::string unnamed = "<stdin>:";
  for (size_t at = 0; (at = text.find(unnamed, at)) != std::string::npos; at += name.size() + 1)
    text.replace(at, unnamed.size(), name + ":");
}

} // namespace

fusion_status fusion::compileIsolated(std::string model, const std::string &name, const fusion_compile_options &options,
                                      std::string &program, std::string &message) {
  detail::ChildJob job;
  job.argv = commandLine(options);
  job.input = std::move(model);
  job.name = name;
  job.seconds = options.limit_seconds > 0 ? options.limit_seconds : defaultSeconds;
  job.captureErrors = true;
  if (options.progress)
    job.cancelled = [&] { return options.progress(options.user, "compile", 0, 1) != 0; };
  auto child = detail::runChild(job);
  if (!child) {
    message = child.error().message();
    return child.error().kind() == ErrorKind::Cancelled ? FUSION_CANCELLED
           : child.error().kind() == ErrorKind::System  ? FUSION_SYSTEM
                                                        : FUSION_COMPILE;
  }
  std::string said = std::move(child->errors);
  while (!said.empty() && said.back() == '\n')
    said.pop_back();
  nameModel(said, name);
  bool fine = WIFEXITED(child->status) && WEXITSTATUS(child->status) == 0;
  if (!said.empty() && options.diagnostic)
    options.diagnostic(options.user, fine ? FUSION_WARNING : FUSION_ERROR, said.c_str());
  if (fine) {
    program = std::move(child->output);
    return FUSION_OK;
  }
  int code = WIFEXITED(child->status) ? WEXITSTATUS(child->status) : 128 + WTERMSIG(child->status);
  message = said.empty() ? name + ": the compiler ended with exit code " + std::to_string(code) : said;
  if (code >= 127 || said.find("the compiler died with signal") != std::string::npos)
    return FUSION_COMPILE;
  return code == unsupported ? FUSION_UNSUPPORTED : FUSION_INVALID_ARGUMENT;
}
