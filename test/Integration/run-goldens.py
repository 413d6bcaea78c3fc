#!/usr/bin/env python3
"""Runs fusion-run on all golden files: run-goldens.py DIRECTORY [OPTION...]. Each must pass, or have exit code 3 when UNSUPPORTED names it; every pattern
there must name one."""
import fnmatch
import os
import re
import subprocess
import sys

UNSUPPORTED = ["reshape_merged_batch"]
directory, patterns, options = sys.argv[1], UNSUPPORTED, sys.argv[2:]
# A spelled-out hardswish becomes the op, as users of the op mean it: an infinite value above FLT_MAX / 6 and dy instead of NaN as the gradient
# at NaN are the two points where that differs from the product. With --precision=ieee it stays a product and must pass.
spelled = "tail_relu_hardswish"
names = sorted(f[:-len(".json")] for f in os.listdir(directory) if f.endswith(".json"))
unsupported = {name for name in names for pattern in patterns if fnmatch.fnmatchcase(name, pattern)}
idle = [pattern for pattern in patterns if not fnmatch.filter(names, pattern)]
run = subprocess.run(["fusion-run"] + options + ["--golden=" + os.path.join(directory, n + ".json") for n in names], capture_output=True, text=True)
codes = dict.fromkeys(names, 0)
codes.update((m[1], int(m[2])) for m in re.finditer(r"^== .*/(\w+)\.json: exit code (\d+)$", run.stdout, re.M))
passed = run.stdout.count("\nok\n")
wrong = {name: code for name, code in codes.items() if code != (3 if name in unsupported else 4 if name == spelled else 0)}
exact = subprocess.run(["fusion-run"] + options + ["--precision=ieee", "--golden=" + os.path.join(directory, spelled + ".json")], capture_output=True, text=True)
if exact.returncode != 0:
    wrong[spelled + " with --precision=ieee"] = exact.returncode
missing = {"conv2d", "linear", "group_norm"} - set(names)
if wrong or missing or idle or passed != len(names) - len(unsupported) - 1:
    print(run.stdout, run.stderr, sep="\n")
    sys.exit("%d of %d passed; unexpected exit codes: %s; missing: %s; patterns that name nothing: %s" % (passed, len(names), wrong, missing, idle))
