/* What the C interfaces of Fusion share: status codes, the export macro, and the sink that bytes are handed out through. */
#ifndef FUSION_STATUS_H
#define FUSION_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define FUSION_API __attribute__((visibility("default")))
#else
#define FUSION_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** How a call ended. Values are never renumbered; later versions may add some. */
typedef enum fusion_status {
  FUSION_OK = 0,
  FUSION_INVALID_ARGUMENT = 1, /**< the caller passed something that does not fit; the message names the argument */
  FUSION_INVALID_PROGRAM = 2,  /**< the program is malformed, of another version, or fails its checksum */
  FUSION_UNSUPPORTED = 3,      /**< understood, but this build or device cannot do it */
  FUSION_COMPILE = 4,          /**< the source did not compile, or not within its limits; the message holds the log */
  FUSION_DEVICE = 5,           /**< the driver reported an error, or the host driver found a defect */
  FUSION_OUT_OF_MEMORY = 6,    /**< on the host or on the device; the message says where */
  FUSION_SYSTEM = 7,           /**< a file, a process or a library could not be used */
  FUSION_CANCELLED = 8,        /**< the progress callback asked to stop */
  FUSION_INTERNAL = 9          /**< a defect of the library; please report it with the message */
} fusion_status;

typedef enum fusion_severity { FUSION_REMARK = 0, FUSION_WARNING = 1, FUSION_ERROR = 2 } fusion_severity;

/** Receives bytes, possibly in several pieces, during the call it is passed to only. It must not throw or jump. */
typedef struct fusion_sink {
  void *state; /**< passed back to write() */
  void (*write)(void *state, const void *bytes, size_t count);
} fusion_sink;

#ifdef __cplusplus
}
#endif
#endif
