"""Makes the random chain that a seed and a number stand for."""
import math
import random

from chain import Batch, Chain
from ops import ACTIVATIONS, BINARY, REDUCTIONS, Invalid, broadcast, require
from ranges import magnitude, range_of

DYNAMIC_BATCH = 3  # what fusion-run --batch gives
POSITIVE_ONLY = {"log", "sqrt", "rsqrt", "reciprocal"}
EXPONENTS = (0.5, -0.5, 1.5, -0.375, 2.5, -1.0, 2.0, 3.0, 1.0)


class Generator:
    """Adds ops to a chain; `now` is the value that the next op takes."""

    def __init__(self, seed, number, element, layouts):
        self.random = random.Random("%d/%d" % (seed, number))
        if element == "narrow":
            element = self.pick(("f16", "bf16"))
        self.chain, self.shape, self.range = Chain(element, "%d/%d" % (seed, number) if layouts else None), {}, {}
        self.dynamic = self.chance(0.2)

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, items):
        return self.random.choice(list(items))

    def between(self, low, high):
        return self.random.randint(low, high)

    def dims(self, count, most):
        return [self.between(1, most) for _ in range(count)]

    def add(self, op, operands=(), **attributes):
        """A new value; raises Invalid where it would be too large or nearly constant."""
        number = self.chain.add(op, operands, **attributes)
        try:
            shape = self.chain.infer(number, self.shape)
            found = range_of(op, attributes, [self.range[o] for o in operands], [self.shape[o] for o in operands])
            require(op == "constant" or (found[1] - found[0] > 0.02 and magnitude(found) < 1e4))
        except Invalid:
            self.roll_back(number)
            raise
        self.shape[number], self.range[number] = shape, found
        return number

    def roll_back(self, count):
        for number in range(count, len(self.chain.nodes)):
            del self.chain.nodes[number]
            self.shape.pop(number, None)
            self.range.pop(number, None)

    def attempt(self, builder, tries=4):
        """The value that `builder` makes, or None."""
        for _ in range(tries):
            count = len(self.chain.nodes)
            try:
                return builder()
            except Invalid:
                self.roll_back(count)
        return None

    # Sources.

    def first(self):
        rank = self.random.choices((1, 2, 3, 4, 5), (1, 6, 5, 8, 5))[0]
        batch = Batch(DYNAMIC_BATCH) if self.dynamic else self.between(1, 4)
        most = {1: 0, 2: 0, 3: 40, 4: 13, 5: 6}[rank]
        channels = [] if rank == 1 else [self.between(3, 90) if rank == 2 else self.between(1, 12)]
        shape = [batch if rank > 1 or self.dynamic else self.between(2, 60), *channels, *self.dims(max(0, rank - 2), most)]
        return self.add("input", shape=tuple(shape), parameter=False)

    def like(self, value):
        """An input or a parameter that broadcasts to a value's shape."""
        shape = self.shape[value]
        drop = self.between(0, len(shape)) if self.chance(0.5) else 0
        keep = [self.chance(0.7) for _ in shape]
        parameter = self.chance(0.6)
        if parameter:
            keep = [k and not isinstance(e, Batch) for k, e in zip(keep, shape)]
        return self.add("like", (value,), keep=keep, drop=drop, parameter=parameter)

    def partner(self, value, apart=False):
        """A value to combine with `value`: constant, argument, or one that is there already."""
        kind = self.random.random()
        if kind < 0.2:
            return self.add("constant", value=self.pick((0.5, -1.5, 2.0, 0.25, 3.0, -0.75)))
        if kind < 0.55:
            return self.like(value)
        fits = [v for v, s in self.shape.items() if self.chain.nodes[v].op != "constant" and (v != value or not apart) and self.fits(s, self.shape[value])]
        require(fits)
        return self.pick(fits)

    def fits(self, a, b):
        try:
            return math.prod(broadcast([a, b])) <= 4 * max(math.prod(a), math.prod(b))
        except Invalid:
            return False

    # Ops that take `now`.

    def constant_op(self, op, x, value):
        return self.add(op, (x, self.add("constant", value=value)))

    def positive(self, x):
        """x made at least 1/8."""
        if self.range[x][0] >= 0.125:
            return x
        op = self.pick(("softplus", "sigmoid", "abs", "square") if magnitude(self.range[x]) < 10 else ("softplus", "sigmoid", "abs"))
        return self.constant_op("add", self.add(op, (x,)), self.pick((0.125, 0.5)))

    def bounded(self, x, bound):
        """x in reach of exp and of powers."""
        if magnitude(self.range[x]) <= bound:
            return x
        if self.chance(0.3):
            return self.add("clamp", (x,), min=-bound, max=bound)
        return self.add(self.pick(("tanh", "sigmoid", "softsign", "hardsigmoid")), (x,))

    def activation(self, x):
        op = self.pick(ACTIVATIONS)
        a = {}
        if op in POSITIVE_ONLY:
            x = self.positive(x)
        if op in ("exp", "square"):
            x = self.bounded(x, 3.0 if op == "exp" else 12.0)
        if op == "pow":
            a["exponent"] = self.pick(EXPONENTS)
            x = self.bounded(x, 6.0) if a["exponent"] in (1.0, 2.0, 3.0) else self.positive(x)
        if op == "leaky_relu":
            a["slope"] = self.pick((0.01, 0.2, 0.125))
        if op in ("elu", "celu"):
            a["alpha"] = self.pick((1.0, 0.75, 1.5))
        if op == "clamp":
            a = self.pick(({"min": -0.5, "max": 1.0}, {"min": -math.inf, "max": 0.75}, {"min": -0.25, "max": math.inf}, {"min": -1.0, "max": 2.0}))
        return self.add(op, (x,), **a)

    def anchor(self, x):
        if len(self.shape[x]) >= 3 and self.chance(0.12):
            x = self.add("reshape", (x,), how="flatten", dim=1)
        shape = self.shape[x]
        if len(shape) == 2:
            out = self.between(1, 70)
            if self.chance(0.25):
                return self.add("matmul", (x,), out=out, transpose_a=self.chance(0.3), transpose_b=self.chance(0.5))
            return self.add("linear", (x,), out=out, bias=self.chance(0.7))
        require(3 <= len(shape) <= 5)
        rank, channels, transposed = len(shape) - 2, shape[1], self.chance(0.35)
        groups = self.pick([1, 1, 1, channels, self.pick(d for d in range(1, channels + 1) if channels % d == 0)])
        out = groups * self.between(1, 3 if groups > 2 else 12)
        stride = self.dims(rank, 3) if self.chance(0.4) else [1] * rank
        dilation = self.dims(rank, 3) if self.chance(0.3) else [1] * rank
        padding = [self.between(0, 2) for _ in range(rank)] if self.chance(0.5) else [0] * rank
        gaps = [self.between(0, max(s, d) - 1) if transposed and self.chance(0.5) else 0 for s, d in zip(stride, dilation)]
        return self.add("conv", (x,), out=out, kernel=self.dims(rank, 5 if rank == 1 else 3), stride=stride, padding=padding, dilation=dilation,
                        output_padding=gaps, groups=groups, transposed=transposed, bias=self.chance(0.7), spell_out=self.chance(0.3))

    def norm(self, x):
        shape, a = self.shape[x], {"eps": self.pick((1e-5, 1e-3, 0.25)), "affine": self.chance(0.6)}
        op = self.pick(("group_norm", "instance_norm", "batch_norm", "layer_norm", "rms_norm"))
        if op in ("layer_norm", "rms_norm"):
            return self.add(op, (x,), dims=self.between(1, max(1, len(shape))), beta=op == "layer_norm", **a)
        require(len(shape) >= 2)
        if op == "group_norm":
            a["groups"] = self.pick(d for d in range(1, shape[1] + 1) if shape[1] % d == 0)
        if op == "batch_norm":
            a["mode"] = self.pick(("plain", "plain", "running", "inference"))
        y = self.add(op, (x,), **a)
        if a.get("mode") == "running":
            for index in (1, 2):
                self.add("extra", (y,), index=index)
        return y

    def some_dims(self, rank):
        require(rank)
        return sorted(self.random.sample(range(rank), self.between(1, rank) if self.chance(0.3) else self.between(1, min(2, rank))))

    def softmax(self, x):
        return self.add(self.pick(("softmax", "log_softmax")), (x,), dims=self.some_dims(len(self.shape[x])))

    def reduction(self, x):
        op = self.pick(REDUCTIONS)
        a = {"correction": self.pick((0.0, 1.0))} if op == "variance" else {}
        y = self.add(op, (x,), dims=self.some_dims(len(self.shape[x])), keepdim=self.chance(0.6), **a)
        if self.chance(0.3) and self.fits(self.shape[x], self.shape[y]):
            return self.add(self.pick(("sub", "add", "mul", "maximum")), (x, y))
        return y

    def pool(self, x):
        rank = len(self.shape[x]) - 2
        require(1 <= rank <= 3)
        if self.chance(0.25):
            return self.add("adaptive_avg_pool", (x,), output_size=self.dims(rank, 4) if self.chance(0.6) else [1] * rank)
        kernel = self.dims(rank, 4)
        a = {"kernel": kernel, "stride": self.dims(rank, 3) if self.chance(0.5) else kernel, "ceil_mode": self.chance(0.3),
             "padding": [self.between(0, k // 2) for k in kernel] if self.chance(0.4) else [0] * rank}
        if self.chance(0.5):
            return self.add("max_pool", (x,), dilation=self.dims(rank, 2) if self.chance(0.3) else [1] * rank, **a)
        return self.add("avg_pool", (x,), count_include_pad=self.pick((None, True, False)), divisor_override=self.pick((None, None, None, 3)), **a)

    def binary(self, x):
        op = self.pick(BINARY)
        y = self.partner(x, apart=op in ("sub", "div", "maximum", "minimum"))
        if op == "div":
            if self.chance(0.5) and self.chain.nodes[y].op != "constant":
                return self.add(op, (y, self.positive(x)))
            return self.add(op, (x, y if self.chain.nodes[y].op == "constant" else self.positive(y)))
        return self.add(op, (x, y) if self.chance(0.6) else (y, x))

    def where(self, x):
        """The condition has zeros."""
        condition = self.add("relu", (self.pick((x, self.like(x))),))
        require(self.range[condition][1] > 0)
        operands = [x, self.partner(x, apart=True)]
        self.random.shuffle(operands)
        return self.add("where", (condition, *operands))

    def reshape(self, x):
        how = self.pick(("flatten", "merge", "split", "insert", "drop"))
        rank = len(self.shape[x])
        d = self.between(0, max(0, rank - 1))
        if how == "drop":
            d = self.pick([i for i, e in enumerate(self.shape[x]) if e == 1 and not isinstance(e, Batch)] or [d])
        factor = self.pick([f for f in range(1, 13) if d < rank and self.shape[x][d] % f == 0] or [1])
        return self.add("reshape", (x,), how=how, dim=d, factor=factor)

    def broadcast(self, x):
        shape = self.shape[x]
        ones = [d for d, e in enumerate(shape) if e == 1 and not isinstance(e, Batch)]
        lead = self.dims(self.between(1, 2), 3) if self.chance(0.5) or not ones else []
        return self.add("broadcast", (x,), grow={d: self.between(2, 6) for d in ones if self.chance(0.6)}, lead=lead)

    def dropout(self, x):
        return self.add("dropout", (x,), p=self.pick((0.1, 0.25, 0.5)), seed=self.between(0, 2**62), offset=self.between(0, 2**40))

    def detached(self, x):
        """x and a value without a gradient."""
        y = self.add("detach", (self.pick([v for v, s in self.shape.items() if self.chain.nodes[v].op != "constant" and self.fits(s, self.shape[x])]),))
        return self.add(self.pick(("add", "mul", "maximum")), (x, y))

    def cast(self, x):
        """Through another type and back, rounded where that holds fewer values."""
        return self.add("cast", (x,), through=self.pick(t for t in ("f32", "f16", "bf16") if t != self.chain.element), exact=self.chance(0.3))

    STEPS = (("activation", 30), ("anchor", 16), ("norm", 9), ("softmax", 4), ("reduction", 9), ("pool", 7), ("binary", 17), ("where", 3),
             ("reshape", 5), ("broadcast", 2), ("dropout", 2), ("detached", 2))

    def tame(self, x):
        """Large values are scaled down before they grow further."""
        if magnitude(self.range[x]) <= 40:
            return x
        return self.constant_op("mul", x, self.pick((0.125, 0.03125)) if magnitude(self.range[x]) < 400 else 0.0078125)

    def results(self, now):
        """The last value, values nothing reads, and sometimes one that is read."""
        self.chain.results = list(range(len(self.chain.nodes)))
        uses = self.chain.uses()
        computed = [v for v in self.chain.nodes if self.chain.nodes[v].op not in ("input", "like", "constant") and v != now]
        found = [now] + [v for v in computed if not uses[v] and self.chance(0.6)]
        if self.chance(0.15) and computed:
            found.append(self.pick(computed))
        found = found[:4]
        for number in list(self.chain.without_gradient(found, self.shape)):  # every argument needs a path to a result
            found.append(self.add("tanh", (number,)) if self.chain.nodes[number].op in ("input", "like") else number)
        return found

    def run(self):
        now, steps = self.first(), self.STEPS if self.chain.element == "f32" else (*self.STEPS, ("cast", 8))
        for _ in range(self.between(2, 9)):
            step = getattr(self, self.random.choices(*zip(*steps))[0])
            made = self.attempt(lambda: step(self.tame(now)))
            if made is None:
                made = self.attempt(lambda: self.activation(self.tame(now)), 10)
            now = now if made is None else made
            if self.chance(0.12):
                now = self.pick(v for v in self.shape if self.chain.nodes[v].op not in ("constant", "extra"))
        if self.chain.nodes[now].op in ("input", "like", "constant"):
            now = self.attempt(lambda: self.activation(now), 20) or now
        self.chain.results = self.results(now)
        return self.chain


def generate(seed, number, element="f32", layouts=False):
    """`element` is f32, f16, bf16, or narrow for either of the latter; with `layouts` some tensors lie channels-last."""
    return Generator(seed, number, element, layouts).run()
