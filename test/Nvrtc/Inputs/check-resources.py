"""Compiles chains for several architectures and holds every kernel to 0 spilled bytes and a number of registers."""
import argparse
import json
import resource
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--registers", type=int, default=255)
parser.add_argument("--expect-findings", action="store_true", help="succeed only where the check would fail: a check that cannot fail is none")
parser.add_argument("arches")
parser.add_argument("inputs", nargs="+")
args = parser.parse_args()

bad = 0
for path in args.inputs:
    for arch in args.arches.split(","):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run = subprocess.run(["fusion-opt", path, "--emit=report", "--grad=all", "--arch=" + arch], capture_output=True, text=True)
        if run.returncode:
            sys.exit(run.stderr)
        report = json.loads(run.stdout)
        kernels = [k for phase in ("forward", "backward") for k in (report[phase] or {"kernels": []})["kernels"]]
        if not kernels:
            sys.exit(f"expected kernels in the report of {path}, but got none")
        if any(k["registers"] is None for k in kernels):
            print("NOT RUN: registers and spills are unknown:", run.stderr.strip())
            sys.exit(0)
        for k in kernels:
            if k["spill_bytes"] != 0 or k["registers"] > args.registers:
                print(f"FAIL {report['chain']} {arch} {k['name']}: {k['registers']} registers, {k['spill_bytes']} bytes spilled; {k['schedule']}")
                bad += 1
        most = max(k["registers"] for k in kernels)
        seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        print(f"{report['chain']:<45} {arch:<8} {len(kernels):2d} kernels, at most {most} registers, {seconds:.2f} s of CPU time")
sys.exit(0 if bool(bad) == args.expect_findings else 1)
