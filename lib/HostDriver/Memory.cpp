// Allocates, finds and guards device memory.
#include "Memory.h"
#include <algorithm>
#include <cstring>
#include <sys/mman.h>

namespace fusion::host {
namespace {
constexpr size_t kPage = 4096;
constexpr unsigned char kGuardByte = 0xA5, kPoisonByte = 0xFF; // 0xFFFFFFFF is a NaN
constexpr size_t kPoisonLimit = size_t(64) << 20;              // larger allocations stay sparse zero pages
constexpr size_t kRememberedReleases = 64;
constexpr size_t kArenaBytes = size_t(1) << 40, kSmallestArena = size_t(1) << 32;
constexpr size_t kDistance = size_t(16) << 20; // a wild index faults, rather than reach another buffer or the host's memory

size_t roundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }
std::string quoted(const std::string &name) { return "'" + name + "'"; }
std::string bytesText(size_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }
} // namespace

void ByteSet::set(size_t offset, size_t bytes) {
  while (bytes && !everything) {
    auto &chunk = chunks[offset / kChunkBytes];
    if (!chunk)
      chunk = std::make_unique<Chunk>();
    size_t bit = offset % 64, part = std::min<size_t>(64 - bit, bytes);
    uint64_t mask = (part == 64 ? ~uint64_t(0) : (uint64_t(1) << part) - 1) << bit;
    uint64_t &word = chunk->words[offset % kChunkBytes / 64];
    count += __builtin_popcountll(mask & ~word);
    word |= mask;
    offset += part;
    bytes -= part;
  }
}

bool ByteSet::contains(size_t offset, size_t bytes) const {
  while (bytes && !everything) {
    const auto &chunk = chunks[offset / kChunkBytes];
    size_t bit = offset % 64, part = std::min<size_t>(64 - bit, bytes);
    uint64_t mask = (part == 64 ? ~uint64_t(0) : (uint64_t(1) << part) - 1) << bit;
    if (!chunk || (chunk->words[offset % kChunkBytes / 64] & mask) != mask)
      return false;
    offset += part;
    bytes -= part;
  }
  return true;
}

Memory::~Memory() {
  if (arena)
    munmap(arena, arenaBytes);
}

bool Memory::reserve() {
  for (size_t bytes = kArenaBytes; !arena && bytes >= kSmallestArena; bytes /= 2) { // less under an address space limit
    void *mapping = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED)
      continue;
    arena = static_cast<char *>(mapping);
    arenaBytes = bytes;
  }
  return arena;
}

char *Memory::findSpace(size_t bytes) {
  size_t needed = roundUp(bytes, kPage) + kDistance;
  char *begin = arena + kDistance;
  for (const auto &[start, allocation] : allocations) {
    if (static_cast<size_t>(start - begin) >= needed)
      return begin;
    begin = arena + roundUp(allocation.end - arena, kPage) + kDistance;
  }
  return static_cast<size_t>(arena + arenaBytes - begin) >= needed ? begin : nullptr;
}

Expected<DevicePointer> Memory::allocate(size_t bytes, const std::string &name, size_t limit) {
  if (!bytes)
    return Error(ErrorKind::InvalidArgument, "expected an allocation of at least 1 byte for " + quoted(name) + ", but got 0");
  if (bytes > limit || used > limit - bytes)
    return Error(ErrorKind::OutOfMemory, "cannot allocate " + bytesText(bytes) + " for " + quoted(name) + ": " + bytesText(used) + " of " +
                                             bytesText(limit) + " are in use");
  Allocation allocation;
  size_t body = roundUp(bytes, kPage);
  char *space = reserve() ? findSpace(bytes) : nullptr;
  if (!space || mprotect(space, body, PROT_READ | PROT_WRITE) != 0)
    return Error(ErrorKind::OutOfMemory, "the machine has no address space for " + bytesText(bytes) + " of " + quoted(name));
  allocation.begin = space;
  allocation.end = allocation.begin + bytes;
  allocation.name = name;
  allocation.written = ByteSet(bytes);
  if (bytes <= kPoisonLimit)
    memset(allocation.begin, kPoisonByte, bytes);
  memset(allocation.end, kGuardByte, body - bytes);
  used += bytes;
  DevicePointer pointer = reinterpret_cast<DevicePointer>(allocation.begin) + kDeviceTag;
  const char *key = allocation.begin;
  allocations.emplace(key, std::move(allocation));
  return pointer;
}

