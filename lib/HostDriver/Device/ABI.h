// What a compiled kernel module and the host driver share: thread and block records, the collectives, and the calls a module makes.
// Read by both sides, so it uses nothing but built-in types.
#pragma once

struct hc_dim {
  unsigned x, y, z;
};
struct hc_block {
  hc_dim index, dim, grid;
};
struct hc_thread {
  hc_dim index;
  unsigned lane, warp, linear; // linear: within the block
  hc_block *block;
};
/// One kernel parameter; a list of them ends with bytes == 0.
struct hc_param {
  unsigned bytes, pointer;
};

/// Warp collectives. Each lane brings a slot; the last to arrive computes all results.
enum hc_collective {
  HC_SYNC,
  HC_SHUFFLE,
  HC_BALLOT,
  HC_MATCH,
  HC_REDUCE,
  HC_MMA_F16,
  HC_MMA_BF16,
  HC_MMA_TF32,
  HC_LDMATRIX,
  HC_LDMATRIX_T,
  HC_WGMMA,
  HC_WGMMA_COMMIT,
  HC_WGMMA_WAIT
};
struct hc_shuffle_slot {
  unsigned long value;
  int source;
  unsigned long result;
};
struct hc_vote_slot {
  unsigned value, result;
};
struct hc_reduce_slot {
  unsigned value;
  int op; // 0 add, 1 max unsigned, 2 min unsigned
  unsigned result;
};
struct hc_mma_slot {
  unsigned a[4], b[2];
  float c[4], d[4];
};
struct hc_ldmatrix_slot {
  const void *row;
  unsigned count, result[4];
};

/// A factor of wgmma.mma_async in shared memory, as bricks of eight rows (of B: columns) x 16 bytes of k; bytes from brick to brick.
struct hc_wgmma_bricks {
  const char *at; // 0: the factor is in registers
  unsigned nextK, nextRows;
};
/// A warp's part of wgmma.mma_async, with 16 rows of A.
struct hc_wgmma_slot {
  float *d[128];
  unsigned a[4];
  struct hc_wgmma_bricks left, right;
  unsigned columns, adds; // adds: to what d holds
  int factors;            // HC_MMA_F16, HC_MMA_BF16 or HC_MMA_TF32
};
struct hc_wgmma_wait_slot {
  unsigned keep; // groups that may stay under way
};

/// Calls into the driver, in the order of the module's table. A module defines one stub per call, which jumps through the table:
/// nothing has to be exported by the program that hosts the driver.
#define HC_CALLS(X)                                                                                                                        \
  X(hc_barrier)                                                                                                                            \
  X(hc_barrier_anywhere)                                                                                                                   \
  X(hc_barrier_part)                                                                                                                       \
  X(hc_barrier_reduce) X(hc_warp) X(hc_yield) X(hc_active_mask) X(hc_trap) X(hc_cp_async) X(hc_cp_async_commit) X(hc_cp_async_wait)
/// Only in instrumented modules, after the above. The __tsan names are what clang's -fsanitize=thread calls.
#define HC_SIZES(X, name) X(name##2) X(name##4) X(name##8) X(name##16)
#define HC_CHECK_CALLS(X)                                                                                                                  \
  X(hc_atomic)                                                                                                                             \
  X(hc_fence)                                                                                                                              \
  X(hc_misaligned)                                                                                                                         \
  X(__tsan_read1)                                                                                                                          \
  X(__tsan_write1)                                                                                                                         \
  X(__tsan_read_write1)                                                                                                                    \
  X(__tsan_volatile_read1)                                                                                                                 \
  X(__tsan_volatile_write1)                                                                                                                \
  HC_SIZES(X, __tsan_read)                                                                                                                 \
  HC_SIZES(X, __tsan_write)                                                                                                                \
  HC_SIZES(X, __tsan_read_write)                                                                                                           \
  HC_SIZES(X, __tsan_unaligned_read)                                                                                                       \
  HC_SIZES(X, __tsan_unaligned_write)                                                                                                      \
  HC_SIZES(X, __tsan_unaligned_read_write)                                                                                                 \
  HC_SIZES(X, __tsan_volatile_read)                                                                                                        \
  HC_SIZES(X, __tsan_volatile_write)                                                                                                       \
  HC_SIZES(X, __tsan_unaligned_volatile_read)                                                                                              \
  HC_SIZES(X, __tsan_unaligned_volatile_write)                                                                                             \
  X(__tsan_memcpy)                                                                                                                         \
  X(__tsan_memmove)                                                                                                                        \
  X(__tsan_memset)
