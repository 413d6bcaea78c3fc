// Prints a program's kernels with launchers around them. Names of the user's become identifiers or comments of harmless characters only.
#include "fusion/Emit/CppHost/CppHost.h"
#include "fusion/Runtime/Program.h"
#include <algorithm>
#include <set>

using namespace fusion;
using namespace fusion::runtime;

namespace {

std::string identifier(const std::string &name) {
  std::string result;
  for (char c : name.substr(0, 64))
    result += (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c : '_';
  return result;
}

/// What parameters are called: the role in front keeps them from being keywords.
std::vector<std::string> parameterNames(const ProgramData &program) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const Tensor &tensor : program.tensors) {
    std::string name = identifier(tensor.name);
    if (name.compare(0, 5, "grad_") != 0 && name.compare(0, 6, "saved_") != 0)
      name = std::string(roleName(tensor.role)) + "_" + name;
    if (!taken.insert(name).second)
      taken.insert(name += "_" + std::to_string(names.size()));
    names.push_back(name);
  }
  return names;
}

std::string shapeText(const Tensor &tensor) {
  std::string text;
  for (int64_t extent : tensor.shape)
    text += (text.empty() ? "" : ", ") + (extent == kBatchExtent ? "batch" : std::to_string(extent));
  return "[" + text + "]";
}

/// A size as a C expression in `batch`.
std::string expression(const Expr &expr) {
  std::vector<std::string> stack;
  for (const Expr::Node &node : expr.postfix()) {
    if (node.op == Expr::Op::Constant || node.op == Expr::Op::Batch) {
      stack.push_back(node.op == Expr::Op::Batch ? "batch" : "INT64_C(" + std::to_string(node.value) + ")");
      continue;
    }
    std::string b = std::move(stack.back());
    stack.pop_back();
    std::string a = std::move(stack.back());
    const char *plain = node.op == Expr::Op::Add ? " + " : node.op == Expr::Op::Sub ? " - " : node.op == Expr::Op::Mul ? " * " : nullptr;
    const char *call = node.op == Expr::Op::Div       ? "floorDivide"
                       : node.op == Expr::Op::CeilDiv ? "ceilDivide"
                       : node.op == Expr::Op::Min     ? "least"
                       : node.op == Expr::Op::Max     ? "most"
                                                      : "alignUp";
    stack.back() = plain ? "(" + a + plain + b + ")" : std::string(call) + "(" + a + ", " + b + ")";
  }
  return stack.back();
}

bool takesBatch32(const KernelLaunch &kernel) {
  return std::any_of(kernel.args.begin(), kernel.args.end(), [](const KernelArg &arg) { return arg.kind == KernelArg::Kind::Batch32; });
}

const char *const kSizes = R"(inline int64_t floorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0); }
inline int64_t ceilDivide(int64_t a, int64_t b) { return a / b + (a % b > 0); }
inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
inline int64_t alignUp(int64_t a, int64_t b) { return ceilDivide(a, b) * b; }
inline bool misplaced(const void *pointer, unsigned alignment) { return !pointer || reinterpret_cast<uintptr_t>(pointer) % alignment; }
)";

class Printer {
public:
  Printer(const ProgramData &program, const std::string &headerName)
      : program(program), variant(program.variants.front()), names(parameterNames(program)),
        chain(program.chain.empty() ? "chain" : "fused_" + identifier(program.chain)), headerName(headerName) {}
  CppHost print() const;

private:
  std::string signature(const Phase &phase, const std::string &which) const;
  std::string comment(const Phase &phase, const std::string &which) const;
  std::string launcher(const Phase &phase, const std::string &which) const;
  std::string launch(const KernelLaunch &kernel, const std::string &space) const;
  std::string batchText() const {
    return program.batch.dynamic ? "from 0 to " + std::to_string(program.batch.size) : std::to_string(program.batch.size);
  }
  /// Calls `visit` for each tensor of a phase, in the order of the parameters.
  template <class Visit> void forEachTensor(const Phase &phase, Visit visit) const {
    for (unsigned index : phase.inputs)
      visit(index, true);
    for (const std::vector<unsigned> *list : {&phase.outputs, &phase.saved})
      for (unsigned index : *list)
        visit(index, false);
  }

  const ProgramData &program;
  const Variant &variant;
  std::vector<std::string> names;
  std::string chain, headerName;
};

std::string Printer::signature(const Phase &phase, const std::string &which) const {
  std::string text = "int " + chain + "_" + which + "(";
  forEachTensor(phase, [&](unsigned index, bool read) {
    text += std::string(read ? "const " : "") + (program.tensors[index].type == ElementType::F32 ? "float *" : "uint16_t *") +
            names[index] + ", ";
  });
  return text + "void *workspace, int64_t batch, void *stream)";
}

std::string Printer::comment(const Phase &phase, const std::string &which) const {
  std::string text = "/*\n * Enqueues " + which +
                     " on the stream (a cudaStream_t) and returns a cudaError_t, 0 for success. It neither allocates nor waits.\n" +
                     " * All tensors are dense, row-major and fp32 unless another layout or type stands there, aligned to 16 bytes; the "
                     "workspace is aligned to 256.\n" +
                     " * The batch is " + batchText() + ".\n";
  forEachTensor(phase, [&](unsigned index, bool read) {
    text += " *   " + names[index] + " " + shapeText(program.tensors[index]) +
            (program.tensors[index].type == ElementType::F32 ? "" : std::string(" ") + typeName(program.tensors[index].type)) +
            (program.tensors[index].layout == Layout::RowMajor ? "" : ", channels-last") + (read ? "" : ", written") + "\n";
  });
  return text + " */\n";
}

