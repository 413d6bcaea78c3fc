// The C interface of the host driver (host.h): options in, a driver out, and what its launches did as plain structs.
#include "fusion/host.h"
#include "fusion/HostDriver/HostDriver.h"
#include "fusion/Runtime/DriverTable.h"
#include <cstring>
#include <new>

using namespace fusion::runtime;

struct fusion_host {
  std::shared_ptr<HostDriver> driver;
};

namespace {

fusion_status fail(fusion_status status, const std::string &message, const fusion_sink *error) {
  if (error && error->write)
    error->write(error->state, message.data(), message.size());
  return status;
}

fusion_status invalid(const std::string &message, const fusion_sink *error) { return fail(FUSION_INVALID_ARGUMENT, message, error); }

/// Runs the body of an entry point: exceptions end here.
template <class Body> fusion_status guarded(const fusion_sink *error, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return FUSION_OUT_OF_MEMORY;
  } catch (const std::exception &exception) {
    return fail(FUSION_INTERNAL, exception.what(), error);
  }
}

/// Copies a result into the caller's struct, which may be of a newer header.
template <class T> fusion_status give(T value, T *out, const char *what, const fusion_sink *error) {
  if (!out || out->struct_size < sizeof(T))
    return invalid(std::string(what) + ": expected struct_size of at least " + std::to_string(sizeof(T)) + ", but got " +
                       (out ? std::to_string(out->struct_size) : "null"),
                   error);
  value.struct_size = out->struct_size;
  *out = value;
  return FUSION_OK;
}

bool readOrder(fusion_host_order order, Schedule &schedule) {
  if (order < FUSION_HOST_FORWARD || order > FUSION_HOST_RANDOM)
    return false;
  schedule = order == FUSION_HOST_FORWARD ? Schedule::Forward : order == FUSION_HOST_REVERSE ? Schedule::Reverse : Schedule::Random;
  return true;
}

/// "sm_90" or "sm_120a"; false when it is no architecture.
bool readArch(const std::string &arch, HostOptions &options) {
  size_t digits = arch.find_first_not_of("0123456789", 3);
  std::string number = arch.compare(0, 3, "sm_") == 0 ? arch.substr(3, digits - 3) : "";
  if (number.size() < 2 || number.size() > 3)
    return false;
  options.claimMajor = std::stoi(number) / 10, options.claimMinor = std::stoi(number) % 10;
  return true;
}

constexpr uint32_t knownFlags = FUSION_HOST_SANITIZE | FUSION_HOST_COUNT_BYTES | FUSION_HOST_ALLOW_UNWRITTEN;

fusion_status readOptions(const fusion_host_options &given, HostOptions &options, const fusion_sink *error) {
  if (given.struct_size != sizeof(given))
    return invalid("options: expected struct_size to be " + std::to_string(sizeof(given)) + ", but got " +
                       std::to_string(given.struct_size) + "; set it to sizeof the struct",
                   error);
  if (given.flags & ~knownFlags)
    return invalid("options.flags: expected flags below " + std::to_string(knownFlags + 1) + ", but got " + std::to_string(given.flags),
                   error);
  if (given.arch && !readArch(given.arch, options))
    return invalid("options.arch: expected an architecture such as sm_90, but got \"" + std::string(given.arch) + "\"", error);
  if (!readOrder(given.order, options.schedule))
    return invalid("options.order: expected a fusion_host_order, but got " + std::to_string(int(given.order)), error);
  if (given.blocks) {
    Expected<BlockSelection> blocks = BlockSelection::parse(given.blocks);
    if (!blocks)
      return invalid("options.blocks: " + blocks.error().message(), error);
    options.blocks = *blocks;
  }
  options.sanitize = given.flags & FUSION_HOST_SANITIZE;
  options.countBytes = given.flags & FUSION_HOST_COUNT_BYTES;
  options.checks.uninitializedGlobal = !(given.flags & FUSION_HOST_ALLOW_UNWRITTEN);
  if (given.seed)
    options.seed = given.seed;
  options.workers = int(given.workers);
  return FUSION_OK;
}

void put(const Extent3 &from, uint32_t (&to)[3]) { to[0] = from.x, to[1] = from.y, to[2] = from.z; }

/// The record of a launch, or a failure.
const LaunchRecord *recordOf(const fusion_host *host, uint32_t index, const fusion_sink *error) {
  size_t count = host ? host->driver->launches().size() : 0;
  if (index < count)
    return &host->driver->launches()[index];
  invalid("index: expected a launch below " + std::to_string(count) + ", but got " + std::to_string(index), error);
  return nullptr;
}

