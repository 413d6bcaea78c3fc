"""Reads chains as facts (ops with attributes, data flow and shapes) and refuses what it does not know, by name."""
import json
import re


class FactError(Exception):
    """A chain that does not say what the converter needs, or says something it does not know."""


# Per op: the attributes it may have. An op that is spelled out needs no entry.
BINARY = {"operand", "operand_shape", "operand_name", "operand_init", "value"}
WINDOW = {"k", "stride", "padding", "ceil_mode"}
NORM = {"eps", "affine"}
REDUCTION = {"dim", "dims", "keepdim"}
CONV = {"cin", "cout", "k", "stride", "padding", "dilation", "groups", "bias"}
ATTRIBUTES = {
    "conv": CONV, "conv_transpose": CONV | {"output_padding"},
    "linear": {"in_features", "out_features", "bias"}, "matmul": BINARY,
    **{name: set() for name in ("relu", "relu6", "hardswish", "hardsigmoid", "sigmoid", "tanh", "swish", "selu", "mish", "softsign", "exp", "log", "sqrt",
                                "rsqrt", "abs", "neg", "square", "reciprocal", "log_sigmoid")},
    "gelu": {"approximate"}, "leaky_relu": {"negative_slope"}, "elu": {"alpha"}, "celu": {"alpha"}, "softplus": {"beta", "threshold"},
    "pow": {"exponent"}, "clamp": {"min", "max"}, "hardtanh": {"min_val", "max_val"},
    **{name: BINARY for name in ("add", "sub", "mul", "div", "minimum", "maximum")},
    **{name: REDUCTION for name in ("sum", "mean", "max", "min", "logsumexp")}, "variance": REDUCTION | {"unbiased"},
    "softmax": {"dim", "dims"}, "log_softmax": {"dim", "dims"},
    "group_norm": NORM | {"num_groups", "num_channels"}, "layer_norm": NORM | {"normalized_shape"},
    "instance_norm": NORM | {"num_features", "track_running_stats"}, "batch_norm": NORM | {"num_features", "momentum", "training"},
    "max_pool": WINDOW, "avg_pool": WINDOW | {"count_include_pad"}, "adaptive_avg_pool": {"output_size"},
    "dropout": {"p", "training"}, "view": set(),
}
# What the attributes hold; those not named here are numbers.
WHOLE = {"cin", "cout", "groups", "in_features", "out_features", "num_groups", "num_channels", "num_features"}
FLAGS = {"bias", "affine", "track_running_stats", "training", "keepdim", "ceil_mode", "count_include_pad", "unbiased"}
WORDS = {"operand", "operand_name", "approximate"}
EXTENTS = {"k", "stride", "padding", "output_padding", "dilation", "normalized_shape", "output_size", "operand_shape", "dim", "dims"}
ALIASES = {"silu": "swish", "logsigmoid": "log_sigmoid", "var": "variance", "reshape": "view", "flatten": "view", "unsqueeze": "view", "squeeze": "view",
           "global_avg_pool": "adaptive_avg_pool"}


def plain(name):
    """The op's name without its number of spatial dims, and that number (None where the name has none)."""
    match = re.fullmatch(r"(.*?)([123])d", name)
    base = match.group(1) if match else name
    return ALIASES.get(base, base), int(match.group(2)) if match else None


def shape(where, value):
    if not isinstance(value, list) or not all(type(n) is int and n >= 1 for n in value):
        raise FactError(f"{where}: expected a shape, a list of whole numbers from 1, but got {json.dumps(value)}")
    return list(value)


def check_kind(where, key, value):
    if key == "operand_init":  # parameters come as arguments, whatever they are at first
        return
    if key in EXTENTS:
        fits = all(type(n) is int for n in (value if isinstance(value, list) else [value]))
        what = "a whole number or a list of them"
    else:
        types, what = ((int,), "a whole number") if key in WHOLE else ((bool,), "true or false") if key in FLAGS else (
            (str,), "a name") if key in WORDS else ((int, float), "a number")
        fits = type(value) in types
    if not fits:
        raise FactError(f"{where}: expected '{key}' to be {what}, but got {json.dumps(value)}")


