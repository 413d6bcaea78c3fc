"""tuned-programs.py FOLDER SEED...: compiles every model of a folder with tiles that made-up times pick, and holds each program to the evaluator."""
import os
import subprocess
import sys
from pathlib import Path

folder, failed = Path(sys.argv[1]), []
models = sorted(folder.rglob("*.mlir"))
for seed in sys.argv[2:]:
    for model in models:
        program = model.with_suffix(".json")
        tuned = subprocess.run(["fusion-opt", model, "--grad=all", "--emit=program", "--tune", "--tune-candidates=16", f"--device=made-up:{seed}", "-o", program],
                               env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}, capture_output=True, text=True)
        run = subprocess.run(["fusion-run", program, f"--model={model}", "--check"], capture_output=True, text=True) if tuned.returncode == 0 else tuned
        if run.returncode:
            failed.append(f"{model.relative_to(folder)}, seed {seed}: exit code {run.returncode}: {(run.stderr or run.stdout)[-400:]}")
sys.exit("\n".join(failed) if failed or not models else 0)
