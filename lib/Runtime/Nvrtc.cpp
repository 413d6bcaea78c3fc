// Opens libnvrtc and compiles CUDA C++ with it. The prototypes are declared here, so that no toolkit header is needed.
#include "fusion/Runtime/Nvrtc.h"
#include "Library.h"
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>

using namespace fusion::runtime;

struct Nvrtc::Api {
  using Program = void *;
  using Result = int; // 0 is success
  explicit Api(const std::vector<std::string> &paths) : library(paths) {}
  detail::Library library;
  const char *(*errorString)(Result);
  Result (*version)(int *, int *);
  Result (*createProgram)(Program *, const char *, const char *, int, const char *const *, const char *const *);
  Result (*destroyProgram)(Program *);
  Result (*compileProgram)(Program, int, const char *const *);
  Result (*logSize)(Program, size_t *);
  Result (*log)(Program, char *);
  Result (*cubinSize)(Program, size_t *);
  Result (*cubin)(Program, char *);
  Result (*ptxSize)(Program, size_t *);
  Result (*ptx)(Program, char *);
  Result (*archCount)(int *);
  Result (*archs)(int *);
};

namespace {

/// The places to look in, best first.
std::vector<std::string> candidates() {
  const char *names[] = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"};
  std::vector<std::string> paths, folders;
  if (const char *given = std::getenv("FUSION_NVRTC"); given && *given) {
    struct stat status{};
    if (::stat(given, &status) == 0 && S_ISDIR(status.st_mode))
      folders.push_back(std::string(given) + "/");
    else
      return {given}; // the user named a file: silently taking another would be wrong
  } else {
    if (const char *home = std::getenv("CUDA_HOME"); home && *home)
      folders.push_back(std::string(home) + "/lib64/");
    folders.push_back("/usr/local/cuda/lib64/");
    folders.push_back("");
  }
  for (const std::string &folder : folders)
    for (const char *name : names)
      paths.push_back(folder + name);
  return paths;
}

/// The name appears in the compiler's messages only; it may come from a user's file name.
std::string escapeName(std::string name) {
  for (char &c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && !std::strchr("_.:/-", c))
      c = '_';
  return name.empty() ? "source.cu" : name;
}

/// Reads a string that a pair of functions (size with the final NUL, then bytes) gives.
template <class Size, class Bytes> std::string readText(Size size, Bytes bytes, void *program) {
  size_t n = 0;
  if (size(program, &n) != 0 || n == 0)
    return {};
  std::string text(n, '\0');
  if (bytes(program, text.data()) != 0)
    return {};
  return text.c_str();
}

/// NVRTC opens its builtins by name when it first compiles, and finds them only where the loader looks. What is open already is found:
/// take those beside the library that `function` is in. Without them there, the loader's path decides as ever.
void openBuiltins(const void *function, const std::string &version) {
  Dl_info info{};
  if (!::dladdr(function, &info) || !info.dli_fname)
    return;
  std::string path = info.dli_fname;
  if (size_t slash = path.rfind('/'); slash != std::string::npos)
    (void)::dlopen((path.substr(0, slash + 1) + "libnvrtc-builtins.so." + version).c_str(), RTLD_NOW | RTLD_LOCAL);
}

} // namespace

Nvrtc::Nvrtc() = default;
Nvrtc::~Nvrtc() = default;

Expected<const Nvrtc *> Nvrtc::get() {
  static const Expected<std::unique_ptr<Nvrtc>> instance = open();
  if (!instance)
    return instance.error();
  return instance->get();
}

