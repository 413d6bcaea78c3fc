// What the tests of the C interface share: the sample program, a recording driver under a context, tensors to launch with.
#pragma once
#include "../Runtime/TestProgram.h"
#include "RecordingDriver.h"
#include "fusion/fusion.h"
#include <gtest/gtest.h>

namespace fusion::test {

inline std::string sampleText(const runtime::ProgramData &data = runtime::test::sampleData()) {
  runtime::Expected<runtime::Program> program = runtime::Program::create(data);
  return program ? program->serialize() : program.error().message();
}

/// A tensor with room for its shape, which the tests bend out of shape one field at a time.
struct OwnTensor {
  std::vector<int64_t> shape, strides;
  fusion_tensor view{};
  OwnTensor(uint64_t address, std::vector<int64_t> extents) : shape(std::move(extents)) {
    view.data = reinterpret_cast<void *>(address);
    view.device.device_type = 12;
    view.dtype = {2, 32, 1};
    view.ndim = int32_t(shape.size());
    view.shape = shape.data();
  }
  OwnTensor(const OwnTensor &) = delete;
};

class CApiTest : public testing::Test {
protected:
  void SetUp() override {
    fusion_driver table = driver.table();
    fusion_context_options options = FUSION_CONTEXT_OPTIONS;
    options.flags = FUSION_NO_DISK_CACHE;
    options.driver = &table;
    ASSERT_EQ(fusion_context_create(&options, &context), FUSION_OK) << fusion_last_error();
    std::string text = sampleText(sample());
    ASSERT_EQ(fusion_program_parse(text.data(), text.size(), &program), FUSION_OK) << fusion_last_error();
    ASSERT_EQ(fusion_executable_create(context, program, 0, &executable), FUSION_OK) << fusion_last_error();
    forward = launchArgs(FUSION_FORWARD);
    backward = launchArgs(FUSION_BACKWARD);
    forward.inputs = forwardInputs, forward.input_count = 2;
    forward.outputs = forwardOutputs, forward.output_count = 1;
    backward.inputs = backwardInputs, backward.input_count = 2;
    backward.outputs = backwardOutputs, backward.output_count = 2;
    forward.saved = backward.saved = saved, forward.saved_count = backward.saved_count = 1;
    backward.workspace = reinterpret_cast<void *>(0x100000), backward.workspace_bytes = 1 << 20;
  }
  void TearDown() override {
    fusion_executable_destroy(executable);
    fusion_program_destroy(program);
    fusion_context_destroy(context);
    EXPECT_TRUE(driver.modules.empty()) << "a module stayed loaded";
    EXPECT_TRUE(driver.memory.empty()) << "memory stayed allocated";
    EXPECT_EQ(driver.destroyed, 1);
  }
  virtual runtime::ProgramData sample() const { return runtime::test::sampleData(); }
  static fusion_launch_args launchArgs(fusion_phase phase) {
    fusion_launch_args args{};
    args.struct_size = sizeof(args);
    args.phase = phase;
    args.batch = FUSION_BATCH_OF_TENSORS;
    return args;
  }

  RecordingDriver driver;
  fusion_context *context = nullptr;
  fusion_program *program = nullptr;
  fusion_executable *executable = nullptr;
  OwnTensor x{0x1000, {5, 4}}, w{0x2000, {4}}, y{0x3000, {5, 4}}, z{0x4000, {5, 4}}, gradY{0x5000, {5, 4}}, gradX{0x6000, {5, 4}},
      gradW{0x7000, {4}};
  const fusion_tensor *forwardInputs[2] = {&x.view, &w.view}, *forwardOutputs[1] = {&y.view}, *saved[1] = {&z.view};
  const fusion_tensor *backwardInputs[2] = {&gradY.view, &w.view}, *backwardOutputs[2] = {&gradX.view, &gradW.view};
  fusion_launch_args forward{}, backward{};
};

} // namespace fusion::test
