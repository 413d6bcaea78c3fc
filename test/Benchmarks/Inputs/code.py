"""code.py CODE COMMAND...: runs the command and succeeds when it ends with that exit code."""
import subprocess
import sys

code = subprocess.run(sys.argv[2:]).returncode
sys.exit(0 if code == int(sys.argv[1]) else f"expected exit code {sys.argv[1]}, but got {code}")
