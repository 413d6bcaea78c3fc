/*
 * The C interface of Fusion's runtime, libfusion_runtime: programs in, launches out.
 *
 *   fusion_context      a device, a cache of compiled binaries, callbacks
 *   fusion_program      immutable kernels and how to launch them, made by the compiler, read from a file or from memory
 *   fusion_executable   a program loaded on a context's device
 *   fusion_launch       runs forward or backward in the caller's memory on the caller's stream
 *
 * Errors: every call that can fail returns a status; fusion_last_error() is the message of the calling thread's last failure.
 * Where a call fails, its out-parameters are unchanged. No C++ exception leaves the library.
 * Threads: every object may be used from any number of threads at the same time. Destroying one while another thread passes that
 * very handle is the caller's error; destroying a context or program before its executables is fine: they keep what they need.
 * Versions: structs start with their size, so that a program built against an older header keeps working with a newer library.
 * Units: sizes are bytes, extents and strides are elements, times are seconds unless named otherwise.
 */
#ifndef FUSION_FUSION_H
#define FUSION_FUSION_H

#include "fusion/driver.h"
#include "fusion/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FUSION_API_VERSION 1

typedef struct fusion_context fusion_context;
typedef struct fusion_program fusion_program;
typedef struct fusion_executable fusion_executable;
typedef struct fusion_bindings fusion_bindings;

/** FUSION_API_VERSION of the library that runs, which may be newer than the header's. */
FUSION_API uint32_t fusion_api_version(void);
/** The library's version, for example "0.1.0". */
FUSION_API const char *fusion_version(void);
/** "invalid argument" for FUSION_INVALID_ARGUMENT, and so on; never null. */
FUSION_API const char *fusion_status_name(fusion_status status);
/** Why this thread's last failed call failed: "expected X, but got Y". Valid until the thread's next call that fails; never null. */
FUSION_API const char *fusion_last_error(void);

/* ---- Context ---------------------------------------------------------------------------------------------------------------- */

enum {
  FUSION_NO_DISK_CACHE = 1u << 0,   /**< compiled binaries stay in memory */
  FUSION_ISOLATE_COMPILE = 1u << 1, /**< NVRTC compiles in a child process under the limits below */
  FUSION_NO_JIT = 1u << 2           /**< never compile: programs must bring an image that fits */
};

/** Zero-initialise and set struct_size, or use FUSION_CONTEXT_OPTIONS; a field that is 0 or null means its default. */
typedef struct fusion_context_options {
  uint32_t struct_size;
  uint32_t flags;
  /** "cuda" (default), "cuda:1", "null" (runs nothing: measures the host's side), or "NAME:OPTIONS" for the driver in
   *  libfusion_NAME.so: "host" runs on the CPU. */
  const char *device;
  const fusion_driver *driver; /**< instead of `device`; taken over: destroyed with the context, or when create fails */
  const char *libcuda;         /**< library to open for "cuda"; default libcuda.so.1 */
  const char *cache_directory; /**< default $XDG_CACHE_HOME/fusion, else ~/.cache/fusion; see SECURITY.md */
  uint64_t cache_bytes;        /**< the least recently used entries beyond it go; default 512 MiB */
  /** Warnings and remarks, one message at a time, from any thread. Nothing reported here makes a call fail. Neither callback may call
   *  the library. */
  void (*diagnostic)(void *user, fusion_severity severity, const char *message);
  /** Called before each step of a long call, from any thread, one at a time. Non-zero stops it with FUSION_CANCELLED; a step that
   *  runs is finished first, except a compilation in a child process, which is stopped. */
  int (*progress)(void *user, const char *step, uint32_t done, uint32_t total);
  void *user;                    /**< passed to both callbacks */
  double compile_seconds;        /**< limit of one isolated compilation; default 300 */
  uint64_t compile_memory_bytes; /**< limit of its address space; default 8 GiB */
  const char *compile_worker;    /**< fusion-compile-worker's path; default $FUSION_COMPILE_WORKER, then where it is installed */
} fusion_context_options;
#define FUSION_CONTEXT_OPTIONS {sizeof(fusion_context_options)}

/** `options` may be null. The caller destroys the context. */
FUSION_API fusion_status fusion_context_create(const fusion_context_options *options, fusion_context **context);
FUSION_API void fusion_context_destroy(fusion_context *context);
/** `info->struct_size` must be set. */
FUSION_API fusion_status fusion_context_device(const fusion_context *context, fusion_device_info *info);

/* ---- Program ---------------------------------------------------------------------------------------------------------------- */