class Op:
    """One op of a chain: its plain name, where its operands come from, its shapes and attributes."""

    def __init__(self, index, facts):
        self.where = f"op{index}"
        for key in ("op", "src", "in_shape", "out_shape", "attrs"):
            if key not in facts:
                raise FactError(f"{self.where}: expected the key '{key}', but got {sorted(facts)}")
        unknown = sorted(set(facts) - {"op", "src", "in_shape", "out_shape", "attrs", "spelled"})
        if unknown:
            raise FactError(f"{self.where}: expected the keys op, src, in_shape, out_shape, attrs and spelled, but got '{unknown[0]}'")
        self.written, self.spelled = facts["op"], facts.get("spelled")
        if not isinstance(self.written, str) or not isinstance(facts["src"], list) or not isinstance(facts["attrs"], dict):
            raise FactError(f"{self.where}: expected a name, a list of operands and attributes, but got {json.dumps(facts)}")
        self.src, self.attrs = [str(source) for source in facts["src"]], {key: value for key, value in facts["attrs"].items() if value is not None}
        self.where = f"op{index} ({self.written})"
        self.in_shape, self.out_shape = shape(self.where, facts["in_shape"]), shape(self.where, facts["out_shape"])
        self.name, self.spatial_rank = plain(self.written)
        self.detached = False
        if not self.spelled:
            self.check_attributes()

    def check_attributes(self):
        if self.name not in ATTRIBUTES:
            raise FactError(f"{self.where}: expected a known op, but got '{self.written}'; known are {', '.join(sorted(ATTRIBUTES))}")
        for key in self.attrs:
            if key not in ATTRIBUTES[self.name]:
                raise FactError(f"{self.where}: expected the attributes {', '.join(sorted(ATTRIBUTES[self.name])) or '(none)'}, but got '{key}'")
            check_kind(self.where, key, self.attrs[key])

    def get(self, key):
        if key not in self.attrs:
            raise FactError(f"{self.where}: expected the attribute '{key}', but got only {sorted(self.attrs)}")
        return self.attrs[key]

    def only(self, key, value, default):
        """For an attribute of which one value has a meaning here."""
        if self.attrs.get(key, default) != value:
            raise FactError(f"{self.where}: expected '{key}' to be {json.dumps(value)}, but got {json.dumps(self.attrs[key])}")

    def per_dim(self, key, rank, default=None):
        """An attribute with one entry per spatial dim; a number stands for that many."""
        value = self.attrs.get(key, default)
        if value is None:
            raise FactError(f"{self.where}: expected the attribute '{key}', but got only {sorted(self.attrs)}")
        value = [value] * rank if isinstance(value, int) else list(value)
        least = 0 if key in ("padding", "output_padding") else 1
        if len(value) != rank or min(value) < least:
            raise FactError(f"{self.where}: expected '{key}' to have {rank} entries from {least}, but got {value}")
        return value

    def dims(self, rank):
        """The dims of a reduction or softmax, ascending; all where none are given."""
        value = self.attrs.get("dims", self.attrs.get("dim", list(range(rank))))
        value = [value] if isinstance(value, int) else list(value)
        if any(not -rank <= d < rank for d in value) or len({d % rank for d in value}) != len(value):
            raise FactError(f"{self.where}: expected distinct dims of a tensor of rank {rank}, but got {value}")
        return sorted(d % rank for d in value)


class Chain:
    """A chain: inputs, ops in order, the shape of what the last one makes."""

    def __init__(self, facts):
        for key in ("name", "input_shapes", "output_shape", "ops"):
            if key not in facts:
                raise FactError(f"expected a chain to have the key '{key}', but got {sorted(facts)}")
        if not isinstance(facts["ops"], list) or not all(isinstance(op, dict) for op in facts["ops"]) or not isinstance(facts["input_shapes"], list):
            raise FactError("expected lists of input_shapes and ops, but got something else")
        self.name, self.output = str(facts["name"]), shape("output_shape", facts["output_shape"])
        self.inputs = [shape("input_shapes", extents) for extents in facts["input_shapes"]]
        self.note = str(facts.get("known_simplification") or "")
        self.ops = [Op(index, op) for index, op in enumerate(facts["ops"])]
        if not self.ops:
            raise FactError("expected a chain of at least one op, but got none")
        # Only the note tells a detached earlier value from one that gradients flow through.
        for op in self.ops:
            op.detached = "detached" in self.note and len(op.src) > 1 and op.attrs.get("operand") != "self" and op.src[1] != op.src[0]


def read_file(path):
    """The chains of a file, as facts by number."""
    try:
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
    except (OSError, ValueError) as error:
        raise FactError(f"{path}: expected a JSON file of chains, but got: {error}") from error
    problems = facts.get("problems") if isinstance(facts, dict) else None
    if not isinstance(problems, list) or not all(isinstance(chain, dict) and isinstance(chain.get("number"), int) for chain in problems):
        raise FactError(f"{path}: expected an object with a list of numbered 'problems', but got something else")
    by_number = {}
    for chain in problems:
        if by_number.setdefault(chain["number"], chain) is not chain:
            raise FactError(f"{path}: expected every number once, but got {chain['number']} twice")
    return by_number
