/*
 * The host driver, libfusion_host: runs programs on the CPU for tests, checks their kernels while they run, and counts what they move.
 *
 * The device "host:OPTIONS" of fusion_context_create() needs no call of this header. It is for checkers: they make the driver
 * themselves, hand its table to a context, and read after each launch what it found.
 *
 * Errors: a call that can fail writes its message to `error` (which may be null) and leaves its out-parameters unchanged.
 * Threads: launches may come from any thread, but records are read, and settings changed, while no launch runs.
 * A program's kernels are compiled with the machine's C++ compiler and run natively: it deserves the trust of an executable.
 */
#ifndef FUSION_HOST_H
#define FUSION_HOST_H

#include "fusion/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fusion_host fusion_host;

/** The order in which the threads of a block, and the blocks of a grid, get to run. Each runs until it has to wait. */
typedef enum fusion_host_order { FUSION_HOST_FORWARD = 0, FUSION_HOST_REVERSE = 1, FUSION_HOST_RANDOM = 2 } fusion_host_order;

enum {
  FUSION_HOST_SANITIZE = 1u << 0,       /**< races, bounds, initialisation, alignment, divergence; needs clang */
  FUSION_HOST_COUNT_BYTES = 1u << 1,    /**< the distinct bytes that each launch reads and writes, by buffer; needs clang */
  FUSION_HOST_ALLOW_UNWRITTEN = 1u << 2 /**< device memory that nobody wrote may be read: where only some blocks run */
};

/** Zero-initialise and set struct_size, or use FUSION_HOST_OPTIONS; a field that is 0 or null means its default. */
typedef struct fusion_host_options {
  uint32_t struct_size;
  uint32_t flags;
  const char *arch;        /**< compute capability to claim; default "sm_90" */
  const char *blocks;      /**< blocks of each grid that run: "all" (default) or a list of first, last, random:K and linear indices */
  fusion_host_order order; /**< default FUSION_HOST_FORWARD */
  uint64_t seed;           /**< of random orders and random blocks; default 1 */
  uint32_t workers;        /**< threads that run blocks, unless launches are checked or counted; default one per core */
} fusion_host_options;
#define FUSION_HOST_OPTIONS {sizeof(fusion_host_options)}

/** `options` may be null. The caller destroys the host. */
FUSION_API fusion_status fusion_host_create(const fusion_host_options *options, fusion_host **host, const fusion_sink *error);
/** Drivers made from it stay usable. */
FUSION_API void fusion_host_destroy(fusion_host *host);
/** A table for fusion_context_options::driver; every context gets one of its own. `driver->struct_size` must be set. */
FUSION_API fusion_status fusion_host_driver(const fusion_host *host, fusion_driver *driver, const fusion_sink *error);
/** For the launches to come. */
FUSION_API fusion_status fusion_host_set_order(const fusion_host *host, fusion_host_order order, const fusion_sink *error);
/**
 * Makes `bytes` bytes of an allocation a buffer of its own: bounds-checked, counted and reported by `name`. Once parts of an
 * allocation are named, a kernel may touch only the parts that start at one of its pointer arguments. `kernel` restricts the name to
 * launches of that kernel; null is every kernel. Parts may overlap when their lifetimes do not meet; the last matching name wins.
 */
FUSION_API fusion_status fusion_host_name_range(const fusion_host *host, const void *pointer, uint64_t bytes, const char *name,
                                                const char *kernel, const fusion_sink *error);

/* ---- What launches did ------------------------------------------------------------------------------------------------------ */

/** One launch. Text is the host's, until its records are cleared. */
typedef struct fusion_host_launch {
  uint32_t struct_size;
  const char *kernel;
  uint32_t grid[3], block[3];
  uint64_t shared_bytes; /**< dynamic shared memory */
  uint64_t blocks_run;
  double seconds;
  uint32_t buffer_count, finding_count;
} fusion_host_launch;

/** What a launch did to one buffer. */
typedef struct fusion_host_traffic {
  uint32_t struct_size;
  const char *name;
  uint64_t bytes_read, bytes_written;       /**< distinct ones */
  uint64_t accessed_read, accessed_written; /**< every access counted */
  uint64_t busiest_written;                 /**< of accessed_written, what the busiest thread number wrote, all blocks together */
} fusion_host_traffic;

/** A defect of a kernel. A launch with findings also fails with FUSION_DEVICE. */
typedef struct fusion_host_finding {
  uint32_t struct_size;
  const char *kind; /**< "race", "out of bounds", ... */
  const char *text; /**< with place, buffer, thread and block, where they are known */
  uint64_t count;   /**< how often it happened at this place */
  const char *file; /**< empty when unknown */
  int32_t line;
  uint32_t thread[3], block[3];
} fusion_host_finding;

/** Launches since the records were cleared. */
FUSION_API uint32_t fusion_host_launch_count(const fusion_host *host);
/** `launch->struct_size` must be set, as that of the structs below. */
FUSION_API fusion_status fusion_host_get_launch(const fusion_host *host, uint32_t index, fusion_host_launch *launch,
                                                const fusion_sink *error);
/** With FUSION_HOST_COUNT_BYTES: the buffers that a launch touched, in the order of their addresses. */
FUSION_API fusion_status fusion_host_get_traffic(const fusion_host *host, uint32_t launch, uint32_t index, fusion_host_traffic *traffic,
                                                 const fusion_sink *error);
/** With FUSION_HOST_SANITIZE: what the checks found. */
FUSION_API fusion_status fusion_host_get_finding(const fusion_host *host, uint32_t launch, uint32_t index, fusion_host_finding *finding,
                                                 const fusion_sink *error);
FUSION_API void fusion_host_clear(const fusion_host *host);

#ifdef __cplusplus
}
#endif
#endif
