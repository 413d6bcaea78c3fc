"""The named ops that random chains are made of: shapes, parameters and text of each. What is random about them is in generate.py."""
import math

LARGEST = 2**14  # elements of any tensor
MOST_PRODUCTS = 300_000  # of one contraction: the host driver runs it one thread at a time


class Invalid(Exception):
    """These attributes do not fit these shapes."""


class Batch(int):
    """The extent of an unknown batch, printed as '?'; its value is what --batch gives."""


def require(condition):
    if not condition:
        raise Invalid


def tensor(shape):
    return "tensor<%sf32>" % "".join("?x" if isinstance(extent, Batch) else "%dx" % extent for extent in shape)


def attribute(value):
    if isinstance(value, (list, tuple)):
        return "array<i64: %s>" % ", ".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return "%d : i64" % value
    return "%.6e : f64" % value if math.isfinite(value) else "0x%sFF0000000000000 : f64" % ("7" if value > 0 else "F")


def broadcast(shapes):
    rank = max(map(len, shapes))
    result = []
    for dims in zip(*((1,) * (rank - len(shape)) + tuple(shape) for shape in shapes)):
        extents = [extent for extent in dims if extent != 1 or isinstance(extent, Batch)] or [1]
        require(all(e == extents[0] and isinstance(e, Batch) == isinstance(extents[0], Batch) for e in extents))
        result.append(extents[0])
    require(not any(isinstance(extent, Batch) for extent in result[1:]))
    return tuple(result)


class Op:
    """`form` says how the types are written: one type ("same"), "to", or a function type."""

    def __init__(self, form="function"):
        self.form = form

    def infer(self, a, shapes):
        return shapes[0]

    def parameters(self, a, shapes):
        """(text in front, name, shape) of each."""
        return []

    def attributes(self, a, shapes):
        """A value of None is a unit attribute."""
        return a


class Broadcasting(Op):
    def infer(self, a, shapes):
        return broadcast(shapes)


class Leaf(Op):
    """An argument of its own shape."""

    def infer(self, a, shapes):
        return tuple(a["shape"])


class Like(Op):
    """An argument that broadcasts to a value: its leading dims dropped, and 1 where `keep` is not set."""

    def infer(self, a, shapes):
        shape = [e if k else 1 for e, k in zip(shapes[0], a["keep"])]
        require(not (a["parameter"] and any(isinstance(e, Batch) for e in shape[a["drop"]:])))
        return tuple(shape[a["drop"]:])


class Constant(Op):
    def infer(self, a, shapes):
        return ()


class Extra(Op):
    """An updated running statistic of a batch norm."""

    def infer(self, a, shapes):
        return shapes[0][1:2]


