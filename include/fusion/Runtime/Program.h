// An immutable, checked program: parsed from a program file or made by the compiler from ProgramData.
#pragma once
#include "fusion/Runtime/Error.h"
#include "fusion/Runtime/ProgramData.h"
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fusion::runtime {

enum class PhaseKind { Forward, Backward };

/// "forward" or "backward".
const char *phaseName(PhaseKind phase);
/// The word of the program file, for example "grad_output".
const char *roleName(TensorRole role);
/// "f32", "f16" or "bf16".
const char *typeName(ElementType type);
/// "row_major" or "channels_last".
const char *layoutName(Layout layout);

/// A cheap handle (copies share the data); safe to use from any number of threads.
class Program {
public:
  static constexpr size_t maxFileBytes = size_t(256) << 20;
  static constexpr unsigned maxNesting = 256; ///< of JSON brackets

  /// Checks everything that parse() checks, so that what the compiler writes can be read back.
  static Expected<Program> create(ProgramData data);
  /// The largest batch size up to `limit` with which create() accepts the data as dynamic (grids, workspace and tensor sizes in
  /// range); 0 when there is none. Sizes are taken to grow with the batch.
  static int64_t largestBatch(ProgramData data, int64_t limit);
  /// Reads the text of a program file. Every error names the place, for example "variants[0].forward.kernels[2].args[1]".
  static Expected<Program> parse(std::string_view text);
  static Expected<Program> load(const std::string &path);

  /// The text of the program file, checksum included; the same bytes for the same data.
  std::string serialize() const;
  /// Writes serialize() to a file (temporary file + rename, so that no reader sees half of it).
  Error save(const std::string &path) const;

  const ProgramData &data() const { return *data_; }
  /// Index of the tensor of that name.
  Expected<unsigned> tensorIndex(const std::string &name) const;
  /// Why `batch` is not a batch size of this program, or success.
  Error checkBatch(int64_t batch) const;
  /// Bytes of a tensor at a batch size.
  Expected<int64_t> tensorBytes(unsigned tensor, int64_t batch) const;

private:
  explicit Program(std::shared_ptr<const ProgramData> data) : data_(std::move(data)) {}
  std::shared_ptr<const ProgramData> data_;
};

} // namespace fusion::runtime
