/// \file
/// C++ over the host driver's C interface (host.h), in the manner of fusion.hpp: launches as values, failures as exceptions.
#ifndef FUSION_HOST_HPP
#define FUSION_HOST_HPP

#include "fusion/fusion.hpp"
#include "fusion/host.h"

namespace fusion {

/// A launch that the host driver ran: what its kernel did to each buffer, and what is wrong with it.
struct HostLaunch {
  struct Traffic {
    std::string name;
    uint64_t bytesRead = 0, bytesWritten = 0, accessedRead = 0, accessedWritten = 0, busiestWritten = 0;
  };
  struct Finding {
    std::string kind, text, file;
    uint64_t count = 0;
    int line = 0;
  };
  std::string kernel;
  uint32_t grid[3], block[3];
  uint64_t sharedBytes = 0, blocksRun = 0;
  double seconds = 0;
  std::vector<Traffic> buffers;
  std::vector<Finding> findings;
};

/// The host driver, for programs that read what it found.
class Host {
public:
  explicit Host(const fusion_host_options &options = FUSION_HOST_OPTIONS) {
    fusion_host *host = nullptr;
    call([&](const fusion_sink *error) { return fusion_host_create(&options, &host, error); });
    handle = std::shared_ptr<fusion_host>(host, fusion_host_destroy);
  }

  /// A context on this driver. Compiled kernels stay in memory unless `flags` says otherwise.
  Context context(uint32_t flags = FUSION_NO_DISK_CACHE) const {
    fusion_driver table{};
    table.struct_size = sizeof(table);
    call([&](const fusion_sink *error) { return fusion_host_driver(get(), &table, error); });
    fusion_context_options options = FUSION_CONTEXT_OPTIONS;
    options.driver = &table;
    options.flags = flags;
    return Context(options);
  }
  void order(fusion_host_order order) const {
    call([&](const fusion_sink *error) { return fusion_host_set_order(get(), order, error); });
  }
  void nameRange(const void *pointer, uint64_t bytes, const char *name, const char *kernel = nullptr) const {
    call([&](const fusion_sink *error) { return fusion_host_name_range(get(), pointer, bytes, name, kernel, error); });
  }
  uint32_t launchCount() const { return fusion_host_launch_count(get()); }
  HostLaunch launch(uint32_t index) const {
    fusion_host_launch raw{};
    raw.struct_size = sizeof(raw);
    call([&](const fusion_sink *error) { return fusion_host_get_launch(get(), index, &raw, error); });
    HostLaunch launch{raw.kernel,
                      {raw.grid[0], raw.grid[1], raw.grid[2]},
                      {raw.block[0], raw.block[1], raw.block[2]},
                      raw.shared_bytes,
                      raw.blocks_run,
                      raw.seconds,
                      {},
                      {}};
    for (uint32_t i = 0; i < raw.buffer_count; ++i) {
      fusion_host_traffic t{};
      t.struct_size = sizeof(t);
      call([&](const fusion_sink *error) { return fusion_host_get_traffic(get(), index, i, &t, error); });
      launch.buffers.push_back({t.name, t.bytes_read, t.bytes_written, t.accessed_read, t.accessed_written, t.busiest_written});
    }
    for (uint32_t i = 0; i < raw.finding_count; ++i) {
      fusion_host_finding f{};
      f.struct_size = sizeof(f);
      call([&](const fusion_sink *error) { return fusion_host_get_finding(get(), index, i, &f, error); });
      launch.findings.push_back({f.kind, f.text, f.file, f.count, f.line});
    }
    return launch;
  }
  std::vector<HostLaunch> launches() const {
    std::vector<HostLaunch> all;
    for (uint32_t i = 0; i < launchCount(); ++i)
      all.push_back(launch(i));
    return all;
  }
  void clear() const { fusion_host_clear(get()); }
  fusion_host *get() const { return handle.get(); }

private:
  template <class Call> static void call(Call body) {
    std::string message;
    fusion_sink error = sinkOf(message);
    if (fusion_status status = body(&error))
      throw Failure(status, message);
  }
  std::shared_ptr<fusion_host> handle;
};

} // namespace fusion
#endif