class Conv(Op):
    def infer(self, a, shapes):
        batch, channels, *extents = shapes[0]
        groups, out, transposed = a["groups"], a["out"], a["transposed"]
        require(1 <= len(extents) <= 3 and channels % groups == 0 and out % groups == 0)
        result, products = [], channels // groups * math.prod(a["kernel"])
        for e, k, s, p, d, o in zip(extents, a["kernel"], a["stride"], a["padding"], a["dilation"], a["output_padding"]):
            require(o == 0 or (transposed and o < max(s, d)))
            result.append((e - 1) * s - 2 * p + d * (k - 1) + o + 1 if transposed else (e + 2 * p - d * (k - 1) - 1) // s + 1)
            require(result[-1] >= 1)
        require(products * out * batch * math.prod(extents if transposed else result) <= MOST_PRODUCTS)
        return (batch, out, *result)

    def parameters(self, a, shapes):
        channels, groups, out = shapes[0][1], a["groups"], a["out"]
        weight = (channels, out // groups) if a["transposed"] else (out, channels // groups)
        return [(", ", "weight", weight + tuple(a["kernel"]))] + ([(" bias ", "bias", (out,))] if a["bias"] else [])

    def attributes(self, a, shapes):
        found = {"transposed": None} if a["transposed"] else {}
        for name, default in (("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1)):
            if a["spell_out"] or any(v != default for v in a[name]):
                found[name] = a[name]
        return dict(found, groups=a["groups"]) if a["spell_out"] or a["groups"] != 1 else found


class Linear(Op):
    def infer(self, a, shapes):
        require(len(shapes[0]) == 2 and math.prod(shapes[0]) * a["out"] <= MOST_PRODUCTS)
        return (shapes[0][0], a["out"])

    def parameters(self, a, shapes):
        return [(", ", "weight", (a["out"], shapes[0][1]))] + ([(" bias ", "bias", (a["out"],))] if a["bias"] else [])

    def attributes(self, a, shapes):
        return {}


class Matmul(Op):
    def infer(self, a, shapes):
        require(len(shapes[0]) == 2 and math.prod(shapes[0]) * a["out"] <= MOST_PRODUCTS)
        require(not (a["transpose_a"] and isinstance(shapes[0][0], Batch)))
        return (shapes[0][1 if a["transpose_a"] else 0], a["out"])

    def parameters(self, a, shapes):
        inner = shapes[0][0 if a["transpose_a"] else 1]
        return [(", ", "weight", (a["out"], inner) if a["transpose_b"] else (inner, a["out"]))]

    def attributes(self, a, shapes):
        return {name: None for name in ("transpose_a", "transpose_b") if a[name]}


class ChannelNorm(Op):
    """group_norm, instance_norm, batch_norm. Groups of fewer than three values would be signs or zeros."""

    def infer(self, a, shapes):
        batch, channels, *extents = shapes[0] if len(shapes[0]) >= 2 else (0, 0)
        count = math.prod(extents) * (batch if "mode" in a else channels // a["groups"] if "groups" in a else 1)
        require(channels and channels % a.get("groups", 1) == 0 and count >= 3)
        require("mode" in a or "groups" in a or extents)
        return shapes[0]

    def parameters(self, a, shapes):
        channels = tuple(shapes[0][1:2])
        found = [(" affine ", "gamma", channels), (", ", "beta", channels)] if a["affine"] else []
        if a.get("mode", "plain") != "plain":
            found += [(" running ", "mean", channels), (", ", "variance", channels)]
        return found

    def attributes(self, a, shapes):
        found = {name: a[name] for name in ("groups", "eps") if name in a}
        if a.get("mode") == "inference":
            found["inference"] = None
        if a.get("mode") == "running":
            found["momentum"] = 0.25
        return found


class TrailingNorm(Op):
    """layer_norm and rms_norm."""

    def infer(self, a, shapes):
        dims = shapes[0][len(shapes[0]) - a["dims"]:]
        require(1 <= a["dims"] <= len(shapes[0]) and math.prod(dims) >= 3 and not any(isinstance(e, Batch) for e in dims))
        return shapes[0]

    def parameters(self, a, shapes):
        dims = shapes[0][len(shapes[0]) - a["dims"]:]
        return ([(" affine ", "gamma", dims)] + ([(", ", "beta", dims)] if a["beta"] else [])) if a["affine"] else []

    def attributes(self, a, shapes):
        return {"normalised_dims": a["dims"], "eps": a["eps"]}


class Softmax(Op):
    def infer(self, a, shapes):
        require(all(d < len(shapes[0]) for d in a["dims"]) and math.prod(shapes[0][d] for d in a["dims"]) >= 2)
        return shapes[0]


class Reduction(Op):
    def infer(self, a, shapes):
        x, dims = shapes[0], a["dims"]
        require(dims and dims[-1] < len(x) and ("correction" not in a or math.prod(x[d] for d in dims) >= 3))
        if a["keepdim"]:
            return tuple(1 if d in dims else e for d, e in enumerate(x))
        return tuple(e for d, e in enumerate(x) if d not in dims)

    def attributes(self, a, shapes):
        return {name: None if value is True else value for name, value in a.items() if value is not False}


class Pool(Op):
    def infer(self, a, shapes):
        batch, channels, *extents = shapes[0] if len(shapes[0]) >= 3 else (0, 0)
        require(1 <= len(extents) <= 3)
        result = []
        for e, k, s, p, d in zip(extents, a["kernel"], a["stride"], a["padding"], a.get("dilation", (1, 1, 1))):
            reach = d * (k - 1) + 1
            require(2 * p <= reach and e + 2 * p >= reach)
            n = (e + 2 * p - reach) // s + 1
            if a["ceil_mode"] and (e + 2 * p - reach) % s and n * s < e + p:
                n += 1  # the last window starts inside the input or its left padding
            for first in range(-p, 0, s):  # no window of padding alone
                require(first + (d - first - 1) // d * d < e)
            result.append(n)
        return (batch, channels, *result)

    def attributes(self, a, shapes):
        found = {name: a[name] for name in ("kernel", "stride", "padding", "dilation") if name in a}
        if a["ceil_mode"]:
            found["ceil_mode"] = None
        found.update({name: a[name] for name in ("count_include_pad", "divisor_override") if a.get(name) is not None})
        return found


class Adaptive(Op):
    def infer(self, a, shapes):
        require(len(shapes[0]) == len(a["output_size"]) + 2)
        return shapes[0][:2] + tuple(a["output_size"])


class Reshape(Op):
    """`how`: flatten (dim d and all behind), merge (d and d + 1), split (dim d into `factor` and the rest), insert (a 1 at d), drop (the 1 at d)."""

    def infer(self, a, shapes):
        x, d, how = list(shapes[0]), a["dim"], a["how"]
        require(d < len(x) + (how == "insert"))
        batch = x and isinstance(x[0], Batch)
        require(not (batch and d == 0))
        if how == "flatten":
            x[d:] = [math.prod(x[d:])]
        elif how == "merge":
            require(d + 1 < len(x))
            x[d:d + 2] = [x[d] * x[d + 1]]
        elif how == "split":
            require(x[d] % a["factor"] == 0)
            x[d:d + 1] = [a["factor"], x[d] // a["factor"]]
        elif how == "insert":
            x.insert(d, 1)
        else:
            require(x[d] == 1)
            del x[d]
        require(len(x) <= 5)
        return tuple(x)

    def attributes(self, a, shapes):
        return {}


class BroadcastTo(Op):
    """Repeats along dims of extent 1 (`grow`) and along new dims in front (`lead`)."""

    def infer(self, a, shapes):
        x = list(shapes[0])
        for d, extent in a["grow"].items():
            require(d < len(x) and x[d] == 1 and not isinstance(x[d], Batch))
            x[d] = extent
        require(len(x) + len(a["lead"]) <= 5 and not (a["lead"] and x and isinstance(x[0], Batch)))
        return (*a["lead"], *x)

    def attributes(self, a, shapes):
        return {}


ACTIVATIONS = ("abs celu clamp elu exp gelu gelu_tanh hardsigmoid hardswish leaky_relu log log_sigmoid mish neg pow reciprocal relu relu6 rsqrt selu "
               "sigmoid softplus softsign sqrt square swish tanh").split()
BINARY = "add sub mul div maximum minimum".split()
REDUCTIONS = "sum mean max min logsumexp variance".split()

OPS = {"input": Leaf(), "like": Like(), "constant": Constant(), "extra": Extra(), "conv": Conv(), "linear": Linear(), "matmul": Matmul(),
       "where": Broadcasting(), "reshape": Reshape("to"), "broadcast": BroadcastTo("to"), "adaptive_avg_pool": Adaptive("to")}
OPS.update({name: Op("same") for name in ACTIVATIONS + ["detach", "dropout", "cast"]})
OPS.update({name: Broadcasting() for name in BINARY})
OPS.update({name: Reduction("to") for name in REDUCTIONS})
OPS.update({name: Softmax("same") for name in ("softmax", "log_softmax")})
OPS.update({name: ChannelNorm() for name in ("group_norm", "instance_norm", "batch_norm")})
OPS.update({name: TrailingNorm() for name in ("layer_norm", "rms_norm")})
OPS.update({name: Pool("to") for name in ("max_pool", "avg_pool")})
