#!/usr/bin/env python3
"""Runs every chain of a file at its small size, gradients included, and holds every value to the evaluator; prints a line per chain.

Chains that are not supported yet (exit codes 1 and 3) are grouped by cause and held to a pinned list, which can only shrink; those that fail in any other
way have a list of their own. A result or gradient of nothing but zeros proves nothing: its chain has to be listed as such, and is run with shifted parameters too.
"""
import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path

from chains import HERE, PINS, convert, first_error, folder, hold_to_pins, print_causes

UNSUPPORTED = (1, 3)


class Result:
    """What one chain printed, and how it ended."""

    def __init__(self, code, output, errors):
        self.code, self.output, self.errors = code, output, errors
        found = re.findall(r"^(forward|backward) (\S+): \d+ elements, largest error (\S+) tolerances(.*)$", output, re.MULTILINE)
        self.worst = max((float(error) for _, _, error, _ in found), default=0.0)
        self.results, self.nothing = len(found), [f"{phase} {name}" for phase, name, _, rest in found if "proves nothing" in rest]
        self.failed = [f"{phase} {name} {rest.removeprefix('; ')}" for phase, name, _, rest in found if "FAILED" in rest]
        self.failed += re.findall(r"^dual numbers: .* FAILED$", output, re.MULTILINE)

    def message(self):
        return "; ".join(self.failed) if self.code == 4 and self.failed else first_error(self.errors or self.output)

    def line(self):
        if self.code:
            return f"exit code {self.code}: {self.message()}"
        nothing = f"; all zero: {', '.join(self.nothing)}" if self.nothing else ""
        return f"ok: {self.results} results, largest error {self.worst:.3f} tolerances{nothing}"


def run_together(paths, options, seconds):
    """Runs many models in one process; after one that crashed or never ended, another process takes the rest."""
    results, left = {}, list(paths)
    while left:
        try:
            run = subprocess.run(["fusion-run", *map(str, left), *options], capture_output=True, text=True, timeout=seconds)
            out, errors, code = run.stdout, run.stderr, run.returncode
        except subprocess.TimeoutExpired as expired:
            out, errors, code = (expired.stdout or b"").decode(), (expired.stderr or b"").decode() + f"\nerror: no end within {seconds} s", 124
        if len(left) == 1:
            results[left[0]] = Result(code, out, errors)
            return results
        parts = re.split(r"^== (\S+)$\n", out, flags=re.MULTILINE)
        seen = [Path(name) for name in parts[1::2]]
        broken = code >= 124 or code < 0
        for path, output in zip(seen, parts[2::2]):
            end = re.search(rf"^== {re.escape(str(path))}: exit code (\d+)$", output, re.MULTILINE)
            ended = code if broken and path == seen[-1] else int(end.group(1)) if end else 0
            about = "\n".join(line for line in errors.splitlines() if str(path) in line)
            if ended not in (0, 4, 124) and not about:  # an error without a place: whose it is shows in a process of its own
                results.update(run_together([path], options, seconds))
            else:
                results[path] = Result(ended, output, about or errors)
        left = [path for path in left if path not in results] if seen else left[1:]
    return results


def run_each(paths, options, seconds):
    """Runs models one by one, each with the plan and the tiles of its full size."""
    results = {}
    for small, full in paths.items():
        results.update(run_together([small], [f"--schedule-from={full}", *options], seconds))
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", default=HERE / "Inputs" / "level2.json")
    parser.add_argument("--pins", metavar="KIND", help="which list of not-yet.json holds the chains that may be unsupported; default: none may")
    parser.add_argument("--update", action="store_true", help="take chains that work now off the list")
    parser.add_argument("--only", metavar="N,...", help="run these chains only")
    parser.add_argument("--full-schedule", action="store_true", help="use the plan and the tiles chosen at full size (fusion-run --schedule-from)")
    parser.add_argument("--grad", default="all", choices=["none", "params", "all"])
    parser.add_argument("--option", action="append", default=[], help="a further option of fusion-run; repeatable")
    parser.add_argument("--timeout", type=int, default=600, help="seconds for one process")
    options = parser.parse_args()
    only = {int(number) for number in options.only.split(",")} if options.only else None
    command, start = [f"--grad={options.grad}", "--check", *options.option], time.monotonic()
    with folder() as full, folder() as small:
        size = "--small-equal" if options.full_schedule else "--small"  # a plan may live on extents that are equal
        numbers = [number for number in convert(options.file, small, size) if only is None or number in only]
        models = {number: Path(small) / f"{number}.mlir" for number in numbers}
        if options.full_schedule:
            convert(options.file, full)
            results = run_each({path: Path(full) / path.name for path in models.values()}, command, options.timeout)
        else:
            results = run_together(list(models.values()), command, options.timeout)
    return judge(options, {number: results[path] for number, path in models.items()}, time.monotonic() - start)


def judge(options, results, seconds):
    constant = set(json.loads(PINS.read_text(encoding="utf-8")).get(f"{options.pins}: constant", []))
    fits = True
    for number, result in results.items():
        print(f"chain {number}: {result.line()}")
        if result.code == 0 and not result.results:
            print(f"chain {number}: nothing was compared")
            fits = False
        if result.code == 0 and result.nothing and number not in constant:
            print(f"chain {number}: all zero, which proves nothing; list it in {PINS.name} and add it with shifted parameters to Inputs/shifted.json")
            fits = False
        if result.code == 0 and not result.nothing and number in constant:
            print(f"chain {number}: not all zero; take it off the list of constant ones in {PINS.name}")
            fits = False
    unsupported = {number: result.message() for number, result in results.items() if result.code in UNSUPPORTED}
    wrong = {number: f"exit code {result.code}: {result.message()}" for number, result in results.items() if result.code not in (0, *UNSUPPORTED)}
    passed = len(results) - len(unsupported) - len(wrong)
    print(f"\n{passed} of {len(results)} chains agree with the evaluator ({seconds:.0f} s)")
    print_causes(unsupported)
    if wrong:
        print("wrong, not merely unsupported:")
        print_causes(wrong)
    if not options.pins:
        return 0 if fits and not unsupported and not wrong else 1
    fits &= hold_to_pins(options.pins, results, unsupported, options.update)
    fits &= hold_to_pins(f"{options.pins}: wrong", results, wrong, options.update)
    return 0 if fits else 1


sys.exit(main())
