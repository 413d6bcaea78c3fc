// Comparisons of a run's results, each printing what it saw.
#include "Judge.h"
#include "fusion/Reference/Compare.h"
#include "fusion/Reference/Gradients.h"
#include "fusion/Runtime/Program.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace fusion;
using namespace fusion::tools;
using llvm::formatv;
using reference::Bound;
using reference::Tensor;
using runtime::TensorRole;

static bool isGradient(const runtime::Tensor &t) { return t.role == TensorRole::GradInput || t.role == TensorRole::GradParameter; }

std::map<std::string, Tensor<float>> Feed::byName(const runtime::ProgramData &program) const {
  std::map<std::string, Tensor<float>> given;
  unsigned input = 0, gradient = 0;
  for (const runtime::Tensor &t : program.tensors) {
    if (t.role == TensorRole::Input || t.role == TensorRole::Parameter)
      given[t.name] = inputs[input++];
    if (t.role == TensorRole::GradOutput)
      given[t.name] = gradOutputs[gradient++];
  }
  return given;
}

Feed tools::makeFeed(Subject subject, int64_t batch, uint64_t seed, const reference::InputOptions &options) {
  Feed feed;
  feed.batch = batch, feed.finite = !options.nonFinite;
  feed.inputs = reference::makeInputs(subject.written, seed, batch, options);
  for (const runtime::Tensor &t : subject.program->tensors) {
    if (t.role != TensorRole::GradOutput)
      continue;
    reference::Shape shape;
    for (int64_t extent : t.shape)
      shape.push_back(extent == runtime::kBatchExtent ? batch : extent);
    feed.gradOutputs.push_back(reference::randomTensor(shape, seed + 1000 + feed.gradOutputs.size()));
    for (float &v : feed.gradOutputs.back().data)
      v = float(reference::storageNamed(runtime::typeName(t.type)).rounded(v));
  }
  return feed;
}

std::optional<Feed> tools::goldenFeed(Subject subject, const reference::Golden &golden, std::string &error) {
  Feed feed;
  feed.golden = &golden;
  if (golden.inputs.size() != subject.written.getNumArguments()) {
    error = formatv("expected {0} inputs in the golden file, but got {1}", subject.written.getNumArguments(), golden.inputs.size());
    return std::nullopt;
  }
  std::optional<int64_t> batch;
  for (auto [tensor, type] : llvm::zip(golden.inputs, subject.written.getArgumentTypes())) {
    auto shape = mlir::cast<mlir::RankedTensorType>(type).getShape();
    bool fits = shape.size() == tensor.f32.shape.size();
    for (size_t d = 0; fits && d < shape.size(); ++d) {
      if (mlir::ShapedType::isDynamic(shape[d]) && !batch)
        batch = tensor.f32.shape[d];
      fits = tensor.f32.shape[d] == (mlir::ShapedType::isDynamic(shape[d]) ? *batch : shape[d]);
    }
    if (!fits) {
      error =
          "expected the golden input '" + tensor.name + "' in the shape of the model's argument, but got another; make the goldens again";
      return std::nullopt;
    }
    feed.inputs.push_back(tensor.f32);
  }
  const runtime::BatchRange &range = subject.program->batch;
  feed.batch = range.dynamic ? batch.value_or(1) : range.size;
  for (const reference::GoldenTensor &tensor : golden.gradOutputs)
    feed.gradOutputs.push_back(tensor.f32);
  return feed;
}

template <class To> static llvm::SmallVector<Tensor<To>> convert(llvm::ArrayRef<Tensor<float>> from) {
  llvm::SmallVector<Tensor<To>> to;
  for (const Tensor<float> &t : from) {
    Tensor<To> r;
    r.shape = t.shape, r.reduction = t.reduction;
    for (float v : t.data)
      r.data.push_back(To(v));
    to.push_back(std::move(r));
  }
  return to;
}

using Goldens = std::map<std::string, const reference::GoldenTensor *>; ///< by tensor name

/// The results of one function against what the device made. A golden replaces the evaluator's values; the tolerance stays the evaluator's.
static mlir::LogicalResult judgeFunction(llvm::StringRef phase, mlir::func::FuncOp function, llvm::ArrayRef<Tensor<float>> args,
                                         llvm::ArrayRef<std::string> names, const Subject &subject, const Goldens &goldens,
                                         const RunResult &result, bool &ok) {
  reference::EvaluateOptions rounded;
  rounded.convolutions = subject.convolutions, rounded.products = subject.products;
  auto expected = reference::evaluate<Bound>(function, convert<Bound>(args), rounded);
  auto plain = reference::evaluate<float>(function, args);
  if (mlir::failed(expected) || mlir::failed(plain))
    return mlir::failure();
  for (auto [i, name] : llvm::enumerate(names)) {
    auto actual = result.tensors.find(name);
    if (actual == result.tensors.end()) {
      llvm::outs() << formatv("{0} {1}: missing from the program; FAILED\n", phase, name);
      ok = false;
      continue;
    }
    if (auto golden = goldens.find(name); golden != goldens.end()) {
      for (auto [bound, value] : llvm::zip((*expected)[i].data, golden->second->f64.data))
        bound.v = value;
      (*plain)[i].data = golden->second->f32.data;
    }
    reference::Storage storage = reference::storageOf(function.getResultTypes()[i]);
    reference::Comparison c = reference::compare((*expected)[i], actual->second, reference::unitFp32, &(*plain)[i], storage);
    llvm::outs() << formatv("{0} {1}: {2} elements, largest error {3:f3} tolerances{4}\n", phase, name, c.count, c.worst,
                            c.ok() ? (c.mistrusted ? " (all zero: proves nothing)" : "") : "; FAILED: " + c.text());
    ok &= c.ok();
  }
  return mlir::success();
}