typedef enum fusion_role {
  FUSION_INPUT = 0,
  FUSION_PARAMETER = 1,
  FUSION_OUTPUT = 2,
  FUSION_SAVED = 3,       /**< written by forward for backward */
  FUSION_GRAD_OUTPUT = 4, /**< given to backward */
  FUSION_GRAD_INPUT = 5,  /**< made by backward */
  FUSION_GRAD_PARAMETER = 6
} fusion_role;

/** How an element lies in memory. */
typedef enum fusion_type { FUSION_F32 = 0, FUSION_F16 = 1, FUSION_BF16 = 2 } fusion_type;

/** Where the elements of a dense tensor lie. Channels-last, as PyTorch's memory format of that name: a shape [N, C, spatial...] whose
 * element (n, c, p) lies at (n * P + p) * C + c, with P positions. */
typedef enum fusion_layout { FUSION_ROW_MAJOR = 0, FUSION_CHANNELS_LAST = 1 } fusion_layout;

/** The extent that stands for the batch in fusion_tensor_info::shape. */
#define FUSION_BATCH (-1)

typedef struct fusion_tensor_info {
  uint32_t struct_size;
  fusion_role role;
  const char *name;     /**< owned by the program, as is `shape` */
  int64_t of;           /**< index of the tensor that a gradient belongs to, else -1 */
  const int64_t *shape; /**< FUSION_BATCH where the extent is the batch */
  uint32_t rank;
  fusion_type type;     /**< of its elements */
  fusion_layout layout; /**< of its elements; the shape stays [N, C, spatial...] in either */
} fusion_tensor_info;
#define FUSION_TENSOR_INFO {sizeof(fusion_tensor_info)}

/** Reads the text of a program file; `text` need not end in NUL and is not kept. */
FUSION_API fusion_status fusion_program_parse(const char *text, size_t bytes, fusion_program **program);
FUSION_API fusion_status fusion_program_load(const char *path, fusion_program **program);
FUSION_API void fusion_program_destroy(fusion_program *program);
/** The text of the program file: the same bytes for the same program. */
FUSION_API fusion_status fusion_program_serialize(const fusion_program *program, const fusion_sink *text);
/** Writes a file beside `path` and renames it, so that no reader sees half of it. */
FUSION_API fusion_status fusion_program_save(const fusion_program *program, const char *path);

/** "grad_output" for FUSION_GRAD_OUTPUT, as in program files; never null. */
FUSION_API const char *fusion_role_name(fusion_role role);
/** "bf16" for FUSION_BF16, as in program files; never null. */
FUSION_API const char *fusion_type_name(fusion_type type);

/** "channels_last" for FUSION_CHANNELS_LAST, as in program files; never null. */
FUSION_API const char *fusion_layout_name(fusion_layout layout);

/** What a program was compiled for. */
typedef struct fusion_program_info {
  uint32_t struct_size;
  const char *precision;  /**< "torch", "ieee", "tf32", "bf16" or "fp16"; owned by the program */
  int32_t assume_finite;  /**< 1: it relies on inputs without NaN and infinity */
  uint32_t variant_count; /**< one for each architecture */
} fusion_program_info;
#define FUSION_PROGRAM_INFO {sizeof(fusion_program_info)}

/** `info->struct_size` must be set. */
FUSION_API fusion_status fusion_program_describe(const fusion_program *program, fusion_program_info *info);
/** The architecture of a variant, for example "sm_90a", owned by the program; null when there is no such variant. */
FUSION_API const char *fusion_program_variant(const fusion_program *program, uint32_t index);

/** The chain's name; owned by the program. */
FUSION_API const char *fusion_program_name(const fusion_program *program);
/** `dynamic` is 1 when any batch from 0 to `size` will do, 0 when `size` is the only one. */
FUSION_API void fusion_program_batch(const fusion_program *program, int *dynamic, int64_t *size);
FUSION_API uint32_t fusion_program_tensor_count(const fusion_program *program);
/** `info->struct_size` must be set. All tensors are dense. */
FUSION_API fusion_status fusion_program_tensor(const fusion_program *program, uint32_t index, fusion_tensor_info *info);
FUSION_API fusion_status fusion_program_find_tensor(const fusion_program *program, const char *name, uint32_t *index);
FUSION_API fusion_status fusion_program_tensor_bytes(const fusion_program *program, uint32_t index, int64_t batch, int64_t *bytes);