Error Memory::release(DevicePointer pointer) {
  auto *address = reinterpret_cast<const char *>(pointer - kDeviceTag);
  auto it = allocations.find(address);
  if (it == allocations.end())
    return Error(ErrorKind::Device, "release of a pointer that is no live allocation: " + locate(address));
  used -= it->second.size();
  // Fresh inaccessible pages in place: gives the memory back and keeps the reservation.
  mmap(it->second.begin, roundUp(it->second.size(), kPage), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  released.emplace_back(address, it->second.name);
  if (released.size() > kRememberedReleases)
    released.pop_front();
  allocations.erase(it);
  return {};
}

Allocation *Memory::findMutable(const char *address) {
  auto it = allocations.upper_bound(address);
  if (it == allocations.begin())
    return nullptr;
  --it;
  return address < it->second.end ? &it->second : nullptr;
}

const Allocation *Memory::find(const char *address) const { return const_cast<Memory *>(this)->findMutable(address); }

std::string Memory::locate(const char *address) const {
  if (const Allocation *inside = find(address))
    return "at offset " + std::to_string(address - inside->begin) + " of " + quoted(inside->name) + " (" + bytesText(inside->size()) + ")";
  for (const auto &[begin, name] : released)
    if (begin == address)
      return "at " + quoted(name) + ", which was released";
  const Allocation *before = nullptr, *after = nullptr;
  auto it = allocations.upper_bound(address);
  if (it != allocations.end())
    after = &it->second;
  if (it != allocations.begin())
    before = &std::prev(it)->second;
  size_t past = before ? address - before->end : SIZE_MAX, ahead = after ? after->begin - address : SIZE_MAX;
  constexpr size_t kNear = size_t(1) << 32;
  if (std::min(past, ahead) > kNear)
    return "at an address near no buffer";
  if (past <= ahead)
    return bytesText(past) + " past the end of " + quoted(before->name) + " (" + bytesText(before->size()) + ")";
  return bytesText(ahead) + " before " + quoted(after->name) + " (" + bytesText(after->size()) + ")";
}

Expected<char *> Memory::access(DevicePointer pointer, size_t bytes, const char *what) {
  auto *address = reinterpret_cast<char *>(pointer - kDeviceTag);
  Allocation *allocation = findMutable(address);
  if (!allocation)
    return Error(ErrorKind::Device, std::string(what) + ": expected a device address, but got one " + locate(address));
  if (bytes > static_cast<size_t>(allocation->end - address))
    return Error(ErrorKind::Device, std::string(what) + ": expected at most " + bytesText(allocation->end - address) + ", but got " +
                                        bytesText(bytes) + " " + locate(address));
  return address;
}

void Memory::markWritten(char *begin, size_t bytes) {
  if (Allocation *allocation = findMutable(begin))
    allocation->written.set(begin - allocation->begin, bytes);
}

void Memory::markAllWritten() {
  for (auto &[begin, allocation] : allocations)
    allocation.written.setAll();
}

Error Memory::nameRange(DevicePointer pointer, size_t bytes, const std::string &name, const std::string &kernel) {
  if (!bytes)
    return Error(ErrorKind::InvalidArgument, "expected a range of at least 1 byte for " + quoted(name) + ", but got 0");
  Expected<char *> begin = access(pointer, bytes, "nameRange");
  if (!begin)
    return begin.error();
  findMutable(*begin)->ranges.push_back({*begin, *begin + bytes, name, kernel});
  return {};
}

std::vector<Buffer> Memory::buffersFor(const std::string &kernel, const std::vector<char *> &pointers) const {
  std::vector<Buffer> buffers;
  for (const auto &[begin, allocation] : allocations) {
    if (allocation.ranges.empty()) {
      buffers.push_back({allocation.begin, allocation.end, allocation.name, &allocation});
      continue;
    }
    for (char *pointer : pointers) {
      if (pointer < allocation.begin || pointer >= allocation.end)
        continue;
      const NamedRange *match = nullptr;
      for (const NamedRange &range : allocation.ranges)
        if (range.begin == pointer && (range.kernel == kernel || (range.kernel.empty() && !(match && match->kernel == kernel))))
          match = &range;
      if (match)
        buffers.push_back({match->begin, match->end, match->name, &allocation});
    }
  }
  std::sort(buffers.begin(), buffers.end(), [](const Buffer &a, const Buffer &b) { return a.begin < b.begin; });
  buffers.erase(std::unique(buffers.begin(), buffers.end(), [](const Buffer &a, const Buffer &b) { return a.begin == b.begin; }),
                buffers.end());
  return buffers;
}

std::vector<std::string> Memory::overwrittenGuards() {
  std::vector<std::string> names;
  for (auto &[begin, allocation] : allocations) {
    size_t bytes = roundUp(allocation.size(), kPage) - allocation.size();
    char *last = allocation.end + bytes;
    char *changed = std::find_if(allocation.end, last, [](char c) { return static_cast<unsigned char>(c) != kGuardByte; });
    if (changed == last)
      continue;
    names.push_back("the end of " + quoted(allocation.name) + " by " + bytesText(changed - allocation.end));
    memset(allocation.end, kGuardByte, bytes);
  }
  return names;
}

} // namespace fusion::host
