"""time-ratio.py LIMIT: plans chains of 800 and of 8,000 elementwise ops and exits with 1 unless the longer one takes less than LIMIT times as much
processor time, start-up subtracted. A quadratic planner takes 100 times as much.
"""
import os
import resource
import subprocess
import sys
import tempfile

here, limit = os.path.dirname(__file__), float(sys.argv[1])


def seconds(count):
    """The least of three, so that other work on the machine does not count."""
    with tempfile.NamedTemporaryFile("w", suffix=".mlir") as model:
        subprocess.run([sys.executable, os.path.join(here, "long-chain.py"), str(count)], check=True, stdout=model)
        times = []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            subprocess.run(["fusion-opt", model.name, "-fusion-lower-to-stages", "-fusion-fuse", "-o", os.devnull], check=True)
            times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
        return min(times)


start = seconds(1)
short, long = seconds(800) - start, seconds(8000) - start
print(f"start-up {start:.3f} s, 800 ops {short:.3f} s, 8,000 ops {long:.3f} s")
sys.exit(0 if long < limit * max(short, 0.005) else 1)
