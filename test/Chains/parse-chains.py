#!/usr/bin/env python3
"""Converts every chain of a file, full size and small, and has fusion-opt parse and verify them; holds the sizes to the rules and the failures to the pinned list."""
import argparse
import math
import re
import subprocess
import sys
from pathlib import Path

from chains import convert, first_error, folder, hold_to_pins, print_causes

ELEMENTS, BATCH = 1 << 18, 3


def shapes(path):
    return [[int(n) for n in text.split("x")[:-1]] for text in re.findall(r"tensor<((?:\d+x)*f32)>", path.read_text(encoding="utf-8"))]


def size_problems(full, small):
    """Where a small chain breaks the rules that it is made by."""
    for big, reduced in zip(shapes(full), shapes(small), strict=True):
        if len(big) != len(reduced):
            yield f"{reduced} has another rank than {big}"
        if math.prod(reduced) > ELEMENTS:
            yield f"{reduced} has more than {ELEMENTS} elements"
        if any(n > m for n, m in zip(reduced, big)):
            yield f"{reduced} is larger than {big}"
        if any(n != m and n > 4 and n & (n - 1) == 0 for n, m in zip(reduced, big)):
            yield f"{reduced}, of {big}, has a power of two"
    if shapes(small)[0][0] > BATCH:
        yield f"expected at most {BATCH} images, but got {shapes(small)[0][0]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--pins", metavar="KIND", help="which list of not-yet.json holds the chains that may fail; default: none may")
    parser.add_argument("--update", action="store_true", help="take chains that work now off the list")
    options = parser.parse_args()
    failures, wrong = {}, False
    with folder() as full, folder() as small:
        numbers = convert(options.file, full)
        assert numbers and numbers == convert(options.file, small, "--small")
        for number in numbers:
            for problem in size_problems(Path(full) / f"{number}.mlir", Path(small) / f"{number}.mlir"):
                print(f"chain {number}: {problem}")
                wrong = True
            for where in (small, full):
                run = subprocess.run(["fusion-opt", f"{where}/{number}.mlir"], capture_output=True, text=True)
                if run.returncode:
                    failures[number] = first_error(run.stderr)
                    wrong |= run.returncode != 1
    print(f"{len(numbers) - len(failures)} of {len(numbers)} chains are read")
    print_causes(failures)
    fits = hold_to_pins(options.pins, numbers, failures, options.update) if options.pins else not failures
    return 1 if wrong or not fits else 0


sys.exit(main())
