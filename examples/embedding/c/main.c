/* Loads a program file and trains it for 20 steps in memory of its own, launch by launch. Usage: train_c PROGRAM [DEVICE] */
#include <fusion/fusion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST 64

/* Ends the program with the library's message when a call fails. */
static void check(fusion_status status) {
  if (status == FUSION_OK)
    return;
  fprintf(stderr, "%s: %s\n", fusion_status_name(status), fusion_last_error());
  exit(1);
}

static float random_value(unsigned *state) {
  *state = *state * 1664525u + 1013904223u;
  return (float)(*state >> 8) / 8388608.0f - 1.0f;
}

static fusion_context *context;
static fusion_program *program;
static fusion_executable *executable;
static int64_t batch;

/* The caller's memory: one allocation for each tensor of the program, a view of each for the library, a copy on the host. */
static fusion_tensor views[LARGEST];
static int64_t shapes[LARGEST][16];
static float *values[LARGEST];
static int64_t sizes[LARGEST];

static void allocate(uint32_t index, const fusion_device_info *device) {
  fusion_tensor_info info = FUSION_TENSOR_INFO;
  fusion_tensor *view = &views[index];
  uint32_t i;
  check(fusion_program_tensor(program, index, &info));
  check(fusion_program_tensor_bytes(program, index, batch, &sizes[index]));
  check(fusion_allocate(context, (uint64_t)sizes[index] + 16, info.name, &view->data));
  values[index] = calloc(1, (size_t)sizes[index] + 4);
  view->device.device_type = device->dl_device_type;
  view->device.device_id = device->dl_device_id;
  view->dtype.code = 2, view->dtype.bits = 32, view->dtype.lanes = 1;
  view->ndim = (int32_t)info.rank;
  view->shape = shapes[index];
  for (i = 0; i < info.rank; ++i)
    shapes[index][i] = info.shape[i] == FUSION_BATCH ? batch : info.shape[i];
}

/* One list of a launch, in the order that the executable wants. */
static uint32_t collect(fusion_phase phase, fusion_group group, const fusion_tensor **list) {
  uint32_t count = fusion_executable_argument_count(executable, phase, group), i, tensor;
  for (i = 0; i < count; ++i) {
    check(fusion_executable_argument(executable, phase, group, i, &tensor));
    list[i] = &views[tensor];
  }
  return count;
}

static void launch(fusion_phase phase, void *workspace, int64_t workspace_bytes) {
  const fusion_tensor *inputs[LARGEST], *outputs[LARGEST], *saved[LARGEST];
  fusion_launch_args args;
  memset(&args, 0, sizeof(args));
  args.struct_size = sizeof(args);
  args.phase = phase;
  args.batch = batch;
  args.inputs = inputs, args.input_count = collect(phase, FUSION_INPUTS, inputs);
  args.outputs = outputs, args.output_count = collect(phase, FUSION_OUTPUTS, outputs);
  args.saved = saved, args.saved_count = collect(phase, FUSION_SAVEDS, saved);
  args.workspace = workspace, args.workspace_bytes = (uint64_t)workspace_bytes;
  check(fusion_launch(executable, &args));
}

static void upload(uint32_t index) { check(fusion_copy_to_device(context, views[index].data, values[index], (uint64_t)sizes[index])); }
static void download(uint32_t index) { check(fusion_copy_to_host(context, values[index], views[index].data, (uint64_t)sizes[index])); }

int main(int argc, char **argv) {
  fusion_context_options options = FUSION_CONTEXT_OPTIONS;
  fusion_device_info device;
  fusion_tensor_info info[LARGEST];
  uint32_t count, i, output = 0, gradient = 0;
  int64_t forward_bytes, backward_bytes, k;
  void *workspace = NULL;
  unsigned random = 1;
  int step;

  if (argc < 2 || argc > 3)
    return fprintf(stderr, "usage: train_c PROGRAM [DEVICE]\n"), 2;
  options.device = argc == 3 ? argv[2] : "cuda";
  check(fusion_context_create(&options, &context));
  memset(&device, 0, sizeof(device));
  device.struct_size = sizeof(device);
  check(fusion_context_device(context, &device));
  check(fusion_program_load(argv[1], &program));
  fusion_program_batch(program, NULL, &batch);
  check(fusion_executable_create(context, program, 0, &executable));

  count = fusion_program_tensor_count(program);
  if (count > LARGEST)
    return fprintf(stderr, "expected at most %d tensors\n", LARGEST), 1;
  for (i = 0; i < count; ++i) {
    allocate(i, &device);
    info[i].struct_size = sizeof(info[i]);
    check(fusion_program_tensor(program, i, &info[i]));
    if (info[i].role == FUSION_OUTPUT)
      output = i;
    if (info[i].role == FUSION_GRAD_OUTPUT)
      gradient = i;
    if (info[i].role != FUSION_INPUT && info[i].role != FUSION_PARAMETER)
      continue;
    for (k = 0; k < sizes[i] / 4; ++k)
      values[i][k] = strcmp(info[i].name, "gamma") == 0 ? 1.0f : random_value(&random) * (info[i].role == FUSION_INPUT ? 1.7f : 0.3f);
    upload(i);
  }
  check(fusion_executable_workspace_bytes(executable, FUSION_FORWARD, batch, &forward_bytes));
  check(fusion_executable_workspace_bytes(executable, FUSION_BACKWARD, batch, &backward_bytes));
  if (forward_bytes < backward_bytes)
    forward_bytes = backward_bytes;
  if (forward_bytes)
    check(fusion_allocate(context, (uint64_t)forward_bytes, "workspace", &workspace));

  for (step = 1; step <= 20; ++step) {
    double loss = 0;
    unsigned target = 77;
    int64_t elements = sizes[output] / 4;
    launch(FUSION_FORWARD, workspace, forward_bytes);
    check(fusion_synchronize(context));
    download(output);
    for (k = 0; k < elements; ++k) {
      float error = values[output][k] - random_value(&target);
      loss += (double)error * error / (double)elements;
      values[gradient][k] = 2 * error / (float)elements;
    }
    printf("step %2d loss %.6f\n", step, loss);
    upload(gradient);
    launch(FUSION_BACKWARD, workspace, forward_bytes);
    check(fusion_synchronize(context));
    for (i = 0; i < count; ++i) {
      if (info[i].role != FUSION_GRAD_PARAMETER)
        continue;
      download(i);
      for (k = 0; k < sizes[i] / 4; ++k)
        values[info[i].of][k] -= 1.0f * values[i][k];
      upload((uint32_t)info[i].of);
    }
  }

  for (i = 0; i < count; ++i) {
    fusion_release(context, views[i].data);
    free(values[i]);
  }
  fusion_release(context, workspace);
  fusion_executable_destroy(executable);
  fusion_program_destroy(program);
  fusion_context_destroy(context);
  return 0;
}