std::string Printer::launch(const KernelLaunch &kernel, const std::string &space) const {
  std::string arguments;
  for (const KernelArg &arg : kernel.args) {
    arguments += arguments.empty() ? "&" : ", &";
    switch (arg.kind) {
    case KernelArg::Kind::Tensor:
      arguments += names[arg.tensor];
      break;
    case KernelArg::Kind::Batch32:
      arguments += "batch32";
      break;
    case KernelArg::Kind::Batch64:
      arguments += "batch";
      break;
    case KernelArg::Kind::Workspace:
      arguments += "buffer" + std::to_string(&arg - kernel.args.data());
    }
  }
  std::string text = "  {\n";
  for (const KernelArg &arg : kernel.args)
    if (arg.kind == KernelArg::Kind::Workspace)
      text += "    void *buffer" + std::to_string(&arg - kernel.args.data()) + " = static_cast<char *>(workspace) + " +
              expression(arg.offset) + ";\n";
  text += "    void *arguments[] = {" + (arguments.empty() ? "nullptr" : arguments) + "};\n";
  const char *const axes[] = {"x", "y", "z"};
  std::string grid;
  for (int i = 0; i < 3; ++i) {
    text += std::string("    const int64_t ") + axes[i] + " = " + expression(kernel.grid[i]) + ";\n";
    grid += std::string(i ? ", " : "") + "unsigned(" + axes[i] + ")";
  }
  std::string function = "reinterpret_cast<const void *>(&" + space + "::" + kernel.name + ")";
  std::string shared = std::to_string(kernel.sharedBytes);
  if (kernel.sharedBytes > 48 * 1024)
    text += "    if (cudaError_t error = cudaFuncSetAttribute(" + function + ", cudaFuncAttributeMaxDynamicSharedMemorySize, " + shared +
            "))\n      return error;\n";
  text += "    if (x && y && z)\n      if (cudaError_t error = cudaLaunchKernel(" + function + ", dim3(" + grid + "), dim3(" +
          std::to_string(kernel.block) + "), arguments, " + shared + ", static_cast<cudaStream_t>(stream)))\n        return error;\n";
  return text + "  }\n";
}

std::string Printer::launcher(const Phase &phase, const std::string &which) const {
  std::string space = chain + "_" + which + "_kernels";
  std::string text = "namespace " + space + " {\n" + phase.source + "\n} // namespace " + space + "\n\n";
  text += "extern \"C\" int64_t " + chain + "_" + which + "_workspace(int64_t batch) { return " + expression(phase.workspace) + "; }\n\n";
  text += "extern \"C\" " + signature(phase, which) + " {\n";
  std::string size = std::to_string(program.batch.size);
  text += program.batch.dynamic ? "  if (batch < 0 || batch > INT64_C(" + size + "))\n    return cudaErrorInvalidValue;\n"
                                : "  if (batch != INT64_C(" + size + "))\n    return cudaErrorInvalidValue;\n";
  forEachTensor(phase, [&](unsigned index, bool) {
    const std::vector<int64_t> &shape = program.tensors[index].shape;
    bool mayBeEmpty = std::find(shape.begin(), shape.end(), kBatchExtent) != shape.end();
    text +=
        "  if (" + std::string(mayBeEmpty ? "batch && " : "") + "misplaced(" + names[index] + ", 16))\n    return cudaErrorInvalidValue;\n";
  });
  text += "  if (" + chain + "_" + which + "_workspace(batch) && misplaced(workspace, 256))\n    return cudaErrorInvalidValue;\n";
  if (std::any_of(phase.kernels.begin(), phase.kernels.end(), takesBatch32))
    text += "  int32_t batch32 = int32_t(batch);\n";
  for (const KernelLaunch &kernel : phase.kernels)
    text += launch(kernel, space);
  return text + "  return cudaSuccess;\n}\n\n";
}

/// nvcc's -arch=sm_90a also makes PTX for compute_90, which has no warpgroups.
static std::string nvccFlags(const std::string &arch) {
  return arch.back() != 'a' ? "-arch=" + arch : "-gencode arch=compute_" + arch.substr(3) + ",code=" + arch;
}

CppHost Printer::print() const {
  std::string guard = chain + "_H";
  CppHost result;
  result.header = "/* " + chain + ": a fused chain for " + variant.arch + ". Made by fusion-opt --emit=cpp-host. */\n#ifndef " + guard +
                  "\n#define " + guard + "\n#include <stdint.h>\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  result.source = "// " + chain + ": kernels and launchers for " + variant.arch + ". Made by fusion-opt --emit=cpp-host; nvcc " +
                  nvccFlags(variant.arch) + " builds it.\n#include \"" + headerName + "\"\n#include <cuda_runtime.h>\n\nnamespace " +
                  chain + "_sizes {\n" + kSizes + "} // namespace " + chain + "_sizes\nusing namespace " + chain + "_sizes;\n\n";
  auto add = [&](const Phase &phase, const std::string &which) {
    result.header += "/* Bytes of scratch memory that " + which + " needs. */\nint64_t " + chain + "_" + which +
                     "_workspace(int64_t batch);\n" + comment(phase, which) + signature(phase, which) + ";\n\n";
    result.source += launcher(phase, which);
  };
  add(variant.forward, "forward");
  if (variant.backward)
    add(*variant.backward, "backward");
  result.header += "#ifdef __cplusplus\n}\n#endif\n#endif\n";
  return result;
}

} // namespace

CppHost fusion::emitCppHost(const ProgramData &program, const std::string &headerName) { return Printer(program, headerName).print(); }
