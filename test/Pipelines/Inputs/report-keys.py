"""report-keys.py PAGE < report.json: exits with 1 unless the report has every key that others rely on, and no key that PAGE does not name."""
import json
import re
import sys

REQUIRED = {
    "report": "chain arch forward backward",
    "phase": "kernels bytes compulsory_bytes saved_bytes workspace_bytes predicted_us roofline_us",
    "kernel": "name stages unit bytes_read bytes_written flops contraction_flops predicted_us threads shared_bytes registers spill_bytes",
}

report = json.load(sys.stdin)
with open(sys.argv[1]) as page:
    named = set(re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in page if line.startswith("| `"))))
phases = [report["forward"], report["backward"]]
objects = [("report", report)] + [("phase", phase) for phase in phases] + [("kernel", kernel) for phase in phases for kernel in phase["kernels"]]
problems = set()
for kind, thing in objects:
    problems |= {f"no key '{key}' in a {kind}" for key in REQUIRED[kind].split() if key not in thing}
    problems |= {f"key '{key}' of a {kind} is not on the page" for key in thing if key not in named}
sys.exit("\n".join(sorted(problems)) if problems else 0)
