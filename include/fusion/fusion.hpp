/// \file
/// C++ over the C interface (fusion.h): handles that clean up after themselves, and exceptions made on this side of the library's border.
/// Everything here is inline; the library itself shows C functions only.
#ifndef FUSION_FUSION_HPP
#define FUSION_FUSION_HPP

#include "fusion/fusion.h"
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fusion {

/// A failed call: what() is the library's message.
class Failure : public std::runtime_error {
public:
  Failure(fusion_status status, const std::string &message) : std::runtime_error(message), status_(status) {}
  fusion_status status() const { return status_; }

private:
  fusion_status status_;
};

/// Throws a Failure unless the call went well.
inline void check(fusion_status status) {
  if (status != FUSION_OK)
    throw Failure(status, fusion_last_error());
}

/// A sink that appends to `text`, which must live as long.
inline fusion_sink sinkOf(std::string &text) {
  return {&text, [](void *state, const void *bytes, size_t count) {
            static_cast<std::string *>(state)->append(static_cast<const char *>(bytes), count);
          }};
}

#ifdef DLPACK_DLPACK_H_
static_assert(sizeof(DLTensor) == sizeof(fusion_tensor) && offsetof(DLTensor, shape) == offsetof(fusion_tensor, shape) &&
                  offsetof(DLTensor, byte_offset) == offsetof(fusion_tensor, byte_offset) &&
                  offsetof(DLTensor, dtype) == offsetof(fusion_tensor, dtype),
              "a DLTensor is passed as it is");
inline const fusion_tensor *view(const DLTensor &tensor) { return reinterpret_cast<const fusion_tensor *>(&tensor); }
#endif

/// A tensor of a program.
struct TensorInfo {
  std::string name;
  fusion_role role = FUSION_INPUT;
  std::vector<int64_t> shape; ///< FUSION_BATCH where the extent is the batch
  int64_t of = -1;            ///< the tensor that a gradient belongs to
  fusion_type type = FUSION_F32;
  fusion_layout layout = FUSION_ROW_MAJOR;
};

class Program {
public:
  static Program parse(std::string_view text) {
    fusion_program *program = nullptr;
    check(fusion_program_parse(text.data(), text.size(), &program));
    return Program(program);
  }
  static Program load(const std::string &path) {
    fusion_program *program = nullptr;
    check(fusion_program_load(path.c_str(), &program));
    return Program(program);
  }
  /// Takes the handle over.
  explicit Program(fusion_program *program) : handle(program, fusion_program_destroy) {}

  std::string serialize() const {
    std::string text;
    fusion_sink sink = sinkOf(text);
    check(fusion_program_serialize(get(), &sink));
    return text;
  }
  void save(const std::string &path) const { check(fusion_program_save(get(), path.c_str())); }
  std::string name() const { return fusion_program_name(get()); }
  bool dynamicBatch() const {
    int dynamic = 0;
    fusion_program_batch(get(), &dynamic, nullptr);
    return dynamic != 0;
  }
  /// The only batch size, or the largest one.
  int64_t batch() const {
    int64_t size = 0;
    fusion_program_batch(get(), nullptr, &size);
    return size;
  }
  fusion_program_info describe() const {
    fusion_program_info info = FUSION_PROGRAM_INFO;
    check(fusion_program_describe(get(), &info));
    return info;
  }
  /// The architecture that a variant was compiled for.
  std::string variant(uint32_t index = 0) const {
    const char *arch = fusion_program_variant(get(), index);
    return arch ? arch : "";
  }
  uint32_t tensorCount() const { return fusion_program_tensor_count(get()); }
  TensorInfo tensor(uint32_t index) const {
    fusion_tensor_info info = FUSION_TENSOR_INFO;
    check(fusion_program_tensor(get(), index, &info));
    return {info.name, info.role, std::vector<int64_t>(info.shape, info.shape + info.rank), info.of, info.type, info.layout};
  }
  std::vector<TensorInfo> tensors() const {
    std::vector<TensorInfo> all;
    for (uint32_t i = 0; i < tensorCount(); ++i)
      all.push_back(tensor(i));
    return all;
  }
  uint32_t find(const std::string &name) const {
    uint32_t index = 0;
    check(fusion_program_find_tensor(get(), name.c_str(), &index));
    return index;
  }
  int64_t bytes(uint32_t index, int64_t batch) const {
    int64_t size = 0;
    check(fusion_program_tensor_bytes(get(), index, batch, &size));
    return size;
  }
  /// A copy with compiled binaries inside: "sm_90a,compute_90" or "device".
  Program embed(const class Context &context, const std::string &images, bool dropSource = false) const;
  fusion_program *get() const { return handle.get(); }

private:
  std::shared_ptr<fusion_program> handle;
};

class Context {
public:
  /// A device by name: "cuda", "cuda:1", "host", "null".
  explicit Context(const std::string &device = "cuda") {
    fusion_context_options options = FUSION_CONTEXT_OPTIONS;
    options.device = device.c_str();
    open(options);
  }
  explicit Context(const fusion_context_options &options) { open(options); }

  fusion_device_info device() const {
    fusion_device_info info{};
    info.struct_size = sizeof(info);
    check(fusion_context_device(get(), &info));
    return info;
  }
  void synchronize() const { check(fusion_synchronize(get())); }
  fusion_context *get() const { return handle.get(); }

private:
  void open(const fusion_context_options &options) {
    fusion_context *context = nullptr;
    check(fusion_context_create(&options, &context));
    handle = std::shared_ptr<fusion_context>(context, fusion_context_destroy);
  }
  std::shared_ptr<fusion_context> handle;
};

inline Program Program::embed(const Context &context, const std::string &images, bool dropSource) const {
  fusion_program *embedded = nullptr;
  check(fusion_program_embed(context.get(), get(), images.c_str(), dropSource, &embedded));
  return Program(embedded);
}

/// Device memory that goes with its last copy.
class Memory {
public:
  Memory(const Context &context, uint64_t bytes, const std::string &name = "memory") : context(context) {
    void *pointer = nullptr;
    check(fusion_allocate(context.get(), bytes, name.c_str(), &pointer));
    handle = std::shared_ptr<void>(pointer, [context](void *address) { fusion_release(context.get(), address); });
  }
  void *get() const { return handle.get(); }
  void write(const void *from, uint64_t bytes) const { check(fusion_copy_to_device(context.get(), get(), from, bytes)); }
  void read(void *to, uint64_t bytes) const { check(fusion_copy_to_host(context.get(), to, get(), bytes)); }
  void fill(unsigned char value, uint64_t bytes, void *stream = nullptr) const {
    check(fusion_fill(context.get(), get(), value, bytes, stream));
  }

private:
  Context context;
  std::shared_ptr<void> handle;
};

class Executable {
public:
  Executable(const Context &context, const Program &program, uint32_t flags = 0) {
    fusion_executable *executable = nullptr;
    check(fusion_executable_create(context.get(), program.get(), flags, &executable));
    handle = std::shared_ptr<fusion_executable>(executable, fusion_executable_destroy);
  }

  bool has(fusion_phase phase) const { return fusion_executable_has(get(), phase) != 0; }
  void prepare(fusion_phase phase) const { check(fusion_executable_prepare(get(), phase)); }
  void prepare(fusion_phase phase, int64_t batch, uint32_t alignment = 16) const {
    check(fusion_executable_prepare_for(get(), phase, batch, alignment));
  }
  std::string target() const { return fusion_executable_target(get()); }
  int64_t workspaceBytes(fusion_phase phase, int64_t batch) const {
    int64_t bytes = 0;
    check(fusion_executable_workspace_bytes(get(), phase, batch, &bytes));
    return bytes;
  }
  int64_t savedBytes(int64_t batch) const {
    int64_t bytes = 0;
    check(fusion_executable_saved_bytes(get(), batch, &bytes));
    return bytes;
  }
  /// The program's tensors that a list of a launch takes, in order.
  std::vector<uint32_t> arguments(fusion_phase phase, fusion_group group) const {
    std::vector<uint32_t> tensors(fusion_executable_argument_count(get(), phase, group));
    for (uint32_t i = 0; i < tensors.size(); ++i)
      check(fusion_executable_argument(get(), phase, group, i, &tensors[i]));
    return tensors;
  }
  void launch(const fusion_launch_args &args) const { check(fusion_launch(get(), &args)); }
  fusion_executable *get() const { return handle.get(); }

private:
  std::shared_ptr<fusion_executable> handle;
};

/// Memory for all tensors of a program at one batch, and launches in it.
class Bindings {
public:
  Bindings(const Executable &executable, const Program &program, int64_t batch) : program(program), batch(batch) {
    fusion_bindings *bindings = nullptr;
    check(fusion_bindings_create(executable.get(), batch, &bindings));
    handle = std::shared_ptr<fusion_bindings>(bindings, fusion_bindings_destroy);
  }

  /// Whole tensors, by name. A vector of another length is refused.
  void write(const std::string &name, const std::vector<float> &values) const {
    check(fusion_bindings_write(handle.get(), program.find(name), values.data(), values.size() * sizeof(float)));
  }
  std::vector<float> read(const std::string &name) const {
    uint32_t index = program.find(name);
    std::vector<float> values(size_t(program.bytes(index, batch)) / sizeof(float));
    check(fusion_bindings_read(handle.get(), index, values.data(), values.size() * sizeof(float)));
    return values;
  }
  const fusion_tensor *tensor(const std::string &name) const { return fusion_bindings_tensor(handle.get(), program.find(name)); }
  void forward(void *stream = nullptr) const { check(fusion_bindings_launch(handle.get(), FUSION_FORWARD, stream)); }
  void backward(void *stream = nullptr) const { check(fusion_bindings_launch(handle.get(), FUSION_BACKWARD, stream)); }

private:
  Program program;
  int64_t batch;
  std::shared_ptr<fusion_bindings> handle;
};

} // namespace fusion
#endif
