/*
 * The C interface of Fusion's compiler, libfusion_compiler: a model description in, a program out.
 *
 * The program is text that fusion_program_parse() of libfusion_runtime reads, here or on another machine; the two libraries share no
 * state. Errors, threads, struct versions and units are as in fusion.h; the two libraries keep a last error each.
 */
#ifndef FUSION_COMPILER_H
#define FUSION_COMPILER_H

#include "fusion/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum fusion_gradients {
  FUSION_NO_GRADIENTS = 0,
  FUSION_PARAMETER_GRADIENTS = 1, /**< of the parameters */
  FUSION_ALL_GRADIENTS = 2        /**< of the parameters and of the inputs */
} fusion_gradients;

/** Zero-initialise and set struct_size, or use FUSION_COMPILE_OPTIONS; a field that is 0 or null means its default. */
typedef struct fusion_compile_options {
  uint32_t struct_size;
  fusion_gradients gradients;
  const char *arch;      /**< "sm_80", "sm_90a" (default), ...: what the kernels are tuned for and may use */
  const char *precision; /**< "torch" (default): what PyTorch does by default; "ieee": no reassociation; "tf32",
                              "bf16", "fp16": as "torch", and factors of convolutions and matrix products may be rounded to that */
  int64_t nominal_batch; /**< stands for an unknown batch in predictions; default 128 */
  int32_t assume_finite; /**< 1: no NaN or infinity reaches the model, which allows more algebra */
  /** Every diagnostic as "file:line:column: error: text", one at a time, during the call. */
  void (*diagnostic)(void *user, fusion_severity severity, const char *message);
  /** Called before each step of the compilation. Non-zero stops it with FUSION_CANCELLED once the step in progress is done. */
  int (*progress)(void *user, const char *step, uint32_t done, uint32_t total);
  void *user; /**< passed to both callbacks */
  /** 1: compile in a child process, fusion-opt, under the two limits. The progress callback is then asked ten times a second. */
  int32_t isolate;
  double limit_seconds;        /**< default 600 */
  uint64_t limit_memory_bytes; /**< of address space; default 16 GiB */
  const char *compiler;        /**< fusion-opt's path; default $FUSION_OPT, then where it is installed */
} fusion_compile_options;
#define FUSION_COMPILE_OPTIONS {sizeof(fusion_compile_options)}

/**
 * Compiles a model description (docs/dialect.md) of `bytes` bytes; `name` is what messages call it. The program file's text goes to
 * `program`, only when the call succeeds. A model that is wrong is FUSION_INVALID_ARGUMENT, one that is right but cannot be compiled
 * FUSION_UNSUPPORTED, one that exceeds the limits of `isolate` FUSION_COMPILE. `options` may be null.
 */
FUSION_API fusion_status fusion_compile(const char *model, size_t bytes, const char *name, const fusion_compile_options *options,
                                        const fusion_sink *program);

/** Why this thread's last failed compilation failed: its first error. Valid until the thread's next one; never null. */
FUSION_API const char *fusion_compiler_last_error(void);
/** The compiler's version, for example "0.1.0". */
FUSION_API const char *fusion_compiler_version(void);

#ifdef __cplusplus
}
#endif
#endif
