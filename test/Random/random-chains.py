#!/usr/bin/env python3
"""Random chains of named ops against the evaluator: generates, runs, counts, and shrinks what fails. A chain is made again from its seed and number."""
import argparse
import datetime
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import run
from generate import generate
from run import run_all, run_one
from shrink import shrink


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, action="append", help="may be repeated: COUNT chains of each (default: the time)")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="number of the first chain")
    parser.add_argument("--print", action="store_true", help="prints the models instead of running them")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="where failing models go, as made and shrunk")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--log", type=Path, metavar="FILE", help="one line per chain that is not ok, and the summary, are added to it")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--tool", default="fusion-run")
    parser.add_argument("--option", action="append", default=[], help="another option of the tool; repeatable")
    parser.add_argument("--element", default="f32", choices=("f32", "f16", "bf16", "narrow"), help="type of all tensors; narrow draws f16 or bf16 per chain")
    parser.add_argument("--layouts", action="store_true", help="some arguments and results of rank 3 to 5 lie channels-last")
    parser.add_argument("--cuda", action="store_true", help="on a GPU instead of the host driver with its checks")
    parser.add_argument("--most-unsupported", type=int, metavar="N", help="more chains that are not supported yet are a failure")
    parser.add_argument("--most-unjudged", type=int, metavar="N", help="more chains of NaN, or with a result of zeros in forward, are a failure")
    options = parser.parse_args()
    if options.cuda:
        run.WHERE = ["--device=cuda"]
    run.WHERE = run.WHERE + options.option
    return options


class Report:
    """Counts of all chains so far."""

    def __init__(self, log):
        self.log = log
        self.kinds, self.messages, self.zeros, self.results, self.all_zero = Counter(), Counter(), 0, 0, 0

    def line(self, text):
        print(text, flush=True)
        if self.log:
            with open(self.log, "a", encoding="utf-8") as file:
                file.write(text + "\n")

    def count(self, outcome):
        self.kinds[outcome.kind] += 1
        if outcome.kind != "ok":
            self.messages[outcome.key] += 1
        self.zeros += outcome.zeros
        self.results += outcome.results
        self.all_zero += "(all zero" in "".join(line for line in outcome.text.splitlines() if line.startswith("forward"))

    def failures(self):
        return sum(n for kind, n in self.kinds.items() if kind not in ("ok", "unsupported", "unjudged"))

    def unjudged(self):
        return self.kinds["unjudged"] + self.all_zero

    def summary(self, seeds, seconds):
        self.line("%s seeds %s: %d chains in %.0f s: %s; %d of %d results all zero, %d chains not judged" % (
            datetime.date.today(), " ".join(map(str, seeds)), sum(self.kinds.values()), seconds,
            ", ".join("%d %s" % (self.kinds[k], k) for k in sorted(self.kinds)), self.zeros, self.results, self.unjudged()))
        for (kind, message), n in self.messages.most_common():
            self.line("  %d x %s: %s" % (n, kind, message))


def save_shrunk(args, seed, number, outcome, folder):
    """Writes the failing model, the shrunk one and what they say."""
    chain = generate(seed, number, args.element, args.layouts)
    args.save.mkdir(parents=True, exist_ok=True)
    name = "chain_%d_%d" % (seed, number)
    (args.save / (name + ".mlir")).write_text(chain.text(name), encoding="utf-8")
    if args.no_shrink:
        return
    path = Path(folder) / ("shrinking_%s.mlir" % name)

    def fails(text):
        path.write_text(text, encoding="utf-8")
        return run_one(args.tool, path).key == outcome.key

    text = shrink(chain, fails).text("shrunk")
    path.write_text(text, encoding="utf-8")
    said = "".join("// %s\n" % line for line in run_one(args.tool, path).text.splitlines()[:12])
    (args.save / (name + "_shrunk.mlir")).write_text("// %s: %s\n%s%s" % (outcome.kind, outcome.message, said.replace(str(folder), ""), text),
                                                     encoding="utf-8")


def main():
    args = arguments()
    seeds = args.seed or [int(time.time())]
    chains = [(seed, number) for seed in seeds for number in range(args.first, args.first + args.count)]
    if args.print:
        for seed, number in chains:
            print(generate(seed, number, args.element, args.layouts).text("chain_%d_%d" % (seed, number)))
        return 0
    print("seeds %s, chains %d to %d" % (" ".join(map(str, seeds)), args.first, args.first + args.count - 1), flush=True)
    start, report, kept = time.time(), Report(args.log), Counter()
    with tempfile.TemporaryDirectory(prefix="random-chains-") as folder:
        paths = {}
        for seed, number in chains:
            path = Path(folder) / ("chain_%d_%d.mlir" % (seed, number))
            path.write_text(generate(seed, number, args.element, args.layouts).text(path.stem), encoding="utf-8")
            paths[path] = (seed, number)
        for path, outcome in run_all(args.tool, list(paths), args.jobs):
            report.count(outcome)
            seed, number = paths[path]
            if outcome.kind != "ok":
                report.line("seed %d chain %d: %s: %s" % (seed, number, outcome.kind, outcome.message))
            if outcome.failed:
                kept[outcome.key] += 1
                if args.save and kept[outcome.key] <= 3:  # the same message over and over is mostly one cause
                    save_shrunk(args, seed, number, outcome, folder)
                elif not args.save:
                    print(outcome.text)
    report.summary(seeds, time.time() - start)
    bad = report.failures()
    bad += args.most_unsupported is not None and report.kinds["unsupported"] > args.most_unsupported
    bad += args.most_unjudged is not None and report.unjudged() > args.most_unjudged
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
