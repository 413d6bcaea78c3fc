"""broken-models.py MODEL: cuts a model off at 40 places and changes single bytes of it at 80, and compiles what is left.

Exits with 1 unless every cut leaves a located diagnostic and exit code 1, every change exit code 0, 1 or 3, and a failed run no file.
"""
import os
import random
import re
import subprocess
import sys
import tempfile

with open(sys.argv[1], "rb") as file:
    text = file.read()
end = text.rstrip().rfind(b"}")
body = text.index(b"func.func")
chance = random.Random(2)


def compile_(content):
    with tempfile.TemporaryDirectory() as folder:
        model, output = os.path.join(folder, "model.mlir"), os.path.join(folder, "output")
        with open(model, "wb") as file:
            file.write(content)
        run = subprocess.run(["fusion-opt", model, "--emit=program", "--grad=all", "-o", output], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        return run.returncode, run.stderr.decode("utf-8", "replace"), sorted(os.listdir(folder))


for i in range(40):
    at = body + 1 + (end - body - 1) * i // 40
    code, errors, files = compile_(text[:at])
    if code != 1 or not re.search(r"model\.mlir:\d+:\d+: error: ", errors) or files != ["model.mlir"]:
        sys.exit(f"cut at byte {at}: exit code {code}, files {files}: {errors[:500]}")
counts = {}
for i in range(80):
    at = chance.randrange(body, len(text))
    byte = bytes([chance.choice(b'0123456789-x?%"{}()<>#!:,;\\\n\x00\xff' + bytes([chance.randrange(256)]))])
    code, errors, files = compile_(text[:at] + byte + text[at + 1 :])
    located = code == 0 or re.search(r"model\.mlir:\d+:\d+: error: |^error: ", errors)
    if code not in (0, 1, 3) or not located or (files == ["model.mlir"]) == (code == 0):
        sys.exit(f"byte {at} set to {byte}: exit code {code}, files {files}: {errors[:500]}")
    counts[code] = counts.get(code, 0) + 1
print("changed bytes, by exit code:", counts)
sys.exit(0 if counts.get(0) and counts.get(1) else 1)
