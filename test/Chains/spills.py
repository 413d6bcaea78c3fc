#!/usr/bin/env python3
"""Compiles every chain of a file at full size, forward and backward, and fails where a kernel spills, nothing could look, or the PTX multiplies otherwise than the report says."""
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chains import convert, folder

# What is compiled: precision, architecture.
FORMS = [("torch", "sm_80"), ("torch", "sm_90a"), ("bf16", "sm_90a")]
MULTIPLIES = {
    "fp32": None,
    "tf32": "m16n8k8.row.col.f32.tf32.tf32.f32",
    "3xtf32": "m16n8k8.row.col.f32.tf32.tf32.f32",
    "bf16": "m16n8k16.row.col.f32.bf16.bf16.f32",
    "fp16": "m16n8k16.row.col.f32.f16.f16.f32",
}


# The same of four warps together.
TOGETHER = {
    "tf32": "k8.f32.tf32.tf32",
    "3xtf32": "k8.f32.tf32.tf32",
    "bf16": "k16.f32.bf16.bf16",
    "fp16": "k16.f32.f16.f16",
}


def emit(model, precision, arch, kind, *more):
    command = ["fusion-opt", str(model), "--grad=all", "--precision=" + precision, "--arch=" + arch, "--emit=" + kind, *more]
    return subprocess.run(command, capture_output=True, text=True)


def entries(text):
    """The text of each kernel of a PTX module, by name."""
    parts = re.split(r"\.visible \.entry (\w+)\(", text)
    return dict(zip(parts[1::2], parts[2::2]))


def instructions(kernels, ptx):
    for kernel in kernels:
        text, together = ptx.get(kernel["name"], ""), "grouped = 1" in kernel["schedule"] or re.search("(of a|per) warpgroup", kernel["schedule"])
        found = set(re.findall(r"[^g]mma\.sync\.aligned\.([\w.]+)", text))
        found |= set(re.findall(r"wgmma\.mma_async\.sync\.aligned\.m64n\d+(k[\w.]+)", text))
        wanted = {(TOGETHER if together else MULTIPLIES)[kernel["unit"]]} - {None}
        if kernel["name"] not in ptx:
            yield f"{kernel['name']}: not in the PTX"
        elif found != wanted:
            yield f"{kernel['name']} runs on {kernel['unit']}: expected {wanted or 'no products'} of tensor cores, but got {found or 'none'}"
        elif kernel["unit"] == "3xtf32" and "fma.rn.f32" not in ptx[kernel["name"]]:
            yield f"{kernel['name']}: no fp32 products for sums that are not finite"


def compiled(task):
    model, precision, arch = task
    name = f"chain {model.stem}, {precision}, {arch}"
    run = emit(model, precision, arch, "report")
    if run.returncode:
        return 0, [f"{name}: exit code {run.returncode}: {run.stderr.strip()[-300:]}"]
    report = json.loads(run.stdout)
    kernels = [kernel for phase in ("forward", "backward") for kernel in report[phase]["kernels"]]
    wrong = [f"{k['name']}: no register count from the compiler" for k in kernels if not k["registers"]]
    wrong += [f"{k['name']} has {k['spill_bytes']} spill bytes" for k in kernels if k["spill_bytes"]]
    wrong += [f"{k['name']}: products of warpgroups wait for each other" for k in kernels if k["serialized"]]
    if arch == "sm_90a":
        file = Path(model.parent) / f"{model.stem}-{precision}.ptx"
        run = emit(model, precision, arch, "ptx", "-o", str(file))
        if run.returncode:
            return 0, [f"{name}: exit code {run.returncode}: {run.stderr.strip()[-300:]}"]
        wrong += instructions(kernels, entries(file.read_text()))
    return len(kernels), [f"{name}: {line}" for line in wrong]


def main():
    with folder() as path:
        numbers = convert(sys.argv[1], path)
        tasks = [(Path(path) / f"{number}.mlir", *form) for number in numbers for form in FORMS]
        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            results = list(pool.map(compiled, tasks))
    wrong = [line for _, lines in results for line in lines]
    print("\n".join(wrong + [f"{sum(count for count, _ in results)} kernels of {len(tasks)} programs, {len(wrong)} of them wrong"]))
    return bool(wrong) or not tasks


sys.exit(main())
