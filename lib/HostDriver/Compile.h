// Compiles CUDA C++ for the CPU, keeps what was compiled, and packs it as the runtime's opaque binary.
#pragma once
#include "fusion/HostDriver/HostDriver.h"
#include <memory>
#include <string>
#include <vector>

namespace fusion::host {

/// What to compile. Two equal recipes give the same image.
struct Recipe {
  std::string source, name, arch, compiler;
  bool instrumented = false; ///< for checks and byte counts
  int optimization = 1;      ///< when not instrumented
};

/// A compiled source.
struct Image {
  std::string sharedObject;
  std::vector<std::string> kernels;
  bool collectives = false;
  std::string log;
};

/// The compiler that the options name for plain or instrumented modules, or an error that says what to install.
runtime::Expected<std::string> chooseCompiler(const runtime::HostOptions &options, bool instrumented);
/// Compiles, or returns the image of an equal recipe from earlier in this process.
runtime::Expected<std::shared_ptr<const Image>> compileImage(const Recipe &recipe);
/// Makes an image known as the result of a recipe, when a binary brings it along.
void rememberImage(const Recipe &recipe, std::shared_ptr<const Image> image);

/// Where instrumented code says that it was compiled; stripped from the names of files.
constexpr char kSourceRoot[] = "/kernels/";

/// What an image depends on besides its recipe: this library, the compiler's version, the CPU.
std::string fingerprint(const std::string &compiler);

struct Arch {
  int major = 0, minor = 0;
  bool specific = false; ///< "sm_90a": runs on exactly this capability
};
runtime::Expected<Arch> parseArch(const std::string &arch);
size_t sharedLimit(int major, int minor); ///< opt-in shared memory per block

std::vector<char> packBinary(const Recipe &recipe, const Image &image);
/// `image` stays empty when the binary was made by another compiler or for another CPU: it is compiled again from its source.
runtime::Error unpackBinary(const std::vector<char> &bytes, Recipe &recipe, std::shared_ptr<const Image> &image);

} // namespace fusion::host
