"""Holds results to the gate and to the aims. What cannot be decided is NOT RUN, never a pass; one missing chain leaves a mean undecided."""
from . import figures
from .figures import PASSES
from .stats import geomean

ROOF, COPY, MATMUL = 0.6, 0.85, 2.0
FASTER = {"forward": 4.0, "both": 3.0}
MODES = {"compile": "torch.compile", "autotune": "torch.compile's max-autotune"}


def verdict(kind, what, target, values, good, total, figure=None, note=""):
    """`values` are those that were measured, of `total`; `figure` sums them up, `good` says whether that is enough."""
    result = {"kind": kind, "what": what, "target": target, "figure": figure, "measured": len(values), "of": total}
    if figure is None or len(values) < total:
        result["verdict"] = "NOT RUN"
    else:
        result["verdict"] = "met" if good else "missed"
    if note:
        result["note"] = note
    return result


def total(results):
    return max(results.get("chains_of_pack", 0), len(results["chains"]))


def judge(results):
    """Verdicts in the order of docs/benchmarks.md."""
    rows, count, verdicts = results["chains"], total(results), []
    sources = sorted({rate["by"] for rate in results.get("rates", {}).get("rates", {}).values() if "not measured" in rate["by"]})
    for name, words in PASSES.items():
        values = [value for value in (figures.of_roof(row, name, results) for row in rows) if value]
        mean = geomean(values)
        verdicts.append(verdict("gate", f"share of the plan's own roof, geometric mean, {words}", ROOF, values, mean and mean >= ROOF, count, mean,
                                f"matrix rates: {sources[0]}" if sources else ""))
    for mode, title in MODES.items():
        for name, words in PASSES.items():
            values = {row["chain"]: figures.speedup(row, mode, name) for row in rows}
            values = {chain: value for chain, value in values.items() if value}
            slowest = min(values, key=values.get) if values else None
            result = verdict("gate", f"slowest chain against {title}, {words}", 1.0, list(values), slowest is not None and values[slowest] >= 1, count,
                             values.get(slowest))
            slower = [chain for chain, value in sorted(values.items()) if value < 1]
            if slower:  # one is enough, however many are missing
                result.update({"verdict": "missed", "slower": slower})
            verdicts.append(result)
    for mode, title in MODES.items():
        for name, words in PASSES.items():
            values = [value for value in (figures.speedup(row, mode, name) for row in rows) if value]
            mean = geomean(values)
            verdicts.append(verdict("aim", f"times faster than {title}, geometric mean, {words}", FASTER[name], values, mean and mean >= FASTER[name], count, mean))
    verdicts.append(copy_verdict(results))
    product = results.get("rates", {}).get("matmul", {})
    ratio = product["ours_flops_per_s"] / product["library_flops_per_s"] if "library_flops_per_s" in product and product.get("unit") == "3xtf32" else None
    verdicts.append(verdict("aim", "3xTF32 matrix product, times the library's fp32", MATMUL, [ratio] if ratio else [], ratio and ratio >= MATMUL, 1, ratio))
    if not results.get("device_named", "cuda").startswith("cuda"):
        for one in verdicts:
            one.update({"verdict": "NOT RUN", "note": "times of the host driver show that it works, not how fast"})
    return verdicts


def copy_verdict(results):
    rows = results["chains"]
    bound = [row for row in rows if figures.output_bound(row, results)]
    shares = {row["chain"]: figures.share_of_copy(row, "forward", results) for row in bound}
    values = {chain: value for chain, value in shares.items() if value}
    least = min(values, key=values.get) if values else None
    complete = len(rows) >= total(results)
    return verdict("aim", "share of the copy bandwidth, least of the output-bound chains, forward", COPY, list(values), least and values[least] >= COPY,
                   len(bound) if complete else total(results), values.get(least), f"chains {', '.join(map(str, sorted(values)))}" if values else "")


def exit_code(results):
    """0: the gate is met; 1: something failed; 4: the gate is missed; 5: something the gate needs was not run."""
    if any("error" in (row.get(subject) or {}) for row in results["chains"] for subject in ("ours", "errors", "plan")):
        return 1
    verdicts = [one["verdict"] for one in results["verdicts"] if one["kind"] == "gate"]
    return 4 if "missed" in verdicts else 5 if "NOT RUN" in verdicts else 0
