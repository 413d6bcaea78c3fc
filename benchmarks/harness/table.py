"""Prints results: a line per chain and pass, below it a line per kernel of what is predicted, then causes, then verdicts."""
from collections import defaultdict

from . import figures
from .figures import PASSES
from .stats import geomean

MISSING = "NOT RUN"
COLUMNS = [("chain", 5), ("pass", 8), ("kernels", 8), ("predicted", 10), ("us", 10), ("spread", 8), ("roof us", 9), ("of roof", 8), ("copy", 8), ("matrix", 8), ("x eager", 8),
           ("x graph", 8), ("x comp.", 8), ("x auto", 8), ("error", 8), ("eager's", 8), ("peak MB", 9), ("eager's", 9), ("launch", 8), ("eager's", 8),
           ("comp.'s", 8), ("built s", 8), ("comp.'s", 8)]


def cell(value, form):
    return MISSING if value is None else form.format(value)


def line(row, name, results):
    plan = row["plan"]
    found = figures.phases(plan, name)
    ours = (row.get("ours") or {}).get(f"{name}_us")
    spread = (ours["q3"] - ours["q1"]) / ours["median"] if ours and ours["median"] else None

    def megabytes(subject):
        size = (row.get(subject) or {}).get(f"{name}_peak_bytes")
        return cell(size / 1e6 if size else None, "{:.0f}")
    compiled = (row.get("warm") or {}).get(f"{name}_cold_compile_s") or (row.get("compile") or {}).get(f"{name}_compile_s")
    built = plan.get("forward" if name == "forward" else "training", {}).get("compile_s")
    return [row["chain"] if name == "forward" else "", {"forward": "F", "both": "F+B"}[name], cell(sum(len(p["kernels"]) for p in found) if found else None, "{}"),
            cell(figures.predicted(plan, name), "{:.1f}"), cell(ours and ours["median"], "{:.1f}"), cell(spread, "{:.1%}"),
            cell(figures.roof(plan, name, results), "{:.1f}"), cell(figures.of_roof(row, name, results), "{:.2f}"),
            cell(figures.share_of_copy(row, name, results), "{:.0%}"), cell(figures.share_of_matrix(row, name, results), "{:.0%}"),
            *(cell(figures.speedup(row, subject, name), "{:.2f}") for subject in ("eager", "graph", "compile", "autotune")),
            *(cell(figures.worst_error(row, who) if name == "both" else first_error(row, who), "{:.1e}") for who in ("ours", "eager")),
            megabytes("ours"), megabytes("eager"), *(cell(figures.median(row, subject, name, "launch_us"), "{:.1f}") for subject in ("ours", "eager", "compile")),
            cell(built, "{:.1f}"), cell(compiled, "{:.1f}")]


def first_error(row, who):
    found = ((row.get("errors") or {}).get(who) or {}).get("y")
    return found.get("max") if found else None


def aligned(cells):
    return "".join(f"{str(text):>{width}}" for text, (_, width) in zip(cells, COLUMNS))


def kernels(plan, results):
    """What the model predicts of each kernel, by its terms, next to its roof."""
    for what, phase in (("forward", plan["forward"]), ("saving", plan["training"]["forward"]), ("backward", plan["training"]["backward"])):
        for kernel in phase["kernels"]:
            terms, roof = kernel["terms"], figures.kernel_roof(kernel, results)
            yield (f"{'':>8}{what:<9}{kernel['name']:<60} {kernel['unit']:<7}{kernel['predicted_us']:>9.1f} us = bytes {terms['memory_us']:.1f}, math {terms['math_us']:.1f}, "
                   f"special {terms['special_us']:.1f}, launch {terms['launch_us']:.1f}; roof {cell(roof, '{:.1f}')}")


def head(results):
    copy = results.get("rates", {}).get("copy")
    yield f"{results['date']}, {results['arch']}, {results['kind']}" + (f" on {results['device']['name']}" if "device" in results else "")
    failed = results.get("rates", {}).get("error") or results.get("rates", {}).get("not_run")
    if failed:
        yield f"rates: {MISSING}: {failed}"
    if copy:
        yield f"copy: {copy['bytes_per_s'] / 1e9:.0f} GB/s ({copy['by']})"
    for unit, rate in results.get("rates", {}).get("rates", {}).items():
        yield f"{unit}: {rate['flops_per_s'] / 1e12:.1f} Tflop/s ({rate['by']})"
    if results["kind"] == "predicted":
        yield "Nothing was measured: predicted times come from the cost model, roofs from the compiler's table of devices."
    if "pytorch" in results:
        about = results["pytorch"]
        yield f"PyTorch: {MISSING}: {about['not_run']}" if "not_run" in about else f"PyTorch {about['pytorch']}: convolutions {about['convolutions']}, matrix products {about['matrix products']}"


def causes(results):
    """Why cells read NOT RUN, and what failed, by cause."""
    found = defaultdict(list)
    for row in results["chains"]:
        for subject in ("plan", "ours", "errors", "eager", "graph", "compile", "autotune"):
            answer = row.get(subject)
            if answer is None and results["kind"] == "measured":
                answer = {"not_run": "not asked for"}
            if answer and "error" in answer:
                found[f"failed: {subject}: {answer['error']}"].append(row["chain"])
            elif answer and "not_run" in answer:
                found[f"{MISSING}: {subject}: {answer['not_run']}"].append(row["chain"])
    for cause, chains in sorted(found.items(), key=lambda item: -len(item[1])):
        yield f"{cause} ({'all chains' if len(chains) == len(results['chains']) else 'chains ' + ', '.join(map(str, chains))})"


def means(results):
    for name, words in PASSES.items():
        found = {subject: [value for value in (figures.speedup(row, subject, name) for row in results["chains"]) if value]
                 for subject in ("eager", "graph", "compile", "autotune")}
        text = ", ".join(f"{subject} {geomean(values):.2f} ({len(values)} chains)" if values else f"{subject} {MISSING}" for subject, values in found.items())
        yield f"times faster, geometric means, {words}: {text}"


    ratios = {}
    for row in results["chains"]:
        ours, eager = (figures.worst_error(row, who) for who in ("ours", "eager"))
        if ours is not None and eager:
            ratios[row["chain"]] = ours / eager
    if ratios:
        worst = max(ratios, key=ratios.get)
        yield f"errors against float64, ours over eager's: median {sorted(ratios.values())[len(ratios) // 2]:.2f}, worst {ratios[worst]:.2f} (chain {worst})"


def verdicts(results):
    for one in results["verdicts"]:
        figure = MISSING if one["figure"] is None else f"{one['figure']:.3f} of {one['measured']} of {one['of']} measured"
        note = "".join(f"; {text}" for text in (one.get("note"), f"slower: chains {', '.join(map(str, one['slower']))}" if one.get("slower") else None) if text)
        yield f"{one['kind']}: {one['what']}, at least {one['target']}: {one['verdict']} ({figure}{note})"


def render(results, brief=False):
    yield from head(results)
    yield ""
    yield aligned([title for title, _ in COLUMNS])
    for row in results["chains"]:
        for name in PASSES:
            yield aligned(line(row, name, results))
        if results["kind"] == "predicted" and not brief and "error" not in row["plan"]:
            yield from kernels(row["plan"], results)
    yield ""
    yield from causes(results)
    if results["kind"] == "measured":
        yield from means(results)
    yield from verdicts(results)
