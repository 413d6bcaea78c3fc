"""Medians with their spread, and geometric means."""
import math
import statistics


def spread(values):
    """Median and quartiles of samples."""
    values = sorted(values)
    if not values:
        return None
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {"median": middle, "q1": low, "q3": high, "least": values[0], "samples": len(values)}


def geomean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values and min(values) > 0 else None