/**
 * A copy of the program that brings compiled binaries along, so that loading it compiles nothing. `images` is a list such as
 * "sm_80,sm_90a,compute_90" (cubins and PTX, made by NVRTC without a GPU; PTX serves every newer device) or "device" (for the
 * device of `context`, by its driver); with the word "unaligned" in it, it brings code for tensors that are not aligned, too. With
 * `drop_source` the kernels' text is left out and only the images can run.
 */
FUSION_API fusion_status fusion_program_embed(const fusion_context *context, const fusion_program *program, const char *images,
                                              int drop_source, fusion_program **embedded);

/* ---- Executable ------------------------------------------------------------------------------------------------------------- */

typedef enum fusion_phase { FUSION_FORWARD = 0, FUSION_BACKWARD = 1 } fusion_phase;

/** The three lists of tensors that a launch takes. */
typedef enum fusion_group {
  FUSION_INPUTS = 0,  /**< read; for backward the output gradients, then tensors of forward */
  FUSION_OUTPUTS = 1, /**< written */
  FUSION_SAVEDS = 2   /**< what forward leaves for backward: the same list for both */
} fusion_group;

enum { FUSION_LOAD_LATER = 1u << 0 }; /**< compile and load a phase at fusion_executable_prepare() or at its first launch */

/** Compiles (or finds in the cache) and loads the program; its kernels are compiled at the same time, as many as there are cores. */
FUSION_API fusion_status fusion_executable_create(const fusion_context *context, const fusion_program *program, uint32_t flags,
                                                  fusion_executable **executable);
/** Unloads the kernels: those launched must have finished. */
FUSION_API void fusion_executable_destroy(fusion_executable *executable);
/** 1 when the program has this phase. */
FUSION_API int fusion_executable_has(const fusion_executable *executable, fusion_phase phase);
/** Compiles and loads a phase unless that was done, for tensors that are aligned and batches whose offsets fit 32 bits. */
FUSION_API fusion_status fusion_executable_prepare(const fusion_executable *executable, fusion_phase phase);
/**
 * The same for launches of this batch with tensors at multiples of `alignment` bytes (at least the size of their elements). Kernels with
 * 32-bit offsets do not serve every batch, and those that load four elements at a time do not serve every address: the first launch in need
 * of others compiles them, and a remark says so. Call this before such a launch is captured into a graph.
 */
FUSION_API fusion_status fusion_executable_prepare_for(const fusion_executable *executable, fusion_phase phase, int64_t batch,
                                                       uint32_t alignment);
/** The architecture that the kernels are for, for example "sm_90a"; owned by the executable. */
FUSION_API const char *fusion_executable_target(const fusion_executable *executable);

/** Length of a list of tensors; 0 when the program lacks the phase. */
FUSION_API uint32_t fusion_executable_argument_count(const fusion_executable *executable, fusion_phase phase, fusion_group group);
/** The program's tensor at a place of a list. */
FUSION_API fusion_status fusion_executable_argument(const fusion_executable *executable, fusion_phase phase, fusion_group group,
                                                    uint32_t place, uint32_t *tensor);
/** Addresses should be multiples of this: 16 for tensors (others, in multiples of 4, get slower kernels), 256 for the workspace. */
FUSION_API uint32_t fusion_executable_tensor_alignment(const fusion_executable *executable);
FUSION_API uint32_t fusion_executable_workspace_alignment(const fusion_executable *executable);
FUSION_API fusion_status fusion_executable_workspace_bytes(const fusion_executable *executable, fusion_phase phase, int64_t batch,
                                                           int64_t *bytes);
/** Bytes of all saved tensors together. */
FUSION_API fusion_status fusion_executable_saved_bytes(const fusion_executable *executable, int64_t batch, int64_t *bytes);

/** A buffer that a kernel uses inside the workspace: for checkers and debuggers. */
typedef struct fusion_workspace_buffer {
  uint32_t struct_size;
  const char *kernel, *name; /**< owned by the executable */
  int64_t offset, bytes;
} fusion_workspace_buffer;
FUSION_API uint32_t fusion_executable_buffer_count(const fusion_executable *executable, fusion_phase phase);
FUSION_API fusion_status fusion_executable_buffer(const fusion_executable *executable, fusion_phase phase, int64_t batch, uint32_t index,
                                                  fusion_workspace_buffer *buffer);

/* ---- Launch ----------------------------------------------------------------------------------------------------------------- */

/** A tensor of the caller's. The layout is that of DLPack's DLTensor: a DLTensor's address may be passed as it is. */
typedef struct fusion_tensor {
  void *data; /**< address on the device */
  struct {
    int32_t device_type, device_id;
  } device;
  int32_t ndim;
  struct {
    uint8_t code, bits; /**< 2, 32: fp32; 2, 16: fp16; 4, 16: bf16 */
    uint16_t lanes;     /**< 1 */
  } dtype;
  const int64_t *shape;   /**< elements */
  const int64_t *strides; /**< elements, or null: dense row-major; a channels-last tensor must bring them */
  uint64_t byte_offset;   /**< from data to the first element */
} fusion_tensor;

