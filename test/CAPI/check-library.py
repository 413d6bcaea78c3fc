#!/usr/bin/env python3
"""Holds a built shared library to its promises: what it exports, what it needs, how large it is. Usage: check-library.py LIBRARY PREFIX."""
import os
import re
import subprocess
import sys
import tempfile

library, prefix = sys.argv[1:]
LARGEST = 2 << 20  # bytes, stripped
NEEDED = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "libpthread.so.0", "libdl.so.2"}

problems = []
symbols = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout.splitlines()
names = {line.split()[-1].split("@")[0] for line in symbols}
foreign = sorted(name for name in names if not name.startswith(prefix) and not name.startswith("FUSION_"))
if foreign or not any(name.startswith(prefix) for name in names):
    problems.append(f"expected symbols {prefix}* only, but got {foreign}")
dynamic = subprocess.run(["readelf", "-d", library], check=True, capture_output=True, text=True).stdout
needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic))
if needed - NEEDED:
    problems.append(f"expected the C and C++ libraries only, but it needs {sorted(needed - NEEDED)}")
with tempfile.NamedTemporaryFile() as stripped:
    subprocess.run(["strip", "-o", stripped.name, library], check=True)
    size = os.path.getsize(stripped.name)
if size > LARGEST:
    problems.append(f"expected at most {LARGEST} bytes stripped, but got {size}")
for problem in problems:
    print(f"{library}: {problem}")
print(f"{len(names)} symbols, needs {', '.join(sorted(needed))}, {size} bytes stripped")
sys.exit(bool(problems))
