// The entry point of the host driver: reads the options behind "host:" and hands out its table.
#include "fusion/HostDriver/HostDriver.h"
#include "fusion/Runtime/DriverTable.h"
#include <cstdlib>
#include <sstream>

using namespace fusion::runtime;

namespace {

/// One word of a list such as "arch=sm_80,sanitize"; false when it is none of ours.
bool readOption(const std::string &word, HostOptions &options) {
  size_t equals = word.find('=');
  std::string key = word.substr(0, equals), value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (key == "sanitize")
    return options.sanitize = true, value.empty();
  bool number = !value.empty() && value.size() < 6 && value.find_first_not_of("0123456789") == std::string::npos;
  if (key == "workers")
    return options.workers = std::atoi(value.c_str()), number;
  if (key == "seed")
    return options.seed = uint64_t(std::atoi(value.c_str())), number;
  if (key == "arch" && value.compare(0, 3, "sm_") == 0 && value.size() >= 5 && value.size() <= 6) {
    int capability = std::atoi(value.c_str() + 3);
    options.claimMajor = capability / 10, options.claimMinor = capability % 10;
    return capability >= 70;
  }
  return false;
}

} // namespace

extern "C" FUSION_API fusion_status fusion_driver_open(const char *list, fusion_driver *driver, const fusion_sink *error) {
  try {
    HostOptions options;
    options.keepRecords = false; // a product launches without end
    std::stringstream words(list ? list : "");
    for (std::string word; std::getline(words, word, ',');)
      if (!readOption(word, options)) {
        std::string message = "expected arch=sm_NN, sanitize, workers=N or seed=N behind \"host:\", but got \"" + word + "\"";
        error->write(error->state, message.data(), message.size());
        return FUSION_INVALID_ARGUMENT;
      }
    if (driver->struct_size < sizeof(fusion_driver)) {
      std::string message = "expected a runtime of this version or newer, but got an older one";
      error->write(error->state, message.data(), message.size());
      return FUSION_UNSUPPORTED;
    }
    *driver = makeDriverTable(std::make_shared<HostDriver>(options), "host");
    return FUSION_OK;
  } catch (...) {
    return FUSION_OUT_OF_MEMORY;
  }
}
