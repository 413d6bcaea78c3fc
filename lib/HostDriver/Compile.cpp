// Command lines, the in-memory cache of images, and the binary format.
#include "Compile.h"
#include "DeviceHeader.h"
#include "Process.h"
#include "Rewriter.h"
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>

namespace fusion::host {
using runtime::Error;
using runtime::ErrorKind;
using runtime::Expected;
namespace {
constexpr size_t kCachedImages = 256;
constexpr char kMagic[] = "fusion-host-binary 1";

using Key = std::tuple<std::string, std::string, std::string, std::string, int>;
Key keyOf(const Recipe &r) { return {r.source, r.name, r.arch, r.compiler, r.instrumented ? -1 : r.optimization}; }
struct ImageCache {
  std::mutex mutex;
  std::map<Key, std::shared_ptr<const Image>> images;
};
ImageCache &imageCache() {
  static ImageCache cache;
  return cache;
}

/// What the CPU can do: code for one does not run on another.
std::string cpuFeatures() {
  Expected<std::string> info = readFile("/proc/cpuinfo");
  size_t flags = info ? info->find("flags") : std::string::npos;
  return flags == std::string::npos ? "" : info->substr(flags, info->find('\n', flags) - flags);
}

/// The first line of what the compiler says about itself; asked once.
std::string versionOf(const std::string &compiler) {
  static std::mutex mutex;
  static std::map<std::string, std::string> known;
  std::lock_guard<std::mutex> lock(mutex);
  auto [it, isNew] = known.try_emplace(compiler);
  if (isNew)
    if (Expected<ScratchDirectory> scratch = ScratchDirectory::make())
      if (Expected<ProcessResult> result = runProcess({compiler, "--version"}, *scratch))
        it->second = result->output.substr(0, result->output.find('\n'));
  return it->second;
}

std::vector<std::string> commandLine(const Recipe &recipe, const std::string &input, const std::string &output) {
  std::vector<std::string> command = {recipe.compiler,
                                      "-x",
                                      "c++",
                                      "-std=c++17",
                                      "-shared",
                                      "-fPIC",
                                      "-fvisibility=hidden",
                                      "-fno-exceptions",
                                      "-fno-rtti",
                                      "-fno-math-errno",
                                      "-fno-trapping-math",
                                      "-ffp-contract=fast",
                                      "-fno-threadsafe-statics",
                                      "-w",
                                      "-nostartfiles",
                                      "-nodefaultlibs",
                                      "-o",
                                      output};
  auto add = [&](std::initializer_list<const char *> more) { command.insert(command.end(), more.begin(), more.end()); };
  if (recipe.instrumented) {
    command.push_back("-fdebug-compilation-dir=" + std::string(kSourceRoot, sizeof kSourceRoot - 2));
    // No vectors wider than the instrumentation knows (16 bytes), and every read reported even when a write follows, or when its value
    // turns out not to be needed.
    add({"-O1",
         "-g1",
         "-gdwarf-4",
         "-fsanitize=thread",
         "-fno-sanitize-link-runtime",
         "-fdeclspec",
         "-fno-vectorize",
         "-fno-slp-vectorize",
         "-fno-unroll-loops",
         "-march=x86-64-v2",
         "-mfma",
         "-mno-avx",
         "-mllvm",
         "-tsan-distinguish-volatile",
         "-mllvm",
         "-instcombine-code-sinking=0",
         "-mllvm",
         "-tsan-instrument-func-entry-exit=0",
         "-mllvm",
         "-tsan-instrument-read-before-write=1"});
  } else {
    command.push_back("-O" + std::to_string(recipe.optimization));
    add({"-march=native"});
  }
  command.push_back(input);
  add({"-lm", "-lc"});
  return command;
}

Expected<std::shared_ptr<const Image>> build(const Recipe &recipe) {
  Expected<Arch> arch = parseArch(recipe.arch);
  if (!arch)
    return arch.error();
  Expected<Rewritten> rewritten = rewrite(recipe.source, escapeName(recipe.name), recipe.instrumented);
  if (!rewritten)
    return rewritten.error();
  std::string text = "#define __CUDA_ARCH__ " + std::to_string(arch->major * 100 + arch->minor * 10) + "\n";
  if (arch->specific)
    text += "#define __CUDA_ARCH_FEAT_SM" + std::to_string(arch->major * 10 + arch->minor) + "_ALL 1\n";
  if (recipe.instrumented)
    text += "#define HC_CHECK 1\n";
  if (rewritten->dynamicShared)
    text += "#define HC_DYNAMIC_SHARED " + std::to_string(sharedLimit(arch->major, arch->minor)) + "\n";
  text += kDeviceHeader + rewritten->text;

  Expected<ScratchDirectory> scratch = ScratchDirectory::make();
  if (!scratch)
    return scratch.error();
  std::string input = scratch->file("kernels.cpp"), output = scratch->file("kernels.so");
  if (Error error = writeFile(input, text))
    return error;
  Expected<ProcessResult> result = runProcess(commandLine(recipe, input, output), *scratch);
  if (!result)
    return result.error();
  if (result->exitCode)
    return Error(ErrorKind::Compile, recipe.name + " did not compile (" + recipe.compiler + "):\n" + result->output);
  Expected<std::string> bytes = readFile(output);
  if (!bytes)
    return bytes.error();
  auto image = std::make_shared<Image>();
  image->sharedObject = std::move(*bytes);
  image->kernels = rewritten->kernels;
  image->collectives = rewritten->collectives;
  image->log = result->output;
  return std::shared_ptr<const Image>(image);
}

void putString(std::vector<char> &bytes, const std::string &text) {
  uint64_t size = text.size();
  bytes.insert(bytes.end(), reinterpret_cast<char *>(&size), reinterpret_cast<char *>(&size) + sizeof size);
  bytes.insert(bytes.end(), text.begin(), text.end());
}
bool getString(const std::vector<char> &bytes, size_t &at, std::string &text) {
  uint64_t size;
  if (bytes.size() - at < sizeof size)
    return false;
  memcpy(&size, bytes.data() + at, sizeof size);
  at += sizeof size;
  if (size > bytes.size() - at)
    return false;
  text.assign(bytes.data() + at, size);
  at += size;
  return true;
}
} // namespace

static const std::string &ownCpu() {
  static const std::string cpu = cpuFeatures();
  return cpu;
}

std::string fingerprint(const std::string &compiler) {
  return kCompilerDigest + " " + compiler + " " + versionOf(compiler) + " " + ownCpu();
}

/// Made by this library for this CPU, with the compiler that is here; or with one that is not, since nothing else could be run then.
static bool fits(const std::string &print, const std::string &compiler) {
  if (findProgram(compiler))
    return print == fingerprint(compiler);
  std::string begin = kCompilerDigest + " " + compiler + " ", end = " " + ownCpu();
  return print.size() >= begin.size() + end.size() && print.compare(0, begin.size(), begin) == 0 &&
         print.compare(print.size() - end.size(), end.size(), end) == 0;
}

Expected<std::string> chooseCompiler(const runtime::HostOptions &options, bool instrumented) {
  const std::string &wanted = instrumented ? options.checkingCompiler : options.compiler;
  std::vector<std::string> names =
      instrumented ? std::vector<std::string>{"clang++-22", "clang++"} : std::vector<std::string>{"g++", "clang++-22", "clang++"};
  if (!wanted.empty())
    names = {wanted};
  for (const std::string &name : names)
    if (findProgram(name))
      return name;
  return Error(ErrorKind::System, "expected the compiler " + names[0] + " on PATH, but found none; install it, or name one in " +
                                      (instrumented ? "HostOptions::checkingCompiler" : "HostOptions::compiler"));
}

Expected<std::shared_ptr<const Image>> compileImage(const Recipe &recipe) {
  ImageCache &cache = imageCache();
  {
    std::lock_guard<std::mutex> lock(cache.mutex);
    auto it = cache.images.find(keyOf(recipe));
    if (it != cache.images.end())
      return it->second;
  }
  auto image = build(recipe);
  if (image)
    rememberImage(recipe, *image);
  return image;
}

void rememberImage(const Recipe &recipe, std::shared_ptr<const Image> image) {
  ImageCache &cache = imageCache();
  std::lock_guard<std::mutex> lock(cache.mutex);
  if (cache.images.size() >= kCachedImages)
    cache.images.clear();
  cache.images[keyOf(recipe)] = std::move(image);
}

Expected<Arch> parseArch(const std::string &text) {
  Arch arch;
  size_t digits = text.rfind("sm_", 0) == 0 ? text.find_first_not_of("0123456789", 3) : 0;
  size_t end = digits == std::string::npos ? text.size() : digits;
  std::string suffix = text.substr(end);
  if (end < 5 || end > 6 || (suffix != "" && suffix != "a" && suffix != "f"))
    return Error(ErrorKind::InvalidArgument, "expected an architecture like sm_80 or sm_90a, but got '" + text + "'");
  int number = std::stoi(text.substr(3, end - 3));
  arch.major = number / 10;
  arch.minor = number % 10;
  arch.specific = suffix == "a";
  return arch;
}

size_t sharedLimit(int major, int minor) {
  size_t kibibytes = 227; // 9.0, 10.x, 11.0
  if (major < 8)
    kibibytes = 64;
  else if (major == 8)
    kibibytes = minor == 0 || minor == 7 ? 163 : 99;
  else if (major == 12)
    kibibytes = 99;
  return kibibytes << 10;
}

std::vector<char> packBinary(const Recipe &recipe, const Image &image) {
  std::vector<char> bytes;
  std::string kernels;
  for (const std::string &kernel : image.kernels)
    kernels += kernel + "\n";
  for (const std::string &field : {std::string(kMagic), recipe.source, recipe.name, recipe.arch, recipe.compiler,
                                   std::string(recipe.instrumented ? "1" : "0"), std::to_string(recipe.optimization),
                                   std::string(image.collectives ? "1" : "0"), kernels, fingerprint(recipe.compiler), image.sharedObject})
    putString(bytes, field);
  return bytes;
}

Error unpackBinary(const std::vector<char> &bytes, Recipe &recipe, std::shared_ptr<const Image> &image) {
  std::string magic, instrumented, optimization, collectives, kernels, print;
  auto made = std::make_shared<Image>();
  size_t at = 0;
  for (std::string *field : {&magic, &recipe.source, &recipe.name, &recipe.arch, &recipe.compiler, &instrumented, &optimization,
                             &collectives, &kernels, &print, &made->sharedObject})
    if (!getString(bytes, at, *field) || (field == &magic && magic != kMagic))
      return Error(ErrorKind::InvalidProgram, "expected a binary made by this host driver's compile(), but got something else");
  recipe.instrumented = instrumented == "1";
  recipe.optimization = atoi(optimization.c_str());
  made->collectives = collectives == "1";
  for (size_t begin = 0, end; (end = kernels.find('\n', begin)) != std::string::npos; begin = end + 1)
    made->kernels.push_back(kernels.substr(begin, end - begin));
  if (fits(print, recipe.compiler))
    image = made;
  return {};
}

} // namespace fusion::host
