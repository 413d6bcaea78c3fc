"""flip.py MODEL RATIO: finds by bisection the flop per byte at which the plan of MODEL begins to store its contraction; exits with 1 unless that is RATIO
within 6 percent, at three arithmetic rates. In fp32: the rate of tensor cores is not the one that varies.
"""
import json
import subprocess
import sys

model, expected = sys.argv[1], float(sys.argv[2])


def stores(flops, bandwidth):
    command = ["fusion-opt", model, "--emit=report", "--precision=ieee", f"--flops={flops}", f"--bandwidth={bandwidth}"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    runs = sum("transposed convolution" in kernel["stages"] for kernel in report["forward"]["kernels"])
    return runs == 1


failed = False
for flops in (19.5e12, 67e12, 120e12):
    low, high = flops / 64, flops  # 64 flop per byte recomputes, 1 stores
    if stores(flops, low) or not stores(flops, high):
        sys.exit(f"expected recomputation at 64 flop per byte and storing at 1, at {flops:g} flop/s")
    while high / low > 1.005:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if stores(flops, middle) else (middle, high)
    ratio = flops / (low * high) ** 0.5
    print(f"{flops:g} flop/s: stores below {ratio:.3f} flop per byte")
    failed |= abs(ratio / expected - 1) > 0.06
sys.exit(1 if failed else 0)
