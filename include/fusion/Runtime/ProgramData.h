// The contents of a program file (docs/program-format.md) as plain structs: the compiler fills them, Program checks them.
#pragma once
#include "fusion/Runtime/Expr.h"
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fusion::runtime {

enum class TensorRole { Input, Parameter, Output, Saved, GradOutput, GradInput, GradParameter };

/// The extent that stands for the batch size in Tensor::shape ("N" in the file).
constexpr int64_t kBatchExtent = -1;

/// How an element lies in memory.
enum class ElementType { F32, F16, BF16 };
constexpr int64_t elementBytes(ElementType type) { return type == ElementType::F32 ? 4 : 2; }

/// Where the elements of a dense tensor lie.
enum class Layout {
  RowMajor,
  ChannelsLast ///< of a shape [N, C, spatial...], 3 to 5 extents: C behind the spatial ones
};

/// A dense tensor that the caller owns.
struct Tensor {
  std::string name;
  TensorRole role = TensorRole::Input;
  std::optional<unsigned> of; ///< the tensor that a gradient belongs to; gradients only
  std::vector<int64_t> shape; ///< extents; kBatchExtent for the batch
  ElementType type = ElementType::F32;
  Layout layout = Layout::RowMajor;
};

/// The strides of a shape, in elements; `strides` has room for `rank`.
inline void stridesOf(Layout layout, const int64_t *shape, size_t rank, int64_t *strides) {
  int64_t stride = 1;
  auto take = [&](size_t dim) { strides[dim] = stride, stride *= shape[dim]; };
  if (layout == Layout::ChannelsLast && rank > 2)
    take(1);
  for (size_t dim = rank; dim-- > 0;)
    if (layout == Layout::RowMajor || rank <= 2 || dim != 1)
      take(dim);
}

struct KernelArg {
  enum class Kind { Tensor, Workspace, Batch32, Batch64 };
  Kind kind = Kind::Tensor;
  unsigned tensor = 0; ///< Kind::Tensor: index into ProgramData::tensors
  Expr offset;         ///< Kind::Workspace: bytes from the start of the workspace, a multiple of 256
  Expr bytes;          ///< Kind::Workspace: size of the buffer
  std::string name;    ///< Kind::Workspace: what messages call the buffer

  static KernelArg ofTensor(unsigned index);
  static KernelArg ofWorkspace(Expr offset, Expr bytes, std::string name);
  static KernelArg batch32();
  static KernelArg batch64();
};

struct KernelLaunch {
  std::string name; ///< of the extern "C" __global__ function
  std::array<Expr, 3> grid{Expr(1), Expr(1), Expr(1)};
  unsigned block = 1;       ///< threads
  uint64_t sharedBytes = 0; ///< dynamic shared memory
  std::vector<KernelArg> args;
  std::string report; ///< optional, for people; the runtime ignores it
};

/// What kernels rely on. A phase's source is written for every batch and for aligned tensors; the other forms are made from it.
enum class Form {
  Wide,     ///< as written
  Narrow,   ///< 32-bit offsets: batches of at most Phase::narrowBatch
  Unaligned ///< no vector accesses: tensors at any multiple of their elements' size
};
constexpr unsigned kForms = 3;

/// A phase's kernels, compiled ahead of time.
struct Image {
  std::string kind; ///< "cubin", "ptx", or what another driver's load() takes: "host"
  std::string arch; ///< "sm_90a"; of PTX the virtual architecture by the same name
  std::string bytes;
  Form form = Form::Wide;
};

/// Forward or backward: kernels that run in order on one stream.
struct Phase {
  std::string source;                           ///< CUDA C++ of all its kernels
  std::vector<unsigned> inputs, outputs, saved; ///< tensor indices; `saved` is what forward leaves for backward
  Expr workspace;                               ///< bytes of scratch memory
  std::vector<KernelLaunch> kernels;
  std::vector<Image> images; ///< tried before `source` is compiled; with images the source may be empty
  int64_t narrowBatch = 0;   ///< when positive, the largest batch whose offsets fit 32 bits: the phase has a narrow form
  bool unaligned = false;    ///< the phase has an unaligned form
};

/// The program for one architecture.
struct Variant {
  std::string arch; ///< "sm_80", "sm_90a", ...
  Phase forward;
  std::optional<Phase> backward; ///< absent when compiled with --grad=none
};

struct BatchRange {
  bool dynamic = false;
  int64_t size = 1; ///< the batch size when fixed, the largest one when dynamic
};

struct ProgramData {
  std::string chain;
  std::string precision = "torch";
  bool assumeFinite = false;
  BatchRange batch;
  std::vector<Tensor> tensors;
  std::vector<Variant> variants;
};

} // namespace fusion::runtime
