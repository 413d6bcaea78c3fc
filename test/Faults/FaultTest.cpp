// Lets every call of libcuda's and libnvrtc's entry points fail once, each in a process of its own, while a program is loaded, run and
// timed: what comes out must be a typed error with a message, and nothing may stay behind.
#include "../CAPI/Life.h"
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

template <class F> F *find(void *library, const char *name) {
  auto *function = reinterpret_cast<F *>(dlsym(library, name));
  if (!function) {
    std::fprintf(stderr, "%s is missing\n", name);
    std::exit(3);
  }
  return function;
}

fusion_status life(std::string &message) {
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.device = "cuda";
  options.libcuda = FUSION_FAULTY_CUDA;
  options.flags = FUSION_NO_DISK_CACHE;
  return fusion::test::wholeLife(options, FUSION_LOAD_LATER, message);
}

/// Calls whose failure cannot be told or need not stop anything: giving back, and what only makes messages better.
bool mayPass(const std::string &name) {
  for (const char *one : {"cuModuleUnload", "cuMemFree", "cuCtxPopCurrent", "cuEventDestroy", "cuDevicePrimaryCtxRelease",
                          "nvrtcDestroyProgram", "nvrtcGetProgramLogSize", "nvrtcGetProgramLog", "nvrtcGetSupportedArchs"})
    if (name == one)
      return true;
  return false;
}

/// Giving one thing back failed: that one thing stays.
bool isGivingBack(const std::string &name) { return mayPass(name) && name.compare(0, 8, "nvrtcGet") != 0; }

enum Result { NothingFailed = 0, Good = 10, Bad = 11 };

/// In a process of its own: lets call number `at` of one library fail.
int tryOne(bool cuda, int at) {
  void *library = dlopen(cuda ? FUSION_FAULTY_CUDA : FUSION_FAULTY_NVRTC, RTLD_NOW);
  if (!library)
    return std::fprintf(stderr, "%s\n", dlerror()), 3;
  int outOfMemory = at % 3 == 0;
  if (cuda)
    find<void(int, int)>(library, "faultyCudaArm")(at, outOfMemory ? 2 : 700);
  else
    find<void(int)>(library, "faultyNvrtcArm")(at);
  std::string message;
  fusion_status status = life(message);
  std::string failed = find<const char *()>(library, cuda ? "faultyCudaFailed" : "faultyNvrtcFailed")();
  int alive = find<int()>(library, cuda ? "faultyCudaAlive" : "faultyNvrtcAlive")();
  if (failed.empty())
    return status == FUSION_OK && alive == 0 ? NothingFailed : Bad;
  fusion_status wanted = !cuda ? FUSION_COMPILE : outOfMemory ? FUSION_OUT_OF_MEMORY : FUSION_DEVICE;
  // Going to the device's context fails as whatever was to be done there does. Where that is giving something back, only this stays.
  bool change = failed == "cuCtxGetCurrent" || failed == "cuCtxPushCurrent", gaveUp = change && status == FUSION_OK && alive == 1;
  bool typed = gaveUp || status == wanted || (!cuda && status == FUSION_SYSTEM) || (status == FUSION_OK && mayPass(failed));
  bool told = status == FUSION_OK || message.size() > 10;
  bool clean = alive <= (isGivingBack(failed) || gaveUp ? 1 : 0);
  if (typed && told && clean)
    return Good;
  std::fprintf(stderr, "%s (call %d): status %s, message \"%s\", %d alive\n", failed.c_str(), at, fusion_status_name(status),
               message.c_str(), alive);
  return Bad;
}

/// Every call site of one library, until a life has no more.
bool tryAll(bool cuda, int atLeast) {
  int tried = 0, bad = 0;
  for (int at = 0;; ++at) {
    pid_t child = ::fork();
    if (child == 0)
      ::_exit(tryOne(cuda, at));
    int status = 0;
    ::waitpid(child, &status, 0);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : Bad;
    if (!WIFEXITED(status))
      std::fprintf(stderr, "call %d: died with signal %d\n", at, WTERMSIG(status));
    if (code == NothingFailed)
      break;
    ++tried;
    bad += code != Good;
    if (tried > 10000)
      return false;
  }
  std::printf("%s: %d calls failed once each, %d badly handled\n", cuda ? "libcuda" : "libnvrtc", tried, bad);
  return bad == 0 && tried >= atLeast;
}

} // namespace

int main() {
  ::setenv("FUSION_NVRTC", FUSION_FAULTY_NVRTC, 1);
  bool ok = tryAll(/*cuda=*/true, 100) & tryAll(/*cuda=*/false, 15);
  std::puts(ok ? "ok" : "FAILED");
  return ok ? 0 : 1;
}
