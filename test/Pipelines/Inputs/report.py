"""report.py CONDITION... < report.json: exits with 1, naming the values, unless every condition holds.

A condition is a Python expression over `report`, the report itself, `f` and `b`, its phases, and these functions of a phase: `ratio`, bytes moved over
compulsory bytes; `kernels`, how many; `runs(phase, stage)`, how many kernels hold a stage of that name; `why(phase, text)`, how many decisions say it.
"""
import json
import sys

report = json.load(sys.stdin)
names = {
    "report": report,
    "f": report["forward"],
    "b": report["backward"],
    "ratio": lambda phase: phase["bytes"] / phase["compulsory_bytes"],
    "kernels": lambda phase: len(phase["kernels"]),
    "runs": lambda phase, stage: sum(stage in kernel["stages"] for kernel in phase["kernels"]),
    "why": lambda phase, text: sum(text in line for line in phase["decisions"]),
}
failed = False
for condition in sys.argv[1:]:
    holds = eval(condition, names)  # the tests' own text
    left = condition.split(" <= ")[0].split(" == ")[0]
    try:
        value = eval(left, names)
    except SyntaxError:
        value = holds  # the sign was not the outermost one
    print("holds:" if holds else "FAILS:", condition, "; the left side is", value)
    failed |= not holds
sys.exit(1 if failed else 0)
