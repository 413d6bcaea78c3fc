// Runs the compiler and keeps its files: one private temporary directory per process, removed at exit.
#pragma once
#include "fusion/Runtime/Error.h"
#include <string>
#include <vector>

namespace fusion::host {

/// A fresh directory inside the process's temporary directory; removed with everything in it when the object goes.
class ScratchDirectory {
public:
  static runtime::Expected<ScratchDirectory> make();
  ScratchDirectory(ScratchDirectory &&other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  ~ScratchDirectory();
  std::string file(const std::string &name) const { return path_ + "/" + name; }

private:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

struct ProcessResult {
  int exitCode = 0;   ///< 128 + signal when one ended it
  std::string output; ///< stdout and stderr together
};
/// Runs a program found on PATH. An error means that it could not be started.
runtime::Expected<ProcessResult> runProcess(const std::vector<std::string> &arguments, const ScratchDirectory &scratch);
bool findProgram(const std::string &name); ///< on PATH, or as a path

runtime::Expected<std::string> readFile(const std::string &path);
runtime::Error writeFile(const std::string &path, const std::string &bytes);

} // namespace fusion::host
