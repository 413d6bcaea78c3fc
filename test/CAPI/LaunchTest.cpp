// fusion_launch: arguments reach the kernels, every wrong argument is named, and nothing is allocated or locked on the way.
#include "Counters.h"
#include "Fixture.h"
#include <thread>

using namespace fusion::test;

namespace {

using LaunchTest = CApiTest;

TEST_F(LaunchTest, PassesArgumentsStreamAndBatch) {
  std::vector<std::string> kernels;
  int marker = 0;
  driver.onLaunch = [&](const RecordedLaunch &launch) {
    kernels.push_back(launch.kernel);
    EXPECT_EQ(launch.stream, &marker);
    auto pointer = [&](int i) { return *static_cast<uint64_t *>(launch.args[i]); };
    if (launch.kernel == "scale") {
      EXPECT_EQ(launch.grid[0], 1u); // ceil(5 * 4 / 64)
      EXPECT_EQ(launch.grid[1], 2u);
      EXPECT_EQ(launch.grid[2], 3u);
      EXPECT_EQ(launch.block[0], 64u);
      EXPECT_EQ(pointer(0), 0x1010u) << "byte_offset counts";
      EXPECT_EQ(pointer(1), 0x2000u);
      EXPECT_EQ(pointer(2), 0x3000u);
      EXPECT_EQ(pointer(3), 0x4000u);
      EXPECT_EQ(*static_cast<int32_t *>(launch.args[4]), 5);
    } else if (launch.kernel == "partial") {
      EXPECT_EQ(launch.grid[0], 5u);
      EXPECT_EQ(launch.shared, 1024u);
      EXPECT_EQ(pointer(0), 0x5000u);
      EXPECT_EQ(pointer(1), 0x4000u);
      EXPECT_EQ(pointer(2), 0x6000u);
      EXPECT_EQ(pointer(3), 0x100000u + 512);
      EXPECT_EQ(*static_cast<int64_t *>(launch.args[4]), 5);
    }
  };
  x.view.byte_offset = 16;
  forward.stream = backward.stream = &marker;
  ASSERT_EQ(fusion_launch(executable, &forward), FUSION_OK) << fusion_last_error();
  ASSERT_EQ(fusion_launch(executable, &backward), FUSION_OK) << fusion_last_error();
  EXPECT_EQ(kernels, (std::vector<std::string>{"scale", "partial", "finish"}));
}

TEST_F(LaunchTest, DenseStridesAreAcceptedInAnySpelling) {
  std::vector<int64_t> dense{4, 1};
  x.view.strides = dense.data();
  EXPECT_EQ(fusion_launch(executable, &forward), FUSION_OK) << fusion_last_error();
  // One row: its stride says nothing. No row: no stride does.
  for (int64_t rows : {1, 0}) {
    for (OwnTensor *tensor : {&x, &y, &z})
      tensor->shape[0] = rows;
    std::vector<int64_t> strides{12345, rows ? 1 : 777};
    x.view.strides = strides.data();
    EXPECT_EQ(fusion_launch(executable, &forward), FUSION_OK) << fusion_last_error();
  }
}

class WrongArgument : public CApiTest {
protected:
  /// The message of a failed forward; fails the test when it goes through.
  std::string message(fusion_launch_args &args, fusion_status wanted = FUSION_INVALID_ARGUMENT) {
    bool launched = false;
    driver.onLaunch = [&](const RecordedLaunch &) { launched = true; };
    EXPECT_EQ(fusion_launch(executable, &args), wanted);
    EXPECT_FALSE(launched) << "nothing may be launched before all arguments were checked";
    driver.onLaunch = nullptr; // it knows a variable of this call
    return fusion_last_error();
  }
};

TEST_F(WrongArgument, Count) {
  forward.input_count = 1;
  EXPECT_EQ(message(forward), "inputs: expected 2 tensors for forward of \"sample\" (x, w), but got 1");
  forward.input_count = 2, forward.outputs = nullptr;
  EXPECT_EQ(message(forward), "outputs: expected 1 tensors for forward of \"sample\" (y), but got none");
  backward.saved_count = 0;
  EXPECT_EQ(message(backward), "saved: expected 1 tensors for backward of \"sample\" (z), but got 0");
}

TEST_F(WrongArgument, NullTensor) {
  forwardOutputs[0] = nullptr;
  EXPECT_EQ(message(forward), "outputs[0] (output \"y\"): expected a tensor, but got null");
  forwardInputs[0] = nullptr;
  EXPECT_EQ(message(forward), "inputs[0] (input \"x\"): expected a tensor, but got null");
}

TEST_F(WrongArgument, Shape) {
  w.shape[0] = 3;
  EXPECT_EQ(message(forward), "inputs[1] (parameter \"w\"): expected shape [4], but got [3]");
  w.shape[0] = 4, y.shape[0] = 6;
  EXPECT_EQ(message(forward), "outputs[0] (output \"y\"): expected shape [5, 4], but got [6, 4]; all batches must be the same");
}

TEST_F(WrongArgument, Rank) {
  y.view.ndim = 1;
  EXPECT_EQ(message(forward), "outputs[0] (output \"y\"): expected 2 dimensions ([5, 4]), but got 1");
  y.view.ndim = 2, y.view.shape = nullptr;
  EXPECT_EQ(message(forward), "outputs[0] (output \"y\"): expected 2 dimensions ([5, 4]), but got no shape");
  x.view.ndim = -1;
  EXPECT_NE(message(forward).find("inputs[0] (input \"x\"): expected 2 dimensions"), std::string::npos);
}

TEST_F(WrongArgument, Strides) {
  std::vector<int64_t> transposed{1, 5};
  z.view.strides = transposed.data();
  EXPECT_EQ(message(forward), "saved[0] (saved \"z\"): expected dense row-major strides for shape [5, 4], but got [1, 5]; copy it to a "
                              "contiguous tensor");
}

TEST_F(WrongArgument, Type) {
  x.view.dtype.bits = 16;
  EXPECT_EQ(message(forward),
            "inputs[0] (input \"x\"): expected elements of fp32 (code 2, 32 bits, 1 lane), but got code 2, 16 bits, 1 lanes");
  x.view.dtype = {0, 32, 1};
  EXPECT_NE(message(forward).find("but got code 0, 32 bits"), std::string::npos);
  x.view.dtype = {2, 32, 4};
  EXPECT_NE(message(forward).find("4 lanes"), std::string::npos);
}

/// x in bf16, y in fp16.
class NarrowArgument : public WrongArgument {
protected:
  fusion::runtime::ProgramData sample() const override {
    fusion::runtime::ProgramData program = fusion::runtime::test::sampleData();
    program.tensors[0].type = program.tensors[5].type = fusion::runtime::ElementType::BF16;
    program.tensors[2].type = program.tensors[4].type = fusion::runtime::ElementType::F16;
    return program;
  }
};

TEST_F(NarrowArgument, Types) {
  EXPECT_EQ(message(forward),
            "inputs[0] (input \"x\"): expected elements of bf16 (code 4, 16 bits, 1 lane), but got code 2, 32 bits, 1 lanes");
  x.view.dtype = {4, 16, 1};
  EXPECT_EQ(message(forward),
            "outputs[0] (output \"y\"): expected elements of fp16 (code 2, 16 bits, 1 lane), but got code 2, 32 bits, 1 lanes");
  y.view.dtype = {2, 16, 1};
  EXPECT_EQ(fusion_launch(executable, &forward), FUSION_OK) << fusion_last_error();
  fusion_tensor_info info = FUSION_TENSOR_INFO;
  ASSERT_EQ(fusion_program_tensor(program, 0, &info), FUSION_OK);
  EXPECT_EQ(info.type, FUSION_BF16);
  EXPECT_STREQ(fusion_type_name(info.type), "bf16");
  EXPECT_STREQ(fusion_type_name(fusion_type(7)), "unknown");
  fusion_bindings *bindings = nullptr;
  ASSERT_EQ(fusion_bindings_create(executable, 3, &bindings), FUSION_OK) << fusion_last_error();
  EXPECT_EQ(fusion_bindings_tensor(bindings, 0)->dtype.code, 4);
  EXPECT_EQ(fusion_bindings_tensor(bindings, 2)->dtype.bits, 16);
  EXPECT_EQ(fusion_bindings_launch(bindings, FUSION_FORWARD, nullptr), FUSION_OK) << fusion_last_error();
  fusion_bindings_destroy(bindings);
}

/// x of [N, 4, 3, 2], channels-last.
class LaidArgument : public WrongArgument {
protected:
  fusion::runtime::ProgramData sample() const override {
    fusion::runtime::ProgramData program = fusion::runtime::test::sampleData();
    for (unsigned i : {0, 5}) {
      program.tensors[i].shape = {fusion::runtime::kBatchExtent, 4, 3, 2};
      program.tensors[i].layout = fusion::runtime::Layout::ChannelsLast;
    }
    return program;
  }
};

TEST_F(LaidArgument, Strides) {
  OwnTensor picture{0x1000, {5, 4, 3, 2}};
  forwardInputs[0] = &picture.view;
  EXPECT_EQ(message(forward),
            "inputs[0] (input \"x\"): expected channels-last strides [24, 1, 8, 4] for shape [5, 4, 3, 2], but got strides "
            "none, which means row-major; convert it to channels-last, or compile the model without fusion.layout");
  std::vector<int64_t> rows{24, 6, 2, 1}, last{24, 1, 8, 4};
  picture.view.strides = rows.data();
  EXPECT_EQ(message(forward),
            "inputs[0] (input \"x\"): expected channels-last strides [24, 1, 8, 4] for shape [5, 4, 3, 2], but got strides "
            "[24, 6, 2, 1]; convert it to channels-last, or compile the model without fusion.layout");
  picture.view.strides = last.data();
  EXPECT_EQ(fusion_launch(executable, &forward), FUSION_OK) << fusion_last_error();
  // What is row-major must not lie channels-last.
  std::vector<int64_t> wrong{1, 5};
  y.view.strides = wrong.data();
  EXPECT_NE(message(forward).find("expected dense row-major strides"), std::string::npos);
  fusion_tensor_info info = FUSION_TENSOR_INFO;
  ASSERT_EQ(fusion_program_tensor(program, 0, &info), FUSION_OK);
  EXPECT_EQ(info.layout, FUSION_CHANNELS_LAST);
  EXPECT_STREQ(fusion_layout_name(info.layout), "channels_last");
  EXPECT_STREQ(fusion_layout_name(fusion_layout(7)), "unknown");
  // A caller of before, whose struct ends in front of the layout.
  info.layout = FUSION_ROW_MAJOR, info.struct_size = offsetof(fusion_tensor_info, layout);
  ASSERT_EQ(fusion_program_tensor(program, 0, &info), FUSION_OK) << fusion_last_error();
  EXPECT_EQ(info.layout, FUSION_ROW_MAJOR);
  fusion_bindings *bindings = nullptr;
  ASSERT_EQ(fusion_bindings_create(executable, 3, &bindings), FUSION_OK) << fusion_last_error();
  EXPECT_EQ(fusion_bindings_tensor(bindings, 0)->strides[1], 1);
  EXPECT_EQ(fusion_bindings_tensor(bindings, 1)->strides, nullptr);
  EXPECT_EQ(fusion_bindings_launch(bindings, FUSION_FORWARD, nullptr), FUSION_OK) << fusion_last_error();
  fusion_bindings_destroy(bindings);
}

TEST_F(WrongArgument, Device) {
  w.view.device.device_type = 1;
  EXPECT_EQ(message(forward),
            "inputs[1] (parameter \"w\"): expected device 12:0 (recording), but got device 1:0; move the tensor to the device "
            "of the context");
  w.view.device = {12, 3};
  EXPECT_NE(message(forward).find("but got device 12:3"), std::string::npos);
}

TEST_F(WrongArgument, Address) {
  y.view.data = nullptr;
  EXPECT_EQ(message(forward), "expected an address for the output \"y\" (tensor 2), but got null");
  y.view.data = reinterpret_cast<void *>(0x3000), y.view.byte_offset = 4;
  EXPECT_EQ(message(forward),
            "expected an address aligned to 16 bytes for the output \"y\" (tensor 2), but got 0x3004; copy it to aligned memory");
}

TEST_F(WrongArgument, Batch) {
  for (OwnTensor *tensor : {&x, &y, &z})
    tensor->shape[0] = 100001;
  EXPECT_EQ(message(forward), "expected a batch size between 0 and 100000, but got 100001");
  forward.batch = 7;
  EXPECT_EQ(message(forward), "inputs[0] (input \"x\"): expected shape [7, 4], but got [100001, 4]; all batches must be the same");
  forward.batch = -2;
  EXPECT_EQ(message(forward), "expected a batch size between 0 and 100000, but got -2");
}

TEST_F(WrongArgument, Workspace) {
  backward.workspace_bytes = 100; // 5 * 16 rounded up to 256, and 512 more
  EXPECT_EQ(message(backward), "workspace_bytes: expected at least 768, but got 100; fusion_executable_workspace_bytes() tells the size");
  backward.workspace_bytes = 768, backward.workspace = nullptr;
  EXPECT_EQ(message(backward), "expected a workspace of 768 bytes aligned to 256, but got null");
  backward.workspace = reinterpret_cast<void *>(0x100080);
  EXPECT_EQ(message(backward), "expected a workspace of 768 bytes aligned to 256, but got 0x100080");
}

TEST_F(WrongArgument, PhaseAndHandles) {
  forward.phase = fusion_phase(2);
  EXPECT_EQ(message(forward), "phase: expected FUSION_FORWARD or FUSION_BACKWARD, but got 2");
  EXPECT_EQ(fusion_launch(nullptr, &forward), FUSION_INVALID_ARGUMENT);
  EXPECT_STREQ(fusion_last_error(), "expected an executable, but got null");
  EXPECT_EQ(fusion_launch(executable, nullptr), FUSION_INVALID_ARGUMENT);
  forward.struct_size = 8;
  EXPECT_NE(message(forward).find("args: expected struct_size to be at least"), std::string::npos);
}

TEST_F(LaunchTest, AllocatesNothingAndTakesNoLock) {
#ifdef FUSION_SANITIZED
  GTEST_SKIP() << "NOT RUN: a sanitizer stands where calls are counted";
#endif
  size_t launches = 0;
  driver.onLaunch = [&](const RecordedLaunch &) { ++launches; };
  ASSERT_EQ(fusion_launch(executable, &forward), FUSION_OK);
  size_t allocationsBefore = allocations(), locksBefore = locks();
  for (int i = 0; i < 100; ++i) {
    (void)fusion_launch(executable, &forward);
    (void)fusion_launch(executable, &backward);
  }
  EXPECT_EQ(allocations(), allocationsBefore);
  EXPECT_EQ(locks(), locksBefore);
  EXPECT_EQ(launches, 301u);
  // The counters see into the library: a failing launch makes a message, and a context takes its locks.
  forward.input_count = 0;
  (void)fusion_launch(executable, &forward);
  EXPECT_GT(allocations(), allocationsBefore);
  fusion_executable *other = nullptr;
  ASSERT_EQ(fusion_executable_create(context, program, 0, &other), FUSION_OK);
  fusion_executable_destroy(other);
  EXPECT_GT(locks(), locksBefore);
}

TEST_F(LaunchTest, ManyThreadsShareAnExecutable) {
  std::atomic<int> launches{0};
  driver.onLaunch = [&](const RecordedLaunch &) { ++launches; };
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        failures += fusion_launch(executable, i % 2 ? &forward : &backward) != FUSION_OK;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(launches, 8 * (250 + 500));
}

} // namespace
