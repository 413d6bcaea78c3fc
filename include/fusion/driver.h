/*
 * The driver interface of Fusion as a table of functions: what a device must offer to run programs.
 *
 * CUDA is built in. Everything else (the host driver, simulators, recording or failing drivers in tests) hands such a table to
 * fusion_context_create(). All functions but `destroy` may be called from any thread at the same time. None may throw.
 */
#ifndef FUSION_DRIVER_H
#define FUSION_DRIVER_H

#include "fusion/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fusion_device_info {
  uint32_t struct_size;   /**< sizeof(fusion_device_info), set by the caller */
  char name[128];         /**< ends in NUL */
  int32_t major, minor;   /**< compute capability */
  uint64_t shared_bytes;  /**< shared memory that a block can opt in to, bytes */
  uint64_t total_memory;  /**< bytes */
  int32_t dl_device_type; /**< DLPack's number for the device's memory: 2 is CUDA, 12 is "other" */
  int32_t dl_device_id;   /**< ordinal */
} fusion_device_info;

/**
 * A driver. Functions that return a status write a message to `error` (never null) when they fail. Device addresses are opaque
 * 64-bit numbers; 0 is no address. Streams belong to the caller; null is the default stream.
 */
typedef struct fusion_driver {
  uint32_t struct_size; /**< sizeof(fusion_driver) */
  void *self;           /**< passed to every function */

  /** Called once, after the last use. May be null. */
  void (*destroy)(void *self);
  fusion_status (*describe)(void *self, fusion_device_info *info, const fusion_sink *error);
  /** Names compiler, version and options: part of the key of cached binaries. Null, or nothing written: nothing is cached. */
  void (*compiler_id)(void *self, const fusion_sink *text);
  /** Compiles CUDA C++ for `arch` ("sm_90a"); `name` is what messages call the source, `log` gets warnings. */
  fusion_status (*compile)(void *self, const char *source, size_t source_bytes, const char *name, const char *arch,
                           const fusion_sink *binary, const fusion_sink *log, const fusion_sink *error);
  fusion_status (*load)(void *self, const void *binary, size_t bytes, void **module, const fusion_sink *error);
  void (*unload)(void *self, void *module);
  /** `shared_bytes`: the most dynamic shared memory that launches of the function will ask for. */
  fusion_status (*function)(void *self, void *module, const char *name, size_t shared_bytes, void **function, const fusion_sink *error);
  /** `args[i]` points at the i-th kernel argument, as in cuLaunchKernel. Must neither allocate device memory nor wait. */
  fusion_status (*launch)(void *self, void *function, const uint32_t grid[3], const uint32_t block[3], size_t shared_bytes, void *stream,
                          void **args, const fusion_sink *error);

  fusion_status (*allocate)(void *self, size_t bytes, const char *name, uint64_t *pointer, const fusion_sink *error);
  void (*release)(void *self, uint64_t pointer);
  fusion_status (*copy_to_device)(void *self, uint64_t to, const void *from, size_t bytes, const fusion_sink *error);
  fusion_status (*copy_to_host)(void *self, void *to, uint64_t from, size_t bytes, const fusion_sink *error);
  fusion_status (*fill)(void *self, uint64_t to, unsigned char value, size_t bytes, void *stream, const fusion_sink *error);
  /** Waits for all work of the device. */
  fusion_status (*synchronize)(void *self, const fusion_sink *error);
  /** Milliseconds that what `body` enqueues takes on the device. A failure of `body` is returned. */
  fusion_status (*elapsed)(void *self, void *stream, fusion_status (*body)(void *state), void *state, float *milliseconds,
                           const fusion_sink *error);
  /** What binaries embedded in programs must be for load() to take them: "cubin" (or null; PTX too then) or "host". */
  const char *image_kind;
} fusion_driver;

/**
 * Entry point of a driver in a shared library of its own, libfusion_NAME.so for the device "NAME:OPTIONS". Fills `driver`, whose
 * struct_size the caller has set.
 */
typedef fusion_status (*fusion_driver_entry)(const char *options, fusion_driver *driver, const fusion_sink *error);
#define FUSION_DRIVER_ENTRY "fusion_driver_open"

#ifdef __cplusplus
}
#endif
#endif
