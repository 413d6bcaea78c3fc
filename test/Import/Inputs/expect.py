"""expect.py CODE COMMAND...: runs a command that must end by itself with exit code CODE, and prints what it printed.

With OUTPUT in the command, a path that must not exist afterwards takes its place: a failed run writes nothing.
"""
import os
import subprocess
import sys
import tempfile

code, command = int(sys.argv[1]), sys.argv[2:]
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "output")
    command = [path if part == "OUTPUT" else part for part in command]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    sys.stdout.buffer.write(run.stdout)
    if run.returncode != code:
        sys.exit(f"expected exit code {code}, but got {run.returncode}")
    if os.path.exists(path):
        sys.exit("expected nothing written, but got a file")
    if len(run.stdout) > 20000:
        sys.exit(f"expected a message of reasonable length, but got {len(run.stdout)} bytes")
