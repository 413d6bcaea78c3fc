"""time-ratio.py LIMIT: plans chains of 4,000 and of 40,000 elementwise ops and exits with 1 unless the longer one takes less than LIMIT times as much
processor time, start-up subtracted, in one of three tries: a linear planner takes 10 times as much and a busy machine adds to that now and then, a
quadratic one takes 100 times as much every time.
"""
import os
import resource
import subprocess
import sys
import tempfile

here, limit = os.path.dirname(__file__), float(sys.argv[1])


def seconds(count):
    """Processor time of planning a chain of COUNT ops."""
    with tempfile.NamedTemporaryFile("w", suffix=".mlir") as model:
        subprocess.run([sys.executable, os.path.join(here, "long-chain.py"), str(count)], check=True, stdout=model)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(["fusion-opt", model.name, "-fusion-lower-to-stages", "-fusion-fuse", "-o", os.devnull], check=True)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


for attempt in range(3):
    start = seconds(1)
    short, long = seconds(4000) - start, seconds(40000) - start
    print(f"start-up {start:.3f} s, 4,000 ops {short:.3f} s, 40,000 ops {long:.3f} s")
    if long < limit * short:
        sys.exit(0)
sys.exit(1)
