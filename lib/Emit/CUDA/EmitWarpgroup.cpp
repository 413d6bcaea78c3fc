// The instruction of a warpgroup for the columns that a kernel needs: it names every register of its sums, so each width is a prelude part
// of its own, made when it is asked for.
#include "KernelText.h"
#include "Warpgroup.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace fusion;
using namespace fusion::cuda;
using llvm::formatv;

/// `text(0), text(1), ...` in lines of `perLine`, between `head` and `tail`; each line in quotes where `quoted`.
template <class Text> static void list(Writer &w, int64_t count, int64_t perLine, bool quoted, StringRef head, StringRef tail, Text text) {
  for (int64_t first = 0; first < count; first += perLine) {
    std::string line = first == 0 ? head.str() : std::string(quoted ? " " : "");
    for (int64_t i = first; i < std::min(count, first + perLine); ++i)
      line += text(i) + (i + 1 == count ? "" : i + 1 < first + perLine || quoted ? ", " : ",");
    line += first + perLine >= count ? tail.str() : std::string();
    w.line("      " + (quoted ? "\"" + line + "\"" : line));
  }
}

namespace {
/// A struct of products: in which format, and whether its left factors lie in shared memory.
struct Products {
  StringRef prefix;      ///< of its part
  StringRef name;        ///< of the struct, in front of the columns
  StringRef instruction; ///< behind the columns
  StringRef factors;     ///< as tiles name them (preludeTypeOf); empty where `shared` says no
  StringRef numbers;     ///< behind the descriptors: signs of both factors, and how those of 16 bits lie
  bool shared;
};
const Products kProducts[] = {
    {"warpgroup-", "Warpgroup", "k8.f32.tf32.tf32", "", "1, 1", false},
    {"tf32-warpgroup-", "Tf32Warpgroup", "k8.f32.tf32.tf32", "Tf32", "1, 1, 1", true},
    {"bf16-warpgroup-", "Bf16Warpgroup", "k16.f32.bf16.bf16", "Bf16", "1, 1, 1, 0, 0", true},
    {"fp16-warpgroup-", "Fp16Warpgroup", "k16.f32.f16.f16", "Fp16", "1, 1, 1, 0, 0", true},
};
constexpr StringLiteral kSuffix = ".cuh";
} // namespace

std::string cuda::warpgroupFactors(KernelText &k, StringRef factors, int64_t columns, bool shared) {
  const Products &products =
      *llvm::find_if(kProducts, [&](const Products &p) { return p.shared == shared && (!shared || p.factors == factors); });
  k.prelude.insert("wgmma.cuh");
  k.prelude.insert(k.names.saver.save(products.prefix + llvm::Twine(columns) + kSuffix));
  return formatv("Together<{0}, {1}{2}>", factors, products.name, columns).str();
}

std::optional<std::string> cuda::warpgroupText(StringRef part) {
  int64_t columns = 0;
  const Products *found = llvm::find_if(kProducts, [&](const Products &p) { return part.starts_with(p.prefix); });
  if (found == std::end(kProducts) || !part.consume_front(found->prefix) || !part.consume_back(kSuffix) || part.getAsInteger(10, columns))
    return std::nullopt;
  int64_t sums = columns / 2;
  Writer w;
  w.line(formatv("// The products of a warpgroup with {0} columns, {1}.", columns,
                 found->shared ? "all factors in shared memory" : "left factors in registers"));
  w.line("// requires: wgmma.cuh");
  w.line("");
  w.open(formatv("struct {0}{1}", found->name, columns));
  w.line(formatv("static constexpr int columns = {0};", columns));
  if (found->shared)
    w.open(formatv("DEV static void multiply(float (&d)[{0}][4], unsigned long long a, unsigned long long b)", columns / 8));
  else
    w.open(formatv("template <bool Adds> DEV static void multiply(float (&d)[{0}][4], const unsigned (&a)[4], unsigned long long b)",
                   columns / 8));
  w.line(formatv("asm volatile(\"wgmma.mma_async.sync.aligned.m64n{0}{1} \"", columns, found->instruction));
  list(w, sums, 16, true, "{", "}, ", [&](int64_t i) { return formatv("%{0}", i).str(); });
  if (found->shared)
    w.line(formatv("      \"%{0}, %{1}, {2};\"", sums, sums + 1, found->numbers));
  else
    w.line(formatv("      \"{{%{0}, %{1}, %{2}, %{3}}, %{4}, %{5}, {6};\"", sums, sums + 1, sums + 2, sums + 3, sums + 4, sums + 5,
                   found->numbers));
  list(w, sums, 8, false, ": ", "", [&](int64_t i) { return formatv("\"+f\"(d[{0}][{1}])", i / 4, i % 4).str(); });
  w.line(found->shared ? "      : \"l\"(a), \"l\"(b));"
                       : "      : \"r\"(a[0]), \"r\"(a[1]), \"r\"(a[2]), \"r\"(a[3]), \"l\"(b), \"n\"(Adds ? 1 : 0));");
  w.close();
  w.close(";");
  return w.take();
}
