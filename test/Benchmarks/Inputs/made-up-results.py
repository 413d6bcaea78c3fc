"""Prints made-up results of two chains, so that the gate's arithmetic can be held to figures worked out by hand; arguments change them.

Chain 1 multiplies for 10 us at 100 Gflop/s, chain 2 moves 8 MB in 10 us at 800 GB/s; backward is the same once more. Ours takes 12.5 and 12 us forward.
"""
import json
import sys


def phase(read, written, flops, compulsory):
    return {"kernels": [{"name": "k", "unit": "tf32" if flops else "fp32", "bytes_read": read, "bytes_written": written, "contraction_flops": flops,
                         "predicted_us": 11.0, "terms": {"memory_us": 1.0, "math_us": 8.0, "special_us": 0.0, "launch_us": 2.0}}],
            "predicted_us": 11.0, "compulsory_bytes": compulsory}


def plan(read, written, flops):
    one = phase(read, written, flops, read + written)
    return {"forward": one, "training": {"forward": one, "backward": one, "compile_s": 2.0}, "output_bytes": written}


def times(forward, both):
    def spread(us):
        return {"median": us, "q1": us * 0.9, "q3": us * 1.1}
    return {"forward_us": spread(forward), "both_us": spread(both), "forward_launch_us": spread(2.0), "both_launch_us": spread(4.0),
            "forward_peak_bytes": 10000000, "both_peak_bytes": 20000000, "forward_compile_s": 3.0, "both_compile_s": 5.0}


results = {
    "format": "fusion-benchmark-results", "version": 1, "kind": "measured", "date": "2026-01-01", "arch": "sm_90a", "device_named": "cuda",
    "device": {"name": "made up"}, "chains_of_pack": 2, "pytorch": {"pytorch": "0", "convolutions": "TF32 allowed", "matrix products": "fp32"},
    "rates": {"copy": {"bytes_per_s": 8e11, "by": "made up"}, "rates": {"tf32": {"flops_per_s": 1e11, "by": "made up"}},
              "matmul": {"ours_flops_per_s": 5e10, "library_flops_per_s": 2e10, "unit": "3xtf32"}},
    "chains": [
        {"chain": 1, "name": "one", "plan": plan(100, 100, 1000000), "ours": times(12.5, 25.0), "eager": times(125.0, 250.0), "graph": times(100.0, 200.0),
         "compile": times(50.0, 100.0), "autotune": times(62.5, 75.0), "errors": {"ours": {"y": {"max": 1e-6}}, "eager": {"y": {"max": 2e-6}}}},
        {"chain": 2, "name": "two", "plan": plan(1000000, 7000000, 0), "ours": times(12.0, 24.0), "eager": times(120.0, 240.0), "graph": times(60.0, 120.0),
         "compile": times(60.0, 96.0), "autotune": times(60.0, 96.0), "errors": {"not_run": "a made-up reason"}}],
}
one, two = results["chains"]
for change in sys.argv[1:]:
    if change == "slower":
        two["compile"] = times(11.0, 96.0)
    elif change == "no-autotune":
        one["autotune"] = two["autotune"] = {"not_run": "no time"}
    elif change == "one-missing":
        del results["chains"][1]
    elif change == "no-compile":
        for row in results["chains"]:
            row["compile"] = row["autotune"] = {"not_run": "no PyTorch"}
    elif change == "far-from-roof":
        two["ours"] = times(50.0, 100.0)
    elif change == "failed":
        two["ours"] = {"error": "a made-up failure"}
    elif change == "data-sheet":
        results["rates"]["rates"]["tf32"]["by"] = "the compiler's table of devices, not measured"
    elif change == "no-rates":
        results["rates"] = {"error": "a made-up failure"}
    elif change == "on-host":
        results["device_named"] = "host"
    else:
        sys.exit(f"expected a known change, but got {change}")
print(json.dumps(results))
