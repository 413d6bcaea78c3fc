// Texts in the cache of compiled binaries: its files are replaced by renaming, and key and checksum are compared when they are read.
#include "fusion/Runtime/Remember.h"
#include "Cache.h"

using namespace fusion::runtime;

struct Memory::State {
  detail::BinaryCache cache;
};

Memory::Memory(const std::string &directory, std::function<void(const std::string &)> report)
    : state(new State{{directory, std::move(report)}}) {}

Memory::~Memory() = default;

std::optional<std::string> Memory::find(const std::string &key) {
  std::optional<Binary> entry = state->cache.find(key);
  return entry ? std::optional<std::string>(std::string(entry->bytes.begin(), entry->bytes.end())) : std::nullopt;
}

void Memory::insert(const std::string &key, const std::string &text) { state->cache.insert(key, {{text.begin(), text.end()}, {}}); }
