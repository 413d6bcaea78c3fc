// Temporary files and child processes.
#include "Process.h"
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace fusion::host {
using runtime::Error;
using runtime::ErrorKind;
using runtime::Expected;
namespace {
/// Owns the process's directory. A forked child shares it and must not remove it.
struct ProcessDirectory {
  std::string path;
  int error = 0;
  pid_t owner = getpid();
  ProcessDirectory() {
    const char *base = getenv("TMPDIR");
    path = std::string(base && *base ? base : "/tmp") + "/fusion-host-XXXXXX";
    if (!mkdtemp(path.data())) {
      error = errno;
      path.clear();
    }
  }
  ~ProcessDirectory() {
    std::error_code ignored;
    if (!path.empty() && owner == getpid())
      std::filesystem::remove_all(path, ignored);
  }
};
} // namespace

Expected<ScratchDirectory> ScratchDirectory::make() {
  static ProcessDirectory process;
  static std::atomic<unsigned> count{0};
  if (process.path.empty())
    return Error(ErrorKind::System, std::string("cannot make a temporary directory: ") + strerror(process.error) +
                                        "; set TMPDIR to a directory that can be written");
  std::string path = process.path + "/" + std::to_string(getpid()) + "-" + std::to_string(count++);
  std::error_code error;
  if (!std::filesystem::create_directory(path, error))
    return Error(ErrorKind::System, "cannot make the directory " + path + ": " + error.message());
  return ScratchDirectory(path);
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty())
    std::filesystem::remove_all(path_, ignored);
}

Expected<std::string> readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  if (!file)
    return Error(ErrorKind::System, "cannot read " + path);
  return bytes.str();
}

Error writeFile(const std::string &path, const std::string &bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  if (!file)
    return Error(ErrorKind::System, "cannot write " + path + "; is the disk full?");
  return {};
}

Expected<ProcessResult> runProcess(const std::vector<std::string> &arguments, const ScratchDirectory &scratch) {
  std::vector<char *> argv;
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  std::string log = scratch.file("log");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child;
  int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error)
    return Error(ErrorKind::System, "cannot start " + arguments[0] + ": " + strerror(error));
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return Error(ErrorKind::System, "lost the process of " + arguments[0] + ": " + strerror(errno));
  Expected<std::string> output = readFile(log);
  ProcessResult result;
  result.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (output)
    result.output = *output;
  return result;
}

bool findProgram(const std::string &name) {
  if (name.find('/') != std::string::npos)
    return access(name.c_str(), X_OK) == 0;
  const char *path = getenv("PATH");
  std::stringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((folder + "/" + name).c_str(), X_OK) == 0)
      return true;
  return false;
}

} // namespace fusion::host
