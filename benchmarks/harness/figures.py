"""Figures that follow from a row of results: roofs, shares and ratios; None where something they need was not measured."""

PASSES = {"forward": "forward", "both": "forward and backward"}


def phases(plan, name):
    """The phases of the program that a pass runs; None where the chain did not compile."""
    if "error" in plan:
        return None
    return [plan["forward"]] if name == "forward" else [plan["training"]["forward"], plan["training"]["backward"]]


def copy_rate(results):
    return results.get("rates", {}).get("copy", {}).get("bytes_per_s")


def matrix_rate(results, unit):
    return results.get("rates", {}).get("rates", {}).get(unit, {}).get("flops_per_s")


def kernel_roof(kernel, results):
    """Microseconds that no schedule of this kernel passes: what it moves at the bandwidth of a copy, or what it multiplies at its unit's rate."""
    copy, flops = copy_rate(results), kernel["contraction_flops"]
    rate = matrix_rate(results, kernel["unit"]) if flops else 1
    if not copy or not rate:
        return None
    return max((kernel["bytes_read"] + kernel["bytes_written"]) / copy, flops / rate) * 1e6


def roof(plan, name, results):
    """The plan's own roof: that of its kernels, one after the other."""
    roofs = [kernel_roof(kernel, results) for phase in phases(plan, name) or [] for kernel in phase["kernels"]]
    return sum(roofs) if roofs and None not in roofs else None


def predicted(plan, name):
    found = phases(plan, name)
    return sum(phase["predicted_us"] for phase in found) if found else None


def median(row, subject, name, what="us"):
    found = (row.get(subject) or {}).get(f"{name}_{what}")
    return found["median"] if isinstance(found, dict) else found


def of_roof(row, name, results):
    best, time = roof(row["plan"], name, results), median(row, "ours", name)
    return best / time if best and time else None


def speedup(row, subject, name):
    """How many times faster ours is."""
    theirs, time = median(row, subject, name), median(row, "ours", name)
    return theirs / time if theirs and time else None


def share_of_copy(row, name, results):
    """Compulsory bytes per second over the bandwidth of a copy."""
    found, time, copy = phases(row["plan"], name), median(row, "ours", name), copy_rate(results)
    return sum(phase["compulsory_bytes"] for phase in found) / time * 1e6 / copy if found and time and copy else None


def share_of_matrix(row, name, results):
    """Multiply-adds of all contractions at the rates of their units, over the time."""
    found, time = phases(row["plan"], name), median(row, "ours", name)
    total = 0
    for kernel in (kernel for phase in found or [] for kernel in phase["kernels"] if kernel["contraction_flops"]):
        rate = matrix_rate(results, kernel["unit"])
        if not rate:
            return None
        total += kernel["contraction_flops"] / rate
    return total / time * 1e6 if total and time else None


def output_bound(row, results):
    """Whether memory bounds every kernel of forward, and most of what must move is the output."""
    plan, copy = row["plan"], copy_rate(results)
    if "error" in plan or not copy:
        return False
    kernels = plan["forward"]["kernels"]
    bound = all(kernel_roof(kernel, results) == (kernel["bytes_read"] + kernel["bytes_written"]) / copy * 1e6 for kernel in kernels)
    return bound and 2 * plan["output_bytes"] > plan["forward"]["compulsory_bytes"]


def worst_error(row, who):
    """The largest error of the output and of all gradients, over their largest magnitude. What cancels (the gradient of a bias in front of a norm)
    has no magnitude to compare with: eager's own error exceeds it."""
    found = row.get("errors") or {}
    if who not in found:
        return None
    kept = [error for name, error in found[who].items() if found["eager"].get(name, {}).get("max", 0) < 1]
    return max((error.get("max", 0.0 if error.get("same_places") else float("inf")) for error in kept), default=None)
