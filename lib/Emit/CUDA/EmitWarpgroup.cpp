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

static constexpr StringLiteral kPrefix = "warpgroup-", kSuffix = ".cuh";

std::string cuda::warpgroupFactors(KernelText &k, StringRef factors, int64_t columns) {
  k.prelude.insert("wgmma.cuh");
  k.prelude.insert(k.names.saver.save(kPrefix + llvm::Twine(columns) + kSuffix));
  return formatv("Together<{0}, Warpgroup{1}>", factors, columns).str();
}

std::optional<std::string> cuda::warpgroupText(StringRef part) {
  int64_t columns = 0;
  if (!part.consume_front(kPrefix) || !part.consume_back(kSuffix) || part.getAsInteger(10, columns))
    return std::nullopt;
  int64_t sums = columns / 2;
  Writer w;
  w.line(formatv("// The products of a warpgroup with {0} columns, in TF32.", columns));
  w.line("// requires: wgmma.cuh");
  w.line("");
  w.open(formatv("struct Warpgroup{0}", columns));
  w.line(formatv("static constexpr int columns = {0};", columns));
  w.open(formatv("template <bool Adds> DEV static void multiply(float (&d)[{0}][4], const unsigned (&a)[4], unsigned long long b)",
                 columns / 8));
  w.line(formatv("asm volatile(\"wgmma.mma_async.sync.aligned.m64n{0}k8.f32.tf32.tf32 \"", columns));
  list(w, sums, 16, true, "{", "}, ", [&](int64_t i) { return formatv("%{0}", i).str(); });
  w.line(formatv("      \"{{%{0}, %{1}, %{2}, %{3}}, %{4}, %{5}, 1, 1;\"", sums, sums + 1, sums + 2, sums + 3, sums + 4, sums + 5));
  list(w, sums, 8, false, ": ", "", [&](int64_t i) { return formatv("\"+f\"(d[{0}][{1}])", i / 4, i % 4).str(); });
  w.line("      : \"r\"(a[0]), \"r\"(a[1]), \"r\"(a[2]), \"r\"(a[3]), \"l\"(b), \"n\"(Adds ? 1 : 0));");
  w.close();
  w.close(";");
  return w.take();
}