Expected<std::unique_ptr<Nvrtc>> Nvrtc::open() {
  std::unique_ptr<Nvrtc> nvrtc(new Nvrtc);
  nvrtc->api = std::make_unique<Api>(candidates());
  Api &api = *nvrtc->api;
  if (!api.library)
    return Error(ErrorKind::System, "expected libnvrtc of CUDA 11.8, 12 or 13, but none was found; install the CUDA toolkit or PyPI's "
                                    "nvidia-cuda-nvrtc and set FUSION_NVRTC to the folder of libnvrtc.so.* (" +
                                        api.library.error() + ")");
  api.library.find("nvrtcGetErrorString", api.errorString);
  api.library.find("nvrtcVersion", api.version);
  api.library.find("nvrtcCreateProgram", api.createProgram);
  api.library.find("nvrtcDestroyProgram", api.destroyProgram);
  api.library.find("nvrtcCompileProgram", api.compileProgram);
  api.library.find("nvrtcGetProgramLogSize", api.logSize);
  api.library.find("nvrtcGetProgramLog", api.log);
  api.library.find("nvrtcGetCUBINSize", api.cubinSize);
  api.library.find("nvrtcGetCUBIN", api.cubin);
  api.library.find("nvrtcGetPTXSize", api.ptxSize);
  api.library.find("nvrtcGetPTX", api.ptx);
  api.library.find("nvrtcGetNumSupportedArchs", api.archCount);
  api.library.find("nvrtcGetSupportedArchs", api.archs);
  if (!api.library.missing().empty())
    return Error(ErrorKind::System, "expected libnvrtc of CUDA 11.8, 12 or 13, but the one found lacks " + api.library.missing());
  int major = 0, minor = 0, count = 0;
  if (api.version(&major, &minor) != 0 || api.archCount(&count) != 0 || count < 0)
    return Error(ErrorKind::System, "expected libnvrtc to tell its version and architectures, but it reported an error");
  nvrtc->version_ = std::to_string(major) + "." + std::to_string(minor);
  openBuiltins(reinterpret_cast<const void *>(api.createProgram), nvrtc->version_);
  nvrtc->architectures_.resize(size_t(count));
  if (count && api.archs(nvrtc->architectures_.data()) != 0)
    nvrtc->architectures_.clear();
  return nvrtc;
}

const std::vector<std::string> &Nvrtc::defaultOptions() {
  // -v makes ptxas report spills, which no cubin records.
  static const std::vector<std::string> options{"--std=c++17", "--ptxas-options=-v"};
  return options;
}

Expected<Binary> Nvrtc::compile(const std::string &source, const std::string &name, const std::string &arch,
                                const std::vector<std::string> &options, bool cubin) const {
  if (size_t at = source.find('\0'); at != std::string::npos) // NVRTC would stop reading there and report success
    return Error(ErrorKind::InvalidArgument, name + ": expected source without NUL bytes, but byte " + std::to_string(at) + " is one");
  std::string target = arch;
  if (!cubin && target.compare(0, 3, "sm_") == 0)
    target.replace(0, 2, "compute"); // a virtual architecture skips ptxas
  std::vector<std::string> all = defaultOptions();
  if (!cubin)
    all.pop_back();
  all.push_back("--gpu-architecture=" + target);
  all.insert(all.end(), options.begin(), options.end());
  std::vector<const char *> pointers;
  for (const std::string &option : all)
    pointers.push_back(option.c_str());

  std::string safeName = escapeName(name);
  Api::Program program = nullptr;
  if (Api::Result result = api->createProgram(&program, source.c_str(), safeName.c_str(), 0, nullptr, nullptr))
    return Error(ErrorKind::Compile, safeName + ": NVRTC refused the source: " + api->errorString(result));
  Api::Result result = api->compileProgram(program, int(pointers.size()), pointers.data());
  Binary binary;
  binary.log = readText(api->logSize, api->log, program);
  Error error;
  if (result) {
    constexpr Api::Result invalidOption = 5; // ours are known to every version but for the architecture
    error =
        Error(ErrorKind::Compile, safeName + ": NVRTC " + version_ + " could not compile for " + arch + ": " + api->errorString(result) +
                                      (result == invalidOption ? "; it may be too old for " + arch +
                                                                     ": set FUSION_NVRTC to a newer one, or compile the model for an "
                                                                     "older architecture"
                                                               : "") +
                                      "\n" + binary.log);
  } else {
    size_t size = 0;
    result = (cubin ? api->cubinSize : api->ptxSize)(program, &size);
    if (!result && size) {
      binary.bytes.resize(size);
      result = (cubin ? api->cubin : api->ptx)(program, binary.bytes.data());
    }
    if (result || !size)
      error = Error(ErrorKind::Compile, safeName + ": expected NVRTC to return a binary for " + arch + ", but it returned none");
  }
  api->destroyProgram(&program);
  if (error)
    return error;
  return binary;
}

Expected<Binary> Nvrtc::compileToCubin(const std::string &source, const std::string &name, const std::string &arch,
                                       const std::vector<std::string> &options) const {
  return compile(source, name, arch, options, /*cubin=*/true);
}

Expected<Binary> Nvrtc::compileToPtx(const std::string &source, const std::string &name, const std::string &arch,
                                     const std::vector<std::string> &options) const {
  return compile(source, name, arch, options, /*cubin=*/false);
}
