#!/usr/bin/env python3
"""Compiles every chain of a file at full size, forward and backward, for sm_80 and sm_90a, and fails where a kernel spills or nothing could look."""
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chains import convert, folder


def spills(task):
    model, arch = task
    run = subprocess.run(["fusion-opt", str(model), "--grad=all", "--emit=report", "--arch=" + arch], capture_output=True, text=True)
    if run.returncode:
        return 0, [f"chain {model.stem}, {arch}: exit code {run.returncode}: {run.stderr.strip()[-300:]}"]
    report = json.loads(run.stdout)
    kernels = [kernel for phase in ("forward", "backward") for kernel in report[phase]["kernels"]]
    unseen = [f"chain {model.stem}, {arch}: {k['name']}: no register count from the compiler" for k in kernels if not k["registers"]]
    return len(kernels), unseen + [f"chain {model.stem}, {arch}: {k['name']} has {k['spill_bytes']} spill bytes" for k in kernels if k["spill_bytes"]]


def main():
    with folder() as path:
        numbers = convert(sys.argv[1], path)
        tasks = [(Path(path) / f"{number}.mlir", arch) for number in numbers for arch in ("sm_80", "sm_90a")]
        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            results = list(pool.map(spills, tasks))
    wrong = [line for _, lines in results for line in lines]
    print("\n".join(wrong + [f"{sum(count for count, _ in results)} kernels of {len(tasks)} programs, {len(wrong)} of them wrong"]))
    return bool(wrong) or not tasks


sys.exit(main())
