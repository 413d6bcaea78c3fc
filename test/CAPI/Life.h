// A whole life of the C interface's objects, for tests in which one of its calls fails.
#pragma once
#include "Fixture.h"

namespace fusion::test {

/// Everything the runtime does with a device: context, program, executable, bindings, copies, launches. The first failure's status, and
/// its message in `message`. Whatever was made is destroyed.
inline fusion_status wholeLife(const fusion_context_options &options, uint32_t loadFlags, std::string &message) {
  fusion_context *context = nullptr;
  fusion_program *program = nullptr;
  fusion_executable *executable = nullptr;
  fusion_bindings *bindings = nullptr;
  std::string text = sampleText();
  float values[20] = {}, milliseconds = 0;
  void *pointer = nullptr;
  fusion_status status = FUSION_OK;
  auto then = [&](auto call) {
    if (!status && (status = call()))
      message = fusion_last_error();
  };
  then([&] { return fusion_context_create(&options, &context); });
  then([&] { return fusion_program_parse(text.data(), text.size(), &program); });
  then([&] { return fusion_executable_create(context, program, loadFlags, &executable); });
  then([&] { return fusion_executable_prepare(executable, FUSION_FORWARD); });
  then([&] { return fusion_executable_prepare(executable, FUSION_BACKWARD); });
  then([&] { return fusion_bindings_create(executable, 5, &bindings); });
  then([&] { return fusion_bindings_write(bindings, 0, values, sizeof(values)); });
  then([&] { return fusion_bindings_launch(bindings, FUSION_FORWARD, nullptr); });
  then([&] { return fusion_bindings_launch(bindings, FUSION_BACKWARD, nullptr); });
  then([&] { return fusion_bindings_read(bindings, 2, values, sizeof(values)); });
  then([&] { return fusion_allocate(context, 64, "more", &pointer); });
  then([&] { return fusion_fill(context, pointer, 0, 64, nullptr); });
  then([&] { return fusion_elapsed(context, nullptr, [](void *) { return FUSION_OK; }, nullptr, &milliseconds); });
  fusion_release(context, pointer);
  fusion_bindings_destroy(bindings);
  fusion_executable_destroy(executable);
  fusion_program_destroy(program);
  fusion_context_destroy(context);
  return status;
}

} // namespace fusion::test
