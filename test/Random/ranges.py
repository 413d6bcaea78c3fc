"""Where the values of a random chain lie, roughly: enough to keep them finite and not all equal, no proof."""
import math

from ops import BINARY

SELU, SELU_ALPHA = 1.0507009873554805, 1.758099340847377


def logistic(x):
    return 1 / (1 + math.exp(-max(-700.0, min(x, 700.0))))


def exponential(x):
    return math.exp(min(x, 80.0))


def softplus(x):
    return x if x > 20 else math.log1p(math.exp(x))


FORMULAS = {
    "abs": lambda x, a: abs(x),
    "cast": lambda x, a: x,
    "celu": lambda x, a: x if x > 0 else a["alpha"] * math.expm1(max(x / a["alpha"], -80)),
    "clamp": lambda x, a: min(max(x, a["min"]), a["max"]),
    "elu": lambda x, a: x if x > 0 else a["alpha"] * math.expm1(x),
    "exp": lambda x, a: exponential(x),
    "gelu": lambda x, a: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "gelu_tanh": lambda x, a: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "hardsigmoid": lambda x, a: min(max(x + 3, 0), 6) / 6,
    "hardswish": lambda x, a: x * min(max(x + 3, 0), 6) / 6,
    "leaky_relu": lambda x, a: x if x > 0 else x * a["slope"],
    "log": lambda x, a: math.log(x),
    "log_sigmoid": lambda x, a: -softplus(-x),
    "mish": lambda x, a: x * math.tanh(softplus(x)),
    "neg": lambda x, a: -x,
    "pow": lambda x, a: math.pow(x, a["exponent"]),
    "reciprocal": lambda x, a: 1 / x,
    "relu": lambda x, a: max(x, 0),
    "relu6": lambda x, a: min(max(x, 0), 6),
    "rsqrt": lambda x, a: 1 / math.sqrt(x),
    "selu": lambda x, a: SELU * x if x > 0 else SELU_ALPHA * math.expm1(x),
    "sigmoid": lambda x, a: logistic(x),
    "softplus": lambda x, a: softplus(x),
    "softsign": lambda x, a: x / (1 + abs(x)),
    "sqrt": lambda x, a: math.sqrt(x),
    "square": lambda x, a: x * x,
    "swish": lambda x, a: x * logistic(x),
    "tanh": lambda x, a: math.tanh(x),
}
PAIRS = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b, "maximum": max, "minimum": min}


def magnitude(r):
    return max(abs(r[0]), abs(r[1]))


def samples(r, count=33):
    return [r[0] + (r[1] - r[0]) * i / (count - 1) for i in range(count)]


def of_sum(r, count):
    """Of values that are not all at one end: independent ones where the sign varies."""
    if r[0] >= 0 or r[1] <= 0:
        return r[0] * count, r[1] * count
    m = magnitude(r) * min(count, 3 * math.sqrt(count))
    return -m, m


def range_of(op, a, ranges, shapes):
    """Of one op's result; `shapes` are its operands' shapes."""
    if op in FORMULAS:
        values = [FORMULAS[op](x, a) for x in samples(ranges[0])]
        return min(values), max(values)
    if op in BINARY:
        values = [PAIRS[op](x, y) for x in ranges[0] for y in ranges[1]]
        return min(values), max(values)
    if op in ("input", "like", "extra"):
        return -3.4, 3.4
    if op == "constant":
        return a["value"], a["value"]
    if op == "where":
        return min(ranges[1][0], ranges[2][0]), max(ranges[1][1], ranges[2][1])
    if op in ("conv", "linear", "matmul"):
        return -magnitude(ranges[0]) - 3, magnitude(ranges[0]) + 3
    if op.endswith("_norm"):
        m = 4 * (3 if a["affine"] else 1) * (magnitude(ranges[0]) if a.get("mode") == "inference" else 1)
        return -m, m
    if op == "softmax":
        return 0, 1
    count = math.prod(shapes[0][d] for d in a["dims"]) if "dims" in a else 1
    lo, hi = ranges[0]
    if op == "log_softmax":
        return lo - hi - math.log(count), 0
    if op == "sum":
        return of_sum((lo, hi), count)
    if op == "logsumexp":
        return lo + math.log(count), hi + math.log(count)
    if op == "variance":
        return 0, (hi - lo) ** 2 / 4
    if op == "dropout":
        return min(0, 2 * lo), max(0, 2 * hi)
    if op == "avg_pool" and a.get("divisor_override"):
        return of_sum((lo, hi), math.prod(a["kernel"]))
    return lo, hi