mlir::LogicalResult tools::judgeValues(Subject subject, const Feed &feed, const RunResult &result, uint64_t seed, bool &ok) {
  std::vector<std::string> outputs, gradients;
  Goldens goldenOutputs, goldenGradients;
  for (const runtime::Tensor &t : subject.program->tensors) {
    if (t.role == TensorRole::Output) {
      if (feed.golden && outputs.size() < feed.golden->outputs.size())
        goldenOutputs[t.name] = &feed.golden->outputs[outputs.size()];
      outputs.push_back(t.name);
    }
    if (isGradient(t)) {
      gradients.push_back(t.name);
      if (feed.golden)
        if (auto found = feed.golden->grads.find(subject.program->tensors[*t.of].name); found != feed.golden->grads.end())
          goldenGradients[t.name] = &found->second;
    }
  }
  if (mlir::failed(judgeFunction("forward", subject.written, feed.inputs, outputs, subject, goldenOutputs, result, ok)))
    return mlir::failure();
  if (!subject.backward)
    return mlir::success();
  llvm::SmallVector<Tensor<float>> args(feed.gradOutputs.begin(), feed.gradOutputs.end());
  args.append(feed.inputs.begin(), feed.inputs.end());
  if (mlir::failed(judgeFunction("backward", subject.backward, args, gradients, subject, goldenGradients, result, ok)))
    return mlir::failure();
  if (feed.golden || feed.batch == 0 || !feed.finite) // duals of NaN prove nothing; goldens hold what PyTorch does there
    return mlir::success();
  // In exact arithmetic but for the constants: rounded ones would differ where algebra made one constant of two.
  reference::EvaluateOptions exact;
  exact.roundAttributes = exact.roundCasts = false;
  auto report = reference::checkGradients(subject.written, subject.backward, convert<double>(feed.inputs),
                                          convert<double>(feed.gradOutputs), seed, 2, exact);
  if (mlir::failed(report))
    return mlir::failure();
  bool same = report->worst <= 1e-9;
  llvm::outs() << formatv("dual numbers: {0} directions, largest difference {1:e2}{2}\n", report->checked, report->worst,
                          same ? "" : " at " + report->argument + " FAILED");
  ok &= same;
  return mlir::success();
}

bool tools::sameBits(const RunResult &first, const RunResult &other, llvm::StringRef what) {
  bool ok = true;
  for (const auto &[name, tensor] : first.tensors) {
    auto found = other.tensors.find(name);
    bool same = found != other.tensors.end() && found->second.data.size() == tensor.data.size() &&
                (tensor.data.empty() || !std::memcmp(found->second.data.data(), tensor.data.data(), tensor.data.size() * sizeof(float)));
    if (!same)
      llvm::outs() << formatv("{0}: {1} has other bits; FAILED\n", what, name);
    ok &= same;
  }
  if (ok)
    llvm::outs() << formatv("{0}: same bits\n", what);
  return ok;
}

bool tools::sameBytes(const Host &host, const Compiled &compiled) {
  bool ok = true;
  std::vector<HostLaunch> launches = host.launches();
  auto check = [&](const PhaseReport &phase) {
    for (const KernelReport &k : phase.kernels)
      for (const HostLaunch &launch : launches) {
        if (launch.kernel != k.name)
          continue;
        uint64_t read = 0, written = 0;
        for (const HostLaunch::Traffic &b : launch.buffers)
          read += b.bytesRead, written += b.bytesWritten;
        bool same = read == uint64_t(k.work.bytesRead) && written == uint64_t(k.work.bytesWritten);
        llvm::outs() << formatv("bytes {0}: counted {1} read, {2} written; report {3}, {4}{5}\n", k.name, read, written,
                                uint64_t(k.work.bytesRead), uint64_t(k.work.bytesWritten), same ? "" : " DIFFERENT");
        ok &= same;
      }
  };
  check(compiled.forward);
  if (compiled.backward)
    check(*compiled.backward);
  return ok;
}

bool tools::judgeEmptyBatch(const runtime::ProgramData &program, const RunResult &result) {
  bool ok = result.forwardLaunches == 0;
  llvm::outs() << formatv("empty batch: forward launched {0} kernels{1}\n", result.forwardLaunches, ok ? "" : "; FAILED");
  for (const runtime::Tensor &t : program.tensors) {
    auto found = result.tensors.find(t.name);
    if (t.role != TensorRole::GradParameter || found == result.tensors.end())
      continue;
    bool zero = llvm::all_of(found->second.data, [](float v) { return v == 0; });
    llvm::outs() << formatv("empty batch: {0} is {1}\n", t.name, zero ? "zero" : "not zero; FAILED");
    ok &= zero;
  }
  return ok;
}

void tools::printFindings(const Host &host) {
  for (const HostLaunch &launch : host.launches())
    for (const HostLaunch::Finding &f : launch.findings)
      llvm::errs() << launch.kernel << ": " << f.kind << " (" << f.count << "x): " << f.text << "\n";
}
