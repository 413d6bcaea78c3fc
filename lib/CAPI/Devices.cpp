// Finds the driver that a device's name stands for.
#include "Handles.h"
#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

using namespace fusion;
using namespace fusion::capi;
using namespace fusion::runtime;

namespace {

/// The folder of the library or program that holds this code, with a slash; empty when the system does not tell.
std::string ownFolder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<const void *>(&fusion_api_version), &info) || !info.dli_fname)
    return {};
  std::string path = info.dli_fname;
  char program[4096];
  if (path.find('/') == std::string::npos) { // a program found on the PATH
    ssize_t length = ::readlink("/proc/self/exe", program, sizeof(program));
    path.assign(program, length > 0 ? size_t(length) : 0);
  }
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

bool isName(const std::string &name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

Expected<std::unique_ptr<Driver>> driverOfLibrary(const std::string &name, const std::string &options) {
  std::string file = "libfusion_" + name + ".so", tried;
  void *library = nullptr;
  for (const std::string &path : {ownFolder() + file, ownFolder() + "../lib/" + file, file}) {
    if ((library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)))
      break;
    const char *why = dlerror();
    tried += (tried.empty() ? "" : "; ") + std::string(why ? why : path);
  }
  if (!library)
    return Error(ErrorKind::Unsupported, "device \"" + name + "\": expected " + file +
                                             " beside libfusion_runtime or on the loader's path, "
                                             "but found none (" +
                                             tried + ")");
  // It stays open: its code must outlive every driver made by it.
  auto open = reinterpret_cast<fusion_driver_entry>(dlsym(library, FUSION_DRIVER_ENTRY));
  if (!open)
    return Error(ErrorKind::Unsupported, file + ": expected the entry point " FUSION_DRIVER_ENTRY ", but it has none");
  fusion_driver table{};
  table.struct_size = sizeof(table);
  std::string message;
  fusion_sink sink{&message, [](void *state, const void *bytes, size_t count) {
                     static_cast<std::string *>(state)->append(static_cast<const char *>(bytes), count);
                   }};
  if (fusion_status status = open(options.c_str(), &table, &sink))
    return Error(kindOf(status), "device \"" + name + "\": " + message);
  return driverOfTable(&table);
}

} // namespace

std::string capi::compileWorker(const fusion_context_options &options) {
  if (options.compile_worker)
    return options.compile_worker;
  if (const char *named = std::getenv("FUSION_COMPILE_WORKER"); named && *named)
    return named;
  std::string folder = ownFolder();
  for (const char *place : {"../libexec/fusion/", "../../libexec/fusion/", "../bin/"}) // installed, multiarch, in the build tree
    if (std::string path = folder + place + "fusion-compile-worker"; ::access(path.c_str(), X_OK) == 0)
      return path;
  return "fusion-compile-worker"; // the message of the failed start says what to do
}

Expected<std::unique_ptr<Driver>> capi::driverByName(const std::string &device, const fusion_context_options &options,
                                                     CompileIsolation isolation) {
  size_t colon = device.find(':');
  std::string name = device.substr(0, colon), rest = colon == std::string::npos ? "" : device.substr(colon + 1);
  if (name == "cuda") {
    if (rest.size() > 4 || rest.find_first_not_of("0123456789") != std::string::npos || (colon != std::string::npos && rest.empty()))
      return invalid("device: expected cuda or cuda:N, but got \"" + device + "\"");
    return makeCudaDriver(rest.empty() ? 0 : std::atoi(rest.c_str()), options.libcuda ? options.libcuda : "libcuda.so.1",
                          std::move(isolation));
  }
  if (name == "null")
    return makeNullDriver(rest.empty() ? "sm_90" : rest);
  if (!isName(name))
    return invalid("device: expected cuda, host, null or the name of a driver, but got \"" + device + "\"");
  return driverOfLibrary(name, rest);
}
