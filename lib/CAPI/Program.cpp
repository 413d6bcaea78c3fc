// Programs: reading, writing, embedding binaries, and what they say about their tensors; the cache directory.
#include "Handles.h"
#include "fusion/Runtime/CacheDirectory.h"
#include "fusion/Runtime/Embed.h"
#include <sstream>
#include <string_view>

using namespace fusion;
using namespace fusion::capi;
using namespace fusion::runtime;

static_assert(FUSION_BATCH == kBatchExtent && int(FUSION_GRAD_PARAMETER) == int(TensorRole::GradParameter) &&
                  int(FUSION_SAVED) == int(TensorRole::Saved) && int(FUSION_F16) == int(ElementType::F16) &&
                  int(FUSION_BF16) == int(ElementType::BF16),
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

const char *fusion_role_name(fusion_role role) {
  return role >= FUSION_INPUT && role <= FUSION_GRAD_PARAMETER ? roleName(TensorRole(role)) : "unknown";
}

const char *fusion_layout_name(fusion_layout layout) {
  return layout == FUSION_ROW_MAJOR || layout == FUSION_CHANNELS_LAST ? layoutName(Layout(layout)) : "unknown";
}

const char *fusion_type_name(fusion_type type) {
  return type >= FUSION_F32 && type <= FUSION_BF16 ? typeName(ElementType(type)) : "unknown";
}

fusion_status fusion_program_describe(const fusion_program *program, fusion_program_info *out) {
  return guarded([&]() -> Error {
    if (!program)
      return null("a program");
    const ProgramData &data = program->program.data();
    fusion_program_info info{};
    info.precision = data.precision.c_str();
    info.assume_finite = data.assumeFinite;
    info.variant_count = uint32_t(data.variants.size());
    return writeStruct(info, out, sizeof(info), "info");
  });
}

const char *fusion_program_variant(const fusion_program *program, uint32_t index) {
  return program && index < program->program.data().variants.size() ? program->program.data().variants[index].arch.c_str() : nullptr;
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
    info.type = fusion_type(tensor.type);
    info.layout = fusion_layout(tensor.layout);
    return writeStruct(info, out, offsetof(fusion_tensor_info, layout), "info"); // callers of before know no layouts
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

fusion_status fusion_program_embed(const fusion_context *context, const fusion_program *program, const char *images, int drop_source,
                                   fusion_program **out) {
  return guarded([&]() -> Error {
    if (!context || !program || !images || !out)
      return null(!context ? "a context" : !program ? "a program" : !images ? "a list of images" : "a place for the program");
    EmbedOptions options;
    options.dropSource = drop_source != 0;
    options.isolation = context->isolation;
    std::stringstream list(images);
    for (std::string word; std::getline(list, word, ',');)
      options.images.push_back(word);
    if (options.images.empty())
      return invalid("images: expected a list such as sm_90a,compute_90 or device, but got an empty one");
    return handOut(embedImages(context->context, program->program, options), out);
  });
}

fusion_status fusion_cache_path(const fusion_sink *path) {
  return guarded([&]() -> Error {
    if (!path || !path->write)
      return null("a sink for the path");
    std::string directory = defaultCacheDirectory();
    put(path, directory.data(), directory.size());
    return {};
  });
}

fusion_status fusion_cache(const char *directory, fusion_cache_action action, fusion_cache_info *out) {
  return guarded([&]() -> Error {
    if (action < FUSION_CACHE_STATUS || action > FUSION_CACHE_VERIFY)
      return invalid("action: expected a fusion_cache_action, but got " + std::to_string(int(action)));
    Expected<CacheInfo> found = inspectCache(directory ? directory : defaultCacheDirectory(), CacheAction(int(action)));
    if (!found)
      return found.error();
    fusion_cache_info info{};
    info.entries = found->entries;
    info.bytes = found->bytes;
    info.damaged = found->damaged;
    info.removed = found->removed;
    return writeStruct(info, out, sizeof(info), "info");
  });
}
}
