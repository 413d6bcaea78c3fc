"""Reduces a chain to sizes that a test can run, by rule: ranks, windows and groups stay, extents shrink and are no powers of two."""
import copy
import itertools
import math

from facts import FactError
from shapes import ANCHORS, ELEMENTWISE_BINARY, broadcast, count, infer, transposes, weight_shape

BATCH = 3
ELEMENTS = 1 << 18  # of any tensor
PRODUCTS = [1 << 23, 1 << 26]  # of all anchors together: what an interpreter does in a second, and what it does at all
RATIOS = [0.9 ** step for step in range(80)]  # of all extents together
FEWER = [1, 0.5, 0.25, 0.1]  # of features, beyond that, where pools and windows need their extents


class Invalid(Exception):
    """These sizes do not make a chain; others may."""


def power_of_two(n):
    return n & (n - 1) == 0


def smaller(extent, ratio, offset, unit=1):
    """An extent times the ratio in whole units: never a power of two unless it stays as it was, and by the offset unlike its neighbours."""
    if extent <= 4:
        return extent
    units = extent // unit
    fewest = min(units, 5 if unit == 1 else 3)
    wanted = max(fewest, round(units * ratio))
    if unit == 1 and wanted < units:
        wanted = max(fewest, wanted - offset)
    while wanted < units and power_of_two(wanted * unit):
        wanted += 1
    return min(wanted, units) * unit


class Features:
    """Which channel counts of a chain are one and the same, and in which groups they come."""

    def __init__(self, chain, equal):
        self.equal, self.parent, self.extent, self.groups, of = equal, {}, {}, {}, {}
        for k, shape in enumerate(chain.inputs):
            of[f"input{k}"] = self.new(f"input{k}", shape[1]) if len(shape) > 1 else None
        for index, op in enumerate(chain.ops):
            ids = [of.get(source) for source in op.src]
            out = ids[0] if ids else None
            if op.name == "group_norm":
                self.add_groups(out, op.get("num_groups"))
            if op.name in ANCHORS:
                out = self.new(f"op{index}", op.out_shape[1])
                for feature in (ids[0], out):
                    self.add_groups(feature, op.attrs.get("groups", 1))
            elif len(ids) > 1 and None not in ids and op.in_shape[1:2] == op.attrs.get("operand_shape", op.in_shape)[1:2] != [1]:
                self.parent[self.root(ids[1])] = self.root(ids[0])
            elif count(op.in_shape) != count(op.out_shape) and op.in_shape[1:2] != op.out_shape[1:2]:
                out = None
            of[f"op{index}"] = out

    def new(self, name, extent):
        self.parent[name], self.extent[name], self.groups[name] = name, extent, 1
        return name

    def root(self, name):
        while self.parent[name] != name:
            name = self.parent[name]
        return name

    def add_groups(self, name, groups):
        if name is not None:
            self.groups[name] = math.lcm(self.groups[name], groups)

    def small(self, name, ratio):
        root = self.root(name)
        unit = math.lcm(*(self.groups[other] for other in self.parent if self.root(other) == root))
        roots = [other for other in self.parent if self.root(other) == other]
        return smaller(self.extent[root], ratio, 0 if self.equal else roots.index(root), unit if self.extent[root] % unit == 0 else 1)


def reshaped(source, small, target, known):
    """What `target`, a view of `source`, becomes when source becomes `small`."""
    for full, other in known:
        if full == target and count(other) == count(small):
            return list(other)
    out, i, j = [], 0, 0
    while i < len(source) or j < len(target):
        first, last, a, b = i, j, 1, 1
        while i == first or j == last or a != b:  # the shortest runs of extents with the same product
            if i < len(source) and (i == first or a < b or j >= len(target)):
                a, i = a * source[i], i + 1
            elif j < len(target):
                b, j = b * target[j], j + 1
            else:
                break
        out += split(count(small[first:i]), target[last:j])
        while i < len(source) and source[i] == 1 and (j >= len(target) or target[j] != 1):
            i += 1
    return out


def split(total, like):
    """Extents in roughly the proportions of `like` whose product is `total`."""
    out = [1] * len(like)
    wide = [d for d, n in enumerate(like) if n > 1]
    for d in wide[:0:-1]:
        wanted = max(2.0, total ** (math.log(like[d]) / math.log(count(like[:d + 1]))))
        factors = [f for f in range(2, total) if total % f == 0]
        if not factors:
            raise Invalid
        out[d] = min(factors, key=lambda f, wanted=wanted: abs(f - wanted))
        total //= out[d]
    if wide:
        out[wide[0]] = total
    return out