template <class T> const T *itemOf(const std::vector<T> &items, uint32_t index, const fusion_sink *error) {
  if (index < items.size())
    return &items[index];
  invalid("index: expected one below " + std::to_string(items.size()) + ", but got " + std::to_string(index), error);
  return nullptr;
}

} // namespace

extern "C" {

fusion_status fusion_host_create(const fusion_host_options *given, fusion_host **host, const fusion_sink *error) {
  return guarded(error, [&] {
    HostOptions options;
    if (given)
      if (fusion_status status = readOptions(*given, options, error))
        return status;
    if (!host)
      return invalid("expected a place for the host, but got null", error);
    *host = new fusion_host{std::make_shared<HostDriver>(options)};
    return FUSION_OK;
  });
}

void fusion_host_destroy(fusion_host *host) { delete host; }

fusion_status fusion_host_driver(const fusion_host *host, fusion_driver *driver, const fusion_sink *error) {
  return guarded(error, [&] {
    if (!host || !driver || driver->struct_size < sizeof(fusion_driver))
      return invalid("driver: expected a host and a table with struct_size of at least " + std::to_string(sizeof(fusion_driver)), error);
    *driver = makeDriverTable(host->driver, "host");
    return FUSION_OK;
  });
}

fusion_status fusion_host_set_order(const fusion_host *host, fusion_host_order order, const fusion_sink *error) {
  if (!host || !readOrder(order, host->driver->options().schedule))
    return guarded(error, [&] { return invalid("expected a host and a fusion_host_order, but got " + std::to_string(int(order)), error); });
  return FUSION_OK;
}

fusion_status fusion_host_name_range(const fusion_host *host, const void *pointer, uint64_t bytes, const char *name, const char *kernel,
                                     const fusion_sink *error) {
  return guarded(error, [&] {
    if (!host || !name)
      return invalid("expected a host and a name, but got null", error);
    Error named = host->driver->nameRange(reinterpret_cast<DevicePointer>(pointer), bytes, name, kernel ? kernel : "");
    return named ? invalid(named.message(), error) : FUSION_OK;
  });
}

uint32_t fusion_host_launch_count(const fusion_host *host) { return host ? uint32_t(host->driver->launches().size()) : 0; }

fusion_status fusion_host_get_launch(const fusion_host *host, uint32_t index, fusion_host_launch *out, const fusion_sink *error) {
  return guarded(error, [&] {
    const LaunchRecord *record = recordOf(host, index, error);
    if (!record)
      return FUSION_INVALID_ARGUMENT;
    fusion_host_launch launch{};
    launch.kernel = record->kernel.c_str();
    put(record->grid, launch.grid), put(record->block, launch.block);
    launch.shared_bytes = record->sharedBytes;
    launch.blocks_run = record->blocksRun;
    launch.seconds = record->seconds;
    launch.buffer_count = uint32_t(record->buffers.size()), launch.finding_count = uint32_t(record->findings.size());
    return give(launch, out, "launch", error);
  });
}

fusion_status fusion_host_get_traffic(const fusion_host *host, uint32_t launch, uint32_t index, fusion_host_traffic *out,
                                      const fusion_sink *error) {
  return guarded(error, [&] {
    const LaunchRecord *record = recordOf(host, launch, error);
    const BufferTraffic *buffer = record ? itemOf(record->buffers, index, error) : nullptr;
    if (!buffer)
      return FUSION_INVALID_ARGUMENT;
    fusion_host_traffic traffic{};
    traffic.name = buffer->name.c_str();
    traffic.bytes_read = buffer->bytesRead, traffic.bytes_written = buffer->bytesWritten;
    traffic.accessed_read = buffer->accessedRead, traffic.accessed_written = buffer->accessedWritten;
    traffic.busiest_written = buffer->busiestWritten;
    return give(traffic, out, "traffic", error);
  });
}

fusion_status fusion_host_get_finding(const fusion_host *host, uint32_t launch, uint32_t index, fusion_host_finding *out,
                                      const fusion_sink *error) {
  return guarded(error, [&] {
    const LaunchRecord *record = recordOf(host, launch, error);
    const Finding *found = record ? itemOf(record->findings, index, error) : nullptr;
    if (!found)
      return FUSION_INVALID_ARGUMENT;
    fusion_host_finding finding{};
    finding.kind = name(found->kind);
    finding.text = found->text.c_str();
    finding.count = found->count;
    finding.file = found->file.c_str(), finding.line = found->line;
    put(found->thread, finding.thread), put(found->block, finding.block);
    return give(finding, out, "finding", error);
  });
}

void fusion_host_clear(const fusion_host *host) {
  if (host)
    host->driver->clearRecords();
}
}
