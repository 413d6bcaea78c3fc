"""Removes the backward phase from a program file, leaves its gradients promised, and makes the checksum fit."""
import json
import sys
from pathlib import Path

from planted import checksum

program = json.loads(Path(sys.argv[1]).read_text())
del program["variants"][0]["backward"]
program["checksum"] = checksum(program)
Path(sys.argv[2]).write_text(json.dumps(program))