class Shrinking:
    """One attempt, walked through the chain. A strict one has no power of two anywhere, a lax one none among the extents that it chooses."""

    def __init__(self, chain, features, batch, ratio, fewer, strict):
        self.full_chain, self.chain = chain, copy.deepcopy(chain)
        self.features, self.batch, self.ratio, self.feature_ratio, self.strict = features, batch, ratio, ratio * fewer, strict
        self.full, self.small, self.products, self.largest = {}, {}, 0, 0

    def input(self, name):
        full = self.full_chain.inputs[int(name.removeprefix("input"))]
        shape = [min(self.batch, full[0])] + [self.features.small(name, self.feature_ratio)] * (len(full) > 1)
        return shape + [smaller(n, self.ratio, 0 if self.features.equal else d) for d, n in enumerate(full[2:])]

    def matched(self, shape, full, small):
        """An operand's shape, where it meets the extents of the other operand."""
        known = {f: s for pair in self.known() for f, s in zip(*pair) if f != s}
        out = []
        for d, n in enumerate(shape):
            e = d - len(shape) + len(full)
            out.append(small[e] if e >= 0 and full[e] == n else known.get(n, smaller(n, self.ratio, 0 if self.features.equal else d)))
        return out

    def known(self):
        return [(self.full[name], self.small[name]) for name in self.full]

    def read(self, name, shape):
        full, small = self.full[name], self.small[name]
        return small if full == shape else reshaped(full, small, shape, self.known())

    def note(self, name, full, small):
        if any(f > 1 and s == 1 for f, s in zip(full, small) if self.batch > 1 or f != full[0]):
            raise Invalid
        if self.strict and any(s > 4 and s != f and power_of_two(s) for f, s in zip(full, small)):
            raise Invalid
        self.full[name], self.small[name] = full, small
        self.measure(small)

    def measure(self, shape):
        self.largest = max(self.largest, count(shape))

    def run(self):
        self.note("input0", self.full_chain.inputs[0], self.input("input0"))
        for index, op in enumerate(self.chain.ops):
            self.step(index, op)
        for k in range(len(self.chain.inputs)):
            if f"input{k}" not in self.small:
                self.note(f"input{k}", self.full_chain.inputs[k], self.input(f"input{k}"))
            self.chain.inputs[k] = self.small[f"input{k}"]
        self.chain.output = self.read(f"op{len(self.chain.ops) - 1}", self.chain.output)
        return self.chain

    def step(self, index, op):
        for source in op.src:
            if source not in self.full and source != op.src[0] and source.startswith("input"):
                full, x = self.full_chain.inputs[int(source.removeprefix("input"))], self.read(op.src[0], op.in_shape)
                self.note(source, full, self.factor(index, op, x) if op.name == "matmul" else self.matched(full, op.in_shape, x))
            elif source not in self.full:
                self.note(source, self.full_chain.inputs[int(source.removeprefix("input"))], self.input(source))
        full_in, full_out = op.in_shape, op.out_shape
        x = self.read(op.src[0], full_in)
        operand = self.attributes(index, op, full_in, x)
        op.in_shape = x
        if op.name == "view":
            op.out_shape = reshaped(full_in, x, full_out, self.known())
        try:
            op.out_shape = infer(op, x, operand)
            if op.name in ANCHORS:
                weight = weight_shape(op, x)
                self.measure(weight)
                self.products += count(x if op.name == "conv_transpose" else op.out_shape) * (
                    x[1] if op.name in ("linear", "matmul") else count(weight[1:]))
        except FactError as error:
            raise Invalid from error
        self.note(f"op{index}", full_out, op.out_shape)

    def factor(self, index, op, x):
        """The second operand of a matrix product."""
        made = self.features.small(f"op{index}", self.feature_ratio)
        return [made, x[1]] if transposes(op, op.in_shape) else [x[1], made]

    def attributes(self, index, op, full, x):
        """Rewrites the attributes that hold extents; the shape of the second operand, where there is one."""
        attrs = op.attrs
        made = self.features.small(f"op{index}", self.feature_ratio) if op.name in ANCHORS else None
        for key, value in (("cin", x[1:2]), ("in_features", x[1:2]), ("cout", [made]), ("out_features", [made])):
            if key in attrs:
                attrs[key] = value[0]
        for key in ("num_channels", "num_features"):
            if attrs.get(key) in full:
                attrs[key] = x[full.index(attrs[key], 1 if attrs[key] in full[1:] else 0)]
        if op.name == "group_norm" and x[1] % op.get("num_groups"):
            attrs["num_groups"] = math.gcd(x[1], attrs["num_groups"])
        if "normalized_shape" in attrs:
            rank = 1 if isinstance(attrs["normalized_shape"], int) else len(attrs["normalized_shape"])
            attrs["normalized_shape"] = x[len(x) - rank:]
        if op.name == "matmul" and len(op.src) == 1:
            attrs["operand_shape"] = self.factor(index, op, x)
            return attrs["operand_shape"]
        if op.name not in ELEMENTWISE_BINARY and op.name != "matmul":
            return None
        shape = attrs.get("operand_shape", [])
        if len(op.src) > 1:
            attrs["operand_shape"] = self.read(op.src[1], attrs.get("operand_shape", self.full[op.src[1]]))
        elif attrs.get("operand") != "self" and shape:
            attrs["operand_shape"] = self.matched(shape, full, x)
            try:
                broadcast(op.where, x, attrs["operand_shape"])
            except FactError as error:
                raise Invalid from error
            self.measure(attrs["operand_shape"])
        else:
            attrs.update({"operand_shape": x} if attrs.get("operand") == "self" and "operand_shape" in attrs else {})
        return attrs.get("operand_shape", [])


def shrink(chain, equal=False):
    """The largest of a series of smaller chains that keeps the limits; with `equal`, extents that are equal stay so."""
    features = Features(chain, equal)
    for batch, products, strict, fewer, ratio in itertools.product(range(BATCH, 0, -1), PRODUCTS, (True, False), FEWER, RATIOS):
        attempt = Shrinking(chain, features, batch, ratio, fewer, strict)
        try:
            small = attempt.run()
        except Invalid:
            continue
        if attempt.largest <= ELEMENTS and attempt.products <= products:
            return small
    raise FactError(f"expected a chain that shrinks to tensors of {ELEMENTS} elements, but got none that is valid; it runs at full size only")
