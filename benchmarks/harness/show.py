"""Prints the table of a file of results again, and judges it: the exit code is that of the run."""
import json
import sys
from pathlib import Path

from . import gate, table


def add_arguments(parser):
    parser.add_argument("file", help="what measure or predict wrote with -o")
    parser.add_argument("--brief", action="store_true", help="without the kernels of predictions")


def run(options):
    try:
        results = json.loads(Path(options.file).read_text(encoding="utf-8"))
        if results.get("format") != "fusion-benchmark-results" or results.get("version") != 1:
            raise ValueError(f"expected the format fusion-benchmark-results, version 1, but got {results.get('format')}, {results.get('version')}")
    except (OSError, ValueError, AttributeError) as error:
        print(f"benchmarks: error: {options.file}: {error}", file=sys.stderr)
        return 1
    results["verdicts"] = gate.judge(results)
    print("\n".join(table.render(results, options.brief)))
    if results["kind"] == "predicted":
        return 1 if any("error" in row["plan"] for row in results["chains"]) else 0
    return gate.exit_code(results)
