"""What the tests of chains share: conversion of a whole file, and the pinned list of chains that are not possible yet."""
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONVERTER = HERE.parent.parent / "tools" / "chain-to-mlir"
PINS = HERE / "not-yet.json"


def convert(file, folder, *options):
    """Converts every chain of a file into FOLDER/NUMBER.mlir; the numbers."""
    subprocess.run([sys.executable, CONVERTER, file, "all", "-o", folder, *options], check=True)
    return sorted(int(path.stem) for path in Path(folder).glob("*.mlir"))


def folder():
    return tempfile.TemporaryDirectory(prefix="chains-")


def first_error(text):
    """The first diagnostic of a tool, without place, shapes and numbers, so that equal causes read alike."""
    for line in text.splitlines():
        match = re.search(r"\b(?:error|NOT RUN): (.*)", line)
        if match:
            return match.group(1)
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"


def cause(message):
    message = re.sub(r"'?tensor<[^>]*>'?", "TENSOR", message)
    return re.sub(r"(?<![\w.])\d[\d.]*(?:e[-+]?\d+)?(?!\w)", "N", message)


def print_causes(failures, out=sys.stdout):
    """Chains grouped by why they fail, the most frequent cause first."""
    groups = defaultdict(list)
    for number, message in failures.items():
        groups[cause(message)].append(number)
    for message, numbers in sorted(groups.items(), key=lambda item: -len(item[1])):
        print(f"{len(numbers):>3} x {message}\n      chains {', '.join(map(str, sorted(numbers)))}", file=out)


def hold_to_pins(kind, ran, failures, update):
    """Whether exactly the pinned chains of `ran` fail. The list can only shrink: `update` takes off what works now, and adds nothing."""
    pins = json.loads(PINS.read_text(encoding="utf-8"))
    pinned = set(pins[kind])
    fresh, stale = sorted(set(failures) - pinned), sorted((pinned & set(ran)) - set(failures))
    for number in fresh:
        print(f"{kind}: chain {number} fails and is not pinned: {failures[number]}")
    if stale and update:
        pins[kind] = [number for number in pins[kind] if number not in stale]
        PINS.write_text("{\n" + ",\n".join(f' "{key}": {json.dumps(value)}' for key, value in pins.items()) + "\n}\n", encoding="utf-8")
        print(f"{kind}: taken off the list: {', '.join(map(str, stale))}")
        stale = []
    for number in stale:
        print(f"{kind}: chain {number} works now; take it off {PINS.name}, which {Path(sys.argv[0]).name} --update does")
    return not fresh and not stale
