"""results-keys.py PAGE RESULTS.json: exits with 1 unless the results have the keys that the page names for them, and none that it does not name."""
import json
import re
import sys

REQUIRED = {
    "results": "format version kind date arch device device_named chains_of_pack how host compiled_on clocks pytorch rates chains verdicts",
    "row": "chain name plan ours errors eager graph compile autotune",
    "ours": "forward_us both_us saving_us backward_us forward_launch_us both_launch_us forward_peak_bytes both_peak_bytes forward_load_s both_load_s",
    "verdict": "kind what target figure measured of verdict",
}
with open(sys.argv[1], encoding="utf-8") as page:
    named = set(re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in page if line.startswith("| `"))))
with open(sys.argv[2], encoding="utf-8") as file:
    results = json.load(file)
objects = [("results", results)] + [("row", row) for row in results["chains"]] + [("ours", row["ours"]) for row in results["chains"]]
objects += [("verdict", one) for one in results["verdicts"]]
problems = set()
for kind, thing in objects:
    problems |= {f"no key '{key}' in {kind}" for key in REQUIRED[kind].split() if key not in thing}
    problems |= {f"key '{key}' of {kind} is not on the page" for key in thing if key not in named}
sys.exit("\n".join(sorted(problems)) if problems else 0)
