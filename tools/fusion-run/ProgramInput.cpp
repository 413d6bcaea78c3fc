// What fusion-run needs when its input is a program: it must not compile anything, and never changes the program.
#include "ProgramInput.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"
#include <cmath>

using namespace fusion;
using namespace fusion::tools;
using reference::Tensor;

bool tools::isProgramFile(const std::string &path) {
  // A program begins with `{`; what MLIR can begin so is `{-#`, its dictionary of resources.
  auto file =
      path == "-" ? llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>>(std::errc::not_supported) : llvm::MemoryBuffer::getFile(path);
  if (!file)
    return false;
  llvm::StringRef text = (*file)->getBuffer().ltrim();
  return text.starts_with("{") && !text.starts_with("{-#");
}

static bool makes(const Program &program, fusion_role role) {
  return llvm::any_of(program.tensors(), [&](const TensorInfo &t) { return t.role == role; });
}

Grad tools::gradOf(const Program &program) {
  return makes(program, FUSION_GRAD_INPUT) ? Grad::All : makes(program, FUSION_GRAD_PARAMETER) ? Grad::Params : Grad::None;
}

int64_t tools::batchOf(const Program &program, int64_t nominal) { return program.dynamicBatch() ? nominal : program.batch(); }

void tools::readRounding(const Program &program, const Compiled &compiled, reference::FactorRounding &convolutions,
                         reference::FactorRounding &products) {
  std::string text = program.serialize();
  for (const PhaseReport *phase : {&compiled.forward, compiled.backward ? &*compiled.backward : nullptr})
    for (const KernelReport &kernel : phase ? llvm::ArrayRef(phase->kernels) : llvm::ArrayRef<KernelReport>())
      text += kernel.schedule;
  auto rounds = [&](llvm::StringRef factors) { return llvm::StringRef(text).contains(("on tensor cores (" + factors + ")").str()); };
  reference::FactorRounding coarsest;
  if (rounds("TF32"))
    coarsest.unit = reference::unitTf32;
  // What is promised TF32 alone is a convolution.
  products = compiled.program.precision == "torch" ? reference::FactorRounding() : coarsest;
  if (rounds("FP16"))
    coarsest = products = {reference::unitFp16, reference::leastFp16};
  if (rounds("BF16"))
    coarsest.unit = products.unit = reference::unitBf16;
  convolutions = coarsest;
}

std::string tools::differsFrom(const Program &program, const Program &expected) {
  auto seen = [](fusion_role role) { return role != FUSION_SAVED; }; // what forward leaves for backward is the program's own business
  auto describe = [](const TensorInfo &t) {
    std::string text = t.name + " [";
    for (auto [i, extent] : llvm::enumerate(t.shape))
      text += (i ? ", " : "") + (extent == FUSION_BATCH ? "N" : std::to_string(extent));
    return std::string(fusion_role_name(t.role)) + " " + text + "]" +
           (t.type == FUSION_F32 ? "" : " " + std::string(fusion_type_name(t.type))) +
           (t.layout == FUSION_ROW_MAJOR ? "" : " " + std::string(fusion_layout_name(t.layout)));
  };
  std::vector<std::string> given, wanted;
  for (const TensorInfo &t : program.tensors())
    if (seen(t.role))
      given.push_back(describe(t));
  for (const TensorInfo &t : expected.tensors())
    if (seen(t.role))
      wanted.push_back(describe(t));
  for (size_t i = 0; i < std::max(given.size(), wanted.size()); ++i) {
    std::string want = i < wanted.size() ? wanted[i] : "no more tensors", got = i < given.size() ? given[i] : "no more tensors";
    if (want != got)
      return "expected a program of this model with the " + want + ", but got the " + got + "; give the model it was compiled from";
  }
  if (!program.dynamicBatch() && !expected.dynamicBatch() && program.batch() != expected.batch())
    return llvm::formatv("expected a program for batch {0}, but got one for batch {1}", expected.batch(), program.batch());
  return "";
}

RunRequest tools::requestFor(const Program &program, int64_t batch, uint64_t seed, const reference::InputOptions &options) {
  RunRequest request;
  request.batch = batch;
  request.backward = gradOf(program) != Grad::None;
  reference::Random seeds(seed);
  for (const TensorInfo &t : program.tensors()) {
    bool parameter = t.role == FUSION_PARAMETER;
    if (!parameter && t.role != FUSION_INPUT && t.role != FUSION_GRAD_OUTPUT)
      continue;
    reference::Shape shape;
    for (int64_t extent : t.shape)
      shape.push_back(extent == FUSION_BATCH ? batch : extent);
    double fanIn = parameter && shape.size() >= 2 ? double(reference::elementCount(shape, 1)) : 1;
    request.given[t.name] = reference::randomTensor(shape, seeds.next(), 1 / std::sqrt(std::max(1.0, fanIn)),
                                                    t.role == FUSION_INPUT ? options : reference::InputOptions());
    for (float &v : request.given[t.name].data)
      v = float(reference::storageNamed(fusion_type_name(t.type)).rounded(v));
  }
  return request;
}

void tools::printSummary(const Program &program, const RunResult &result) {
  for (const TensorInfo &t : program.tensors()) {
    auto found = result.tensors.find(t.name);
    if (found == result.tensors.end() || t.role == FUSION_SAVED)
      continue;
    const std::vector<float> &data = found->second.data;
    double least = INFINITY, most = -INFINITY, sum = 0;
    for (float v : data)
      least = std::fmin(least, v), most = std::fmax(most, v), sum += v;
    llvm::ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(data.data()), data.size() * sizeof(float));
    llvm::outs() << llvm::formatv("{0} {1}: {2} elements, min {3:e4}, max {4:e4}, mean {5:e4}, checksum {6:x-16}\n",
                                  fusion_role_name(t.role), t.name, data.size(), least, most,
                                  data.empty() ? 0.0 : sum / double(data.size()), llvm::xxh3_64bits(bytes));
  }
}