/** Take the batch from the tensors. */
#define FUSION_BATCH_OF_TENSORS (-1)

typedef struct fusion_launch_args {
  uint32_t struct_size;
  fusion_phase phase;
  int64_t batch; /**< or FUSION_BATCH_OF_TENSORS */
  const fusion_tensor *const *inputs;
  const fusion_tensor *const *outputs;
  const fusion_tensor *const *saved;
  uint32_t input_count, output_count, saved_count;
  void *workspace; /**< device memory that nobody else uses until the kernels are done; null when none is needed */
  uint64_t workspace_bytes;
  void *stream; /**< CUstream; null is the default stream */
} fusion_launch_args;

/**
 * Enqueues the kernels of a phase, in order, on the stream. Every argument is checked before anything is launched. Once the phase
 * is prepared a launch allocates nothing, takes no lock and waits for nothing, and may be captured into a CUDA graph (see
 * fusion_executable_prepare_for() for large batches and odd addresses). The memory stays the caller's; it must live until the kernels
 * are done.
 */
FUSION_API fusion_status fusion_launch(const fusion_executable *executable, const fusion_launch_args *args);

/* ---- Memory (optional): for callers without an allocator of their own --------------------------------------------------------- */

/** `name` is what messages call the buffer and may be null. */
FUSION_API fusion_status fusion_allocate(const fusion_context *context, uint64_t bytes, const char *name, void **pointer);
/** Null is allowed. */
FUSION_API void fusion_release(const fusion_context *context, void *pointer);
FUSION_API fusion_status fusion_copy_to_device(const fusion_context *context, void *to, const void *from, uint64_t bytes);
FUSION_API fusion_status fusion_copy_to_host(const fusion_context *context, void *to, const void *from, uint64_t bytes);
FUSION_API fusion_status fusion_fill(const fusion_context *context, void *to, unsigned char value, uint64_t bytes, void *stream);
/** Waits until the device has done everything. */
FUSION_API fusion_status fusion_synchronize(const fusion_context *context);
/** Milliseconds that what `body` enqueues on `stream` takes on the device; a failure of `body` is returned. */
FUSION_API fusion_status fusion_elapsed(const fusion_context *context, void *stream, fusion_status (*body)(void *state), void *state,
                                        float *milliseconds);

/** Memory for every tensor of a program and its workspace at one batch, and launches in it. One thread at a time. */
FUSION_API fusion_status fusion_bindings_create(const fusion_executable *executable, int64_t batch, fusion_bindings **bindings);
FUSION_API void fusion_bindings_destroy(fusion_bindings *bindings);
/** The tensor with that index in the program, or null; owned by the bindings. */
FUSION_API const fusion_tensor *fusion_bindings_tensor(const fusion_bindings *bindings, uint32_t index);
/** Copy a whole tensor; `bytes` must be its size. Reading waits for what was launched before. */
FUSION_API fusion_status fusion_bindings_write(const fusion_bindings *bindings, uint32_t index, const void *from, uint64_t bytes);
FUSION_API fusion_status fusion_bindings_read(const fusion_bindings *bindings, uint32_t index, void *to, uint64_t bytes);
FUSION_API fusion_status fusion_bindings_launch(const fusion_bindings *bindings, fusion_phase phase, void *stream);

/* ---- Cache ------------------------------------------------------------------------------------------------------------------ */

typedef enum fusion_cache_action { FUSION_CACHE_STATUS = 0, FUSION_CACHE_CLEAR = 1, FUSION_CACHE_VERIFY = 2 } fusion_cache_action;

typedef struct fusion_cache_info {
  uint32_t struct_size;
  uint64_t entries, bytes; /**< what is there now */
  uint64_t damaged;        /**< entries that verify() found damaged and removed */
  uint64_t removed;        /**< entries that were removed */
} fusion_cache_info;

/** The directory that contexts use by default, written without NUL; nothing when there is none. */
FUSION_API fusion_status fusion_cache_path(const fusion_sink *path);
/** Looks at, empties or checks a cache directory (null: the default one). `info->struct_size` must be set. */
FUSION_API fusion_status fusion_cache(const char *directory, fusion_cache_action action, fusion_cache_info *info);

#ifdef __cplusplus
}
#endif
#endif
