"""Moves the batch up to which a program's narrow form serves. Usage: narrow-batch.py PROGRAM BATCH OUTPUT."""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Planted" / "Inputs"))
from planted import checksum  # noqa: E402

source, batch, output = sys.argv[1:]
program = json.loads(Path(source).read_text())
for variant in program["variants"]:
    for phase in filter(None, (variant["forward"], variant.get("backward"))):
        if "narrow_batch" not in phase:
            sys.exit("expected a narrow form, but the program has none")
        phase["narrow_batch"] = int(batch)
program["checksum"] = checksum(program)
Path(output).write_text(json.dumps(program))
