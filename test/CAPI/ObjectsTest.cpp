// Contexts, programs and executables through the C interface: versions of structs, lifetimes, queries, callbacks, a failing driver.
#include "Life.h"
#include "fusion/fusion.hpp"
#include <cstring>

using namespace fusion::test;

extern "C" int headerIsC(void);

namespace {

using ObjectsTest = CApiTest;

TEST(CApi, TheHeaderIsC) { EXPECT_EQ(headerIsC(), 1); }

TEST(CApi, StatusesHaveNames) {
  EXPECT_STREQ(fusion_status_name(FUSION_OUT_OF_MEMORY), "out of memory");
  EXPECT_STREQ(fusion_status_name(fusion_status(77)), "unknown");
}

TEST(CApi, OptionsOfOtherVersions) {
  struct Newer {
    fusion_context_options options;
    char more[16];
  } newer{};
  newer.options.struct_size = sizeof(newer);
  newer.options.device = "null";
  fusion_context *context = nullptr;
  EXPECT_EQ(fusion_context_create(&newer.options, &context), FUSION_OK) << fusion_last_error();
  fusion_context_destroy(context);
  newer.more[3] = 1;
  EXPECT_EQ(fusion_context_create(&newer.options, &context), FUSION_UNSUPPORTED);
  EXPECT_NE(std::string(fusion_last_error()).find("the header is newer than this library"), std::string::npos);
  newer.options.struct_size = 0;
  EXPECT_EQ(fusion_context_create(&newer.options, &context), FUSION_INVALID_ARGUMENT);
  EXPECT_NE(std::string(fusion_last_error()).find("set it to sizeof the struct"), std::string::npos);
}

std::string deviceError(const char *device, fusion_status wanted) {
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.device = device;
  options.libcuda = "/nonexistent/libcuda.so";
  fusion_context *context = nullptr;
  EXPECT_EQ(fusion_context_create(&options, &context), wanted) << device;
  EXPECT_EQ(context, nullptr);
  return fusion_last_error();
}

TEST(CApi, DevicesThatAreNone) {
  EXPECT_NE(deviceError("cuda", FUSION_UNSUPPORTED).find("/nonexistent/libcuda.so could not be opened"), std::string::npos);
  EXPECT_NE(deviceError("cuda:x", FUSION_INVALID_ARGUMENT).find("expected cuda or cuda:N"), std::string::npos);
  EXPECT_NE(deviceError("tpu", FUSION_UNSUPPORTED).find("expected libfusion_tpu.so"), std::string::npos);
  EXPECT_NE(deviceError("../evil", FUSION_INVALID_ARGUMENT).find("expected cuda, host, null"), std::string::npos);
  EXPECT_NE(deviceError("null:sm_x", FUSION_INVALID_ARGUMENT).find("such as sm_90"), std::string::npos);
  EXPECT_NE(deviceError("host:fast", FUSION_INVALID_ARGUMENT).find("but got \"fast\""), std::string::npos);
}

TEST(CApi, ATableThatLacksAFunctionIsDestroyedAndRefused) {
  RecordingDriver driver;
  fusion_driver table = driver.table();
  table.fill = nullptr;
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.driver = &table;
  fusion_context *context = nullptr;
  EXPECT_EQ(fusion_context_create(&options, &context), FUSION_INVALID_ARGUMENT);
  EXPECT_STREQ(fusion_last_error(), "driver.fill: expected a function, but got null");
  EXPECT_EQ(driver.destroyed, 1);
}

TEST_F(ObjectsTest, ProgramsDescribeTheirTensors) {
  EXPECT_STREQ(fusion_program_name(program), "sample");
  int dynamic = 0;
  int64_t size = 0, bytes = 0;
  fusion_program_batch(program, &dynamic, &size);
  EXPECT_EQ(dynamic, 1);
  EXPECT_EQ(size, 100000);
  ASSERT_EQ(fusion_program_tensor_count(program), 7u);
  fusion_tensor_info info = FUSION_TENSOR_INFO;
  ASSERT_EQ(fusion_program_tensor(program, 5, &info), FUSION_OK);
  EXPECT_STREQ(info.name, "grad_x");
  EXPECT_EQ(info.role, FUSION_GRAD_INPUT);
  EXPECT_EQ(info.of, 0);
  ASSERT_EQ(info.rank, 2u);
  EXPECT_EQ(info.shape[0], FUSION_BATCH);
  EXPECT_EQ(info.shape[1], 4);
  uint32_t index = 0;
  ASSERT_EQ(fusion_program_find_tensor(program, "grad_w", &index), FUSION_OK);
  EXPECT_EQ(index, 6u);
  EXPECT_EQ(fusion_program_find_tensor(program, "nobody", &index), FUSION_INVALID_ARGUMENT);
  EXPECT_EQ(fusion_program_tensor(program, 7, &info), FUSION_INVALID_ARGUMENT);
  ASSERT_EQ(fusion_program_tensor_bytes(program, 0, 10, &bytes), FUSION_OK);
  EXPECT_EQ(bytes, 160);
}

TEST_F(ObjectsTest, SerializingGivesTheSameText) {
  std::string text;
  fusion_sink sink = fusion::sinkOf(text);
  ASSERT_EQ(fusion_program_serialize(program, &sink), FUSION_OK);
  EXPECT_EQ(text, sampleText());
}

TEST_F(ObjectsTest, ExecutablesListTheirArguments) {
  EXPECT_EQ(fusion_executable_has(executable, FUSION_BACKWARD), 1);
  EXPECT_STREQ(fusion_executable_target(executable), "sm_90");
  EXPECT_EQ(fusion_executable_argument_count(executable, FUSION_BACKWARD, FUSION_INPUTS), 2u);
  EXPECT_EQ(fusion_executable_argument_count(executable, FUSION_BACKWARD, FUSION_SAVEDS), 1u);
  uint32_t tensor = 0;
  ASSERT_EQ(fusion_executable_argument(executable, FUSION_BACKWARD, FUSION_OUTPUTS, 1, &tensor), FUSION_OK);
  EXPECT_EQ(tensor, 6u);
  EXPECT_EQ(fusion_executable_argument(executable, FUSION_BACKWARD, FUSION_OUTPUTS, 2, &tensor), FUSION_INVALID_ARGUMENT);
  int64_t bytes = 0;
  ASSERT_EQ(fusion_executable_workspace_bytes(executable, FUSION_BACKWARD, 100, &bytes), FUSION_OK);
  EXPECT_EQ(bytes, 1792 + 512);
  ASSERT_EQ(fusion_executable_saved_bytes(executable, 100, &bytes), FUSION_OK);
  EXPECT_EQ(bytes, 1600);
  EXPECT_EQ(fusion_executable_buffer_count(executable, FUSION_BACKWARD), 3u);
  fusion_workspace_buffer buffer{};
  buffer.struct_size = sizeof(buffer);
  ASSERT_EQ(fusion_executable_buffer(executable, FUSION_BACKWARD, 10, 2, &buffer), FUSION_OK);
  EXPECT_STREQ(buffer.kernel, "finish");
  EXPECT_STREQ(buffer.name, "counter");
  EXPECT_EQ(buffer.offset, 256);
  EXPECT_EQ(buffer.bytes, 256);
}

TEST_F(ObjectsTest, ExecutablesKeepWhatTheyNeed) {
  fusion_program_destroy(program);
  fusion_context_destroy(context);
  program = nullptr, context = nullptr;
  EXPECT_EQ(driver.destroyed, 0);
  EXPECT_EQ(fusion_launch(executable, &forward), FUSION_OK) << fusion_last_error();
}

TEST_F(ObjectsTest, BindingsOwnTheirMemory) {
  fusion_bindings *bindings = nullptr;
  ASSERT_EQ(fusion_bindings_create(executable, 5, &bindings), FUSION_OK) << fusion_last_error();
  EXPECT_EQ(driver.memory.size(), 8u); // seven tensors and the workspace
  fusion_executable_destroy(executable);
  executable = nullptr;
  float values[20], back[20] = {};
  for (int i = 0; i < 20; ++i)
    values[i] = float(i);
  EXPECT_EQ(fusion_bindings_write(bindings, 0, values, sizeof(values)), FUSION_OK);
  EXPECT_EQ(fusion_bindings_read(bindings, 0, back, sizeof(back)), FUSION_OK);
  EXPECT_EQ(std::memcmp(values, back, sizeof(back)), 0);
  EXPECT_EQ(fusion_bindings_write(bindings, 0, values, 12), FUSION_INVALID_ARGUMENT);
  EXPECT_STREQ(fusion_last_error(), "bytes: expected the 80 bytes of \"x\", but got 12");
  EXPECT_EQ(fusion_bindings_launch(bindings, FUSION_FORWARD, nullptr), FUSION_OK) << fusion_last_error();
  EXPECT_EQ(fusion_bindings_launch(bindings, FUSION_BACKWARD, nullptr), FUSION_OK) << fusion_last_error();
  EXPECT_EQ(fusion_bindings_launch(bindings, fusion_phase(9), nullptr), FUSION_INVALID_ARGUMENT);
  fusion_bindings_destroy(bindings);
}

TEST_F(ObjectsTest, TimesWhatABodyEnqueues) {
  struct State {
    ObjectsTest *test;
    int runs = 0;
    fusion_status result = FUSION_OK;
  } state{this};
  auto body = [](void *given) { return ++static_cast<State *>(given)->runs, static_cast<State *>(given)->result; };
  float milliseconds = 0;
  EXPECT_EQ(fusion_elapsed(context, nullptr, body, &state, &milliseconds), FUSION_OK);
  EXPECT_EQ(milliseconds, 1.5f);
  state.result = FUSION_OUT_OF_MEMORY;
  EXPECT_EQ(fusion_elapsed(context, nullptr, body, &state, &milliseconds), FUSION_OUT_OF_MEMORY);
  EXPECT_EQ(state.runs, 2);
}

TEST(CApi, ProgressIsToldAndCanStop) {
  struct Seen {
    std::set<std::string> steps;
    int stopAt = 99;
  } seen;
  RecordingDriver driver;
  for (int stopAt : {99, 0}) {
    seen.stopAt = stopAt;
    fusion_driver table = driver.table();
    fusion_context_options options = FUSION_CONTEXT_OPTIONS;
    options.flags = FUSION_NO_DISK_CACHE;
    options.driver = &table;
    options.user = &seen;
    options.progress = [](void *user, const char *step, uint32_t done, uint32_t) {
      auto *seen = static_cast<Seen *>(user);
      seen->steps.insert(step);
      return int(int(done) >= seen->stopAt);
    };
    fusion_context *context = nullptr;
    ASSERT_EQ(fusion_context_create(&options, &context), FUSION_OK);
    std::string text = sampleText();
    fusion_program *program = nullptr;
    ASSERT_EQ(fusion_program_parse(text.data(), text.size(), &program), FUSION_OK);
    fusion_executable *executable = nullptr;
    EXPECT_EQ(fusion_executable_create(context, program, 0, &executable), stopAt ? FUSION_OK : FUSION_CANCELLED);
    EXPECT_EQ(seen.steps, (std::set<std::string>{"compile forward", "compile backward"}));
    fusion_executable_destroy(executable);
    fusion_program_destroy(program);
    fusion_context_destroy(context);
  }
  EXPECT_TRUE(driver.modules.empty());
}

fusion_status life(RecordingDriver &driver, std::string &message) {
  fusion_driver table = driver.table();
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  options.flags = FUSION_NO_DISK_CACHE;
  options.driver = &table;
  return wholeLife(options, 0, message);
}

TEST(CApi, EveryDriverFunctionMayFailAtEveryCall) {
  RecordingDriver working;
  working.failing = "nothing";
  std::string message;
  ASSERT_EQ(life(working, message), FUSION_OK) << message;
  int tried = 0;
  for (const auto &[name, count] : working.calls)
    for (int at = 0; at < count; ++at) {
      RecordingDriver driver;
      driver.failing = name, driver.failAt = at, driver.failWith = at % 2 ? FUSION_DEVICE : FUSION_OUT_OF_MEMORY;
      EXPECT_EQ(life(driver, message), driver.failWith) << name << " " << at;
      EXPECT_NE(message.find(name + " fails as it was told to"), std::string::npos) << message;
      EXPECT_TRUE(driver.modules.empty()) << name << " " << at;
      EXPECT_TRUE(driver.memory.empty()) << name << " " << at;
      EXPECT_EQ(driver.destroyed, 1) << name << " " << at;
      ++tried;
    }
  EXPECT_GE(tried, 24);
  EXPECT_EQ(working.calls.size(), 11u) << "describe, compile, load, function, launch, allocate, three copies, synchronize, elapsed";
}

} // namespace
