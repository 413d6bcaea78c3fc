"""Compiles every chain at full size and prints what the compiler predicts, kernel by kernel, next to the roof; needs no GPU, measures nothing."""
import concurrent.futures
import datetime
import json
import tempfile
from pathlib import Path

from . import chains, compiler, figures, gate, table
from .stats import geomean


def add_arguments(parser):
    compiler.add_arguments(parser)
    parser.add_argument("--brief", action="store_true", help="without the lines of kernels")
    parser.add_argument("-o", dest="output", metavar="FILE", help="also write the results there, for `show`")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results/DATE-chains-predicted.json and .md")


def plan(tools, facts, folder):
    path = Path(folder) / f"{facts.number}.mlir"
    path.write_text(facts.text, encoding="utf-8")
    try:
        return tools.plan(path, facts)
    except compiler.Failed as error:
        return {"error": str(error), "ops": facts.ops}


def totals(rows):
    """Geometric means of predicted over roofline time, of bytes over compulsory bytes and of kernels; saved bytes over output bytes."""
    for what, pick in (("forward", lambda p: [p["forward"]]), ("forward that saves for backward", lambda p: [p["training"]["forward"]]),
                       ("backward", lambda p: [p["training"]["backward"]])):
        found = [phase for row in rows for phase in pick(row["plan"])]
        yield (f"{what}, geometric means: predicted / roofline time {geomean(p['predicted_us'] / p['roofline_us'] for p in found):.3f}, "
               f"bytes / compulsory bytes {geomean(p['bytes'] / p['compulsory_bytes'] for p in found):.3f}, kernels {geomean(len(p['kernels']) for p in found):.3f}")
    saved, outputs = (sum(values) for values in zip(*((row["plan"]["training"]["forward"]["saved_bytes"], row["plan"]["output_bytes"]) for row in rows)))
    yield f"saved bytes over output bytes, in total: {saved / outputs:.2f}"
    for what, key in (("farthest from the roofline", lambda p: p["predicted_us"] / p["roofline_us"]), ("most bytes over compulsory bytes", lambda p: p["bytes"] / p["compulsory_bytes"]),
                      ("most kernels", lambda p: len(p["kernels"]))):
        worst = sorted(rows, key=lambda row: -key(row["plan"]["forward"]))[:5]
        yield f"forward, {what}: " + ", ".join(f"{row['chain']} ({key(row['plan']['forward']):.3g})" for row in worst)


def save(results, text):
    stem = compiler.ROOT / "benchmarks" / "results" / f"{results['date']}-chains-predicted"
    stem.with_suffix(".json").write_text(json.dumps(results, separators=(",", ":")).replace('{"chain"', '\n{"chain"') + "\n", encoding="utf-8")
    stem.with_suffix(".md").write_text(f"# Predictions for {len(results['chains'])} chains\n\n{results['date']}, `benchmarks/run predict --brief --save`. All figures are predictions at "
                                       f"full size; nothing is measured (docs/benchmarks.md, docs/report.md).\n\n```\n{text}\n```\n", encoding="utf-8")
    print(f"\nwritten: {stem.relative_to(compiler.ROOT)}.json and .md")


def run(options):
    tools = compiler.Compiler(options.build, options.arch, options.timeout)
    if tools.missing("fusion-opt"):
        return compiler.complain(tools.missing("fusion-opt"))
    try:
        facts = chains.read(options.file, options.only)
    except chains.FactError as error:
        return compiler.complain(error) - 1
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        try:
            _, rates = tools.extras(folder)
        except compiler.Failed as error:
            return compiler.complain(error)
        plans = list(pool.map(lambda chain: plan(tools, chain, folder), facts))
    results = {"format": "fusion-benchmark-results", "version": 1, "kind": "predicted", "date": datetime.date.today().isoformat(), "arch": options.arch,
               "chains_of_pack": len(facts),
               "rates": {"copy": {"bytes_per_s": rates.pop("copy"), "by": "the compiler's table of devices, a prediction"},
                         "rates": {unit: {"flops_per_s": rate, "by": "the compiler's table of devices, not measured"} for unit, rate in rates.items()}},
               "chains": [{"chain": chain.number, "name": chain.name, "plan": found} for chain, found in zip(facts, plans)]}
    results["verdicts"] = gate.judge(results)
    good = [row for row in results["chains"] if "error" not in row["plan"]]
    lines = list(table.render(results, options.brief)) + [f"{len(good)} of {len(facts)} chains compile, forward and all gradients"]
    for name, words in figures.PASSES.items():
        shares = [figures.roof(row["plan"], name, results) / figures.predicted(row["plan"], name) for row in good if figures.roof(row["plan"], name, results)]
        if shares:
            lines.append(f"predicted share of the plan's own roof, geometric mean, {words}: {geomean(shares):.3f}")
    lines += totals(good) if good else []
    print("\n".join(lines))
    if options.output:
        Path(options.output).write_text(json.dumps(results, separators=(",", ":")).replace('{"chain"', '\n{"chain"') + "\n", encoding="utf-8")
    if options.save:
        save(results, "\n".join(lines))
    return 0 if len(good) == len(facts) else 1
