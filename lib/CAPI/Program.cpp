// Programs: reading, writing, and what they say about their tensors.
#include "Handles.h"
#include <string_view>

using namespace fusion;
using namespace fusion::capi;
using namespace fusion::runtime;

static_assert(FUSION_BATCH == kBatchExtent && int(FUSION_GRAD_PARAMETER) == int(TensorRole::GradParameter) &&
                  int(FUSION_SAVED) == int(TensorRole::Saved),
              "the C interface's numbers are the runtime's");

static Error handOut(Expected<Program> program, fusion_program **out) {
  if (!program)
    return program.error();
  *out = new fusion_program(std::move(*program));
  return {};
}

extern "C" {

fusion_status fusion_program_parse(const char *text, size_t bytes, fusion_program **out) {
  return guarded([&]() -> Error {
    if (!text || !out)
      return null(text ? "a place for the program" : "the text of a program");
    return handOut(Program::parse(std::string_view(text, bytes)), out);
  });
}

fusion_status fusion_program_load(const char *path, fusion_program **out) {
  return guarded([&]() -> Error {
    if (!path || !out)
      return null(path ? "a place for the program" : "the path of a program");
    return handOut(Program::load(path), out);
  });
}

void fusion_program_destroy(fusion_program *program) { delete program; }

fusion_status fusion_program_serialize(const fusion_program *program, const fusion_sink *sink) {
  return guarded([&]() -> Error {
    if (!program || !sink || !sink->write)
      return null(program ? "a sink for the text" : "a program");
    std::string text = program->program.serialize();
    put(sink, text.data(), text.size());
    return {};
  });
}

fusion_status fusion_program_save(const fusion_program *program, const char *path) {
  return guarded([&]() -> Error {
    if (!program || !path)
      return null(program ? "a path" : "a program");
    return program->program.save(path);
  });
}

const char *fusion_program_name(const fusion_program *program) { return program ? program->program.data().chain.c_str() : ""; }

void fusion_program_batch(const fusion_program *program, int *dynamic, int64_t *size) {
  const BatchRange none{false, 0}, &range = program ? program->program.data().batch : none;
  if (dynamic)
    *dynamic = range.dynamic;
  if (size)
    *size = range.size;
}

uint32_t fusion_program_tensor_count(const fusion_program *program) {
  return program ? uint32_t(program->program.data().tensors.size()) : 0;
}

fusion_status fusion_program_tensor(const fusion_program *program, uint32_t index, fusion_tensor_info *out) {
  return guarded([&]() -> Error {
    if (!program)
      return null("a program");
    const std::vector<Tensor> &tensors = program->program.data().tensors;
    if (index >= tensors.size())
      return invalid("index: expected a tensor below " + std::to_string(tensors.size()) + ", but got " + std::to_string(index));
    const Tensor &tensor = tensors[index];
    fusion_tensor_info info{};
    info.role = fusion_role(tensor.role);
    info.name = tensor.name.c_str();
    info.of = tensor.of ? int64_t(*tensor.of) : -1;
    info.shape = tensor.shape.data();
    info.rank = uint32_t(tensor.shape.size());
    return writeStruct(info, out, sizeof(info), "info");
  });
}

fusion_status fusion_program_find_tensor(const fusion_program *program, const char *name, uint32_t *index) {
  return guarded([&]() -> Error {
    if (!program || !name || !index)
      return null(!program ? "a program" : !name ? "a name" : "a place for the index");
    Expected<unsigned> found = program->program.tensorIndex(name);
    if (!found)
      return found.error();
    *index = *found;
    return {};
  });
}

fusion_status fusion_program_tensor_bytes(const fusion_program *program, uint32_t index, int64_t batch, int64_t *bytes) {
  return guarded([&]() -> Error {
    if (!program || !bytes)
      return null(program ? "a place for the size" : "a program");
    Expected<int64_t> size = program->program.tensorBytes(index, batch);
    if (!size)
      return size.error();
    *bytes = *size;
    return {};
  });
}
}
