"""closed-output.py COMMAND...: runs a command whose standard output is closed, and prints what it says on standard error and its exit code."""
import os
import subprocess
import sys

run = subprocess.run(sys.argv[1:], stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
print(run.stderr.decode(), end="")
print("exit code", run.returncode)
