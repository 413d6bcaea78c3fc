"""Plants a bug in a compiled program and holds the checks to it: the program as compiled must pass, the edited one must fail.

usage: planted.py TEST WORKFILE

The test file says what to do in lines `# key: value`:
  model     the model description, in Inputs/
  compile   options of fusion-opt besides --emit=program (default --grad=all)
  run       options of fusion-run besides --model, for both programs
  phase     the source that is edited: forward or backward
  find, replace, times
            a regular expression, what takes its place (as in Python's re.sub) and how often it must match exactly; may be repeated
  exit      how fusion-run must end on the edited program (docs/exit-codes.md)
What fusion-run printed about the edited program is printed for FileCheck. Anything unforeseen ends with an error: an edit that no
longer applies is a broken test and not a passed one.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

KEYS = ("model", "compile", "run", "phase", "find", "replace", "times", "exit")


def read(test):
    fields, edits = {"compile": "--grad=all", "run": ""}, []
    for line in Path(test).read_text().splitlines():
        match = re.match(r"# (\w+):(?: (.*))?$", line)
        if not match or match[1] not in KEYS:
            continue
        key, value = match[1], match[2] or ""
        if key == "find":
            edits.append({"find": value})
        elif key in ("replace", "times"):
            edits[-1][key] = value
        else:
            fields[key] = value
    return fields, edits


def fail(message):
    sys.exit(f"planted.py: error: {message}")


def run(command, expected):
    result = subprocess.run(command, capture_output=True, text=True)
    output = result.stdout + result.stderr
    if result.returncode != expected:
        fail(f"expected exit code {expected}, but got {result.returncode} from {' '.join(map(str, command))}\n{output}")
    return output


def checksum(program):
    """docs/program-format.md: FNV-1a, 64 bits, of everything but the checksum."""
    text = json.dumps({key: value for key, value in program.items() if key != "checksum"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"fnv1a64:{value:016x}"


def plant(source, edits):
    for edit in edits:
        changed, count = re.subn(edit["find"], edit["replace"], source, flags=re.MULTILINE)
        if count != int(edit["times"]):
            fail(f"expected {edit['times']} matches of {edit['find']!r}, but got {count}; the emitted text has changed, so the edit must follow it\n{source}")
        if changed == source:
            fail(f"expected {edit['find']!r} -> {edit['replace']!r} to change the source, but it did not")
        source = changed
    return source


def main(test, work):
    fields, edits = read(test)
    if not edits:
        fail("expected at least one edit")
    model = Path(test).parent / "Inputs" / fields["model"]
    good, bad = Path(work + ".good.json"), Path(work + ".bad.json")
    run(["fusion-opt", model, "--emit=program", *fields["compile"].split(), "-o", good], 0)
    program = json.loads(good.read_text())
    if checksum(program) != program["checksum"]:
        fail(f"expected the checksum {checksum(program)}, but got {program['checksum']}")
    command = ["fusion-run", f"--model={model}", *fields["run"].split()]
    run(command + [good], 0)
    phase = program["variants"][0][fields["phase"]]
    phase["source"] = plant(phase["source"], edits)
    program["checksum"] = checksum(program)
    bad.write_text(json.dumps(program))
    print(run(command + [bad], int(fields["exit"])))


if __name__ == "__main__":
    main(*sys.argv[1:])
