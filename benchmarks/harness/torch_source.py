"""Prints the PyTorch function that a chain is compared with: torch.nn.functional only, parameters as arguments, written from the chain's facts."""
import ast
import math

from . import chains
from shapes import ANCHORS, ELEMENTWISE_BINARY, REDUCTIONS, spatial_rank, transposes, weight_shape

FactError = chains.FactError
OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
PLAIN = {**{name: f"torch.{name}" for name in ("relu", "sigmoid", "tanh", "exp", "log", "sqrt", "rsqrt", "abs", "neg", "square", "reciprocal", "clamp")},
         **{name: f"F.{name}" for name in ("relu6", "hardswish", "hardsigmoid", "selu", "mish", "softsign", "softplus", "gelu")},
         "swish": "F.silu", "silu": "F.silu", "log_sigmoid": "F.logsigmoid"}


class Rename(ast.NodeTransformer):
    """The expression of an op that is spelled out, with PyTorch's functions and the value it reads."""

    def __init__(self, x):
        self.x = x

    def visit_Call(self, node):
        node.args = [self.visit(argument) for argument in node.args]
        if not isinstance(node.func, ast.Name) or node.func.id not in PLAIN:
            raise FactError(f"expected activations, but got {ast.unparse(node)}")
        node.func = ast.Name(PLAIN[node.func.id])
        return node

    def visit_Name(self, node):
        return ast.Name(self.x) if node.id == "x" else node


class Writer:
    """Walks a chain and writes a line per op."""

    def __init__(self, chain):
        self.chain, self.lines, self.parameters, self.shared = chain, [], [], {}
        self.values = {f"input{i}": (f"x{i}", list(shape)) for i, shape in enumerate(chain.inputs)}

    def text(self):
        for index, op in enumerate(self.chain.ops):
            x = self.source(op, 0, op.in_shape)
            operand = self.operand(op, x)
            self.lines.append(f"    v{index} = {self.expression(op, x, operand)}")
            self.values[f"op{index}"] = (f"v{index}", list(op.out_shape))
        name, shape = self.values[f"op{len(self.chain.ops) - 1}"]
        self.lines.append(f"    return {name if shape == self.chain.output else f'{name}.reshape({self.chain.output})'}")
        arguments = [name for key, (name, _) in self.values.items() if key.startswith("input")] + [name for name, _ in self.parameters]
        return "\n".join([f"def chain({', '.join(arguments)}):", *self.lines, ""])

    def parameter(self, shape):
        self.parameters.append((f"p{len(self.parameters)}", list(shape)))
        return self.parameters[-1][0]

    def source(self, op, position, shape=None):
        name, own = self.values[op.src[position]]
        return name if shape is None or own == list(shape) else f"{name}.reshape({list(shape)})"

    def operand(self, op, x):
        """The second operand of a binary op: a number, a parameter, or another value."""
        if op.name not in ELEMENTWISE_BINARY and op.name != "matmul" or op.spelled:
            return None
        kind = op.get("operand")
        if kind in ("scalar", "const"):
            return repr(float(op.get("value")))
        if kind == "param":
            shape = op.attrs.get("operand_shape", [])
            key = (op.attrs.get("operand_name"), tuple(shape))
            if key[0] is None or key not in self.shared:
                self.shared[key] = self.parameter(shape)
            return self.shared[key]
        if kind == "self" and len(op.src) == 1:
            return x
        return self.source(op, 1, op.attrs.get("operand_shape")) + (".detach()" if op.detached else "")

    def expression(self, op, x, operand):
        if op.spelled:
            return ast.unparse(Rename(x).visit(ast.parse(op.spelled.replace("\N{MIDDLE DOT}", "*"), mode="eval").body))
        if op.name in OPERATORS:
            return f"{x} {OPERATORS[op.name]} {operand}"
        if op.name in ("minimum", "maximum"):
            bound = {"minimum": "max", "maximum": "min"}[op.name]
            return f"torch.clamp({x}, {bound}={operand})" if op.get("operand") in ("scalar", "const") else f"torch.{op.name}({x}, {operand})"
        if op.name in ANCHORS:
            return self.anchor(op, x, operand)
        if op.name in REDUCTIONS:
            return self.reduction(op, x)
        rule = getattr(self, op.name, None)
        if rule:
            return rule(op, x)
        if op.name not in PLAIN:
            raise FactError(f"{op.where}: expected an op that PyTorch has, but got '{op.written}'")
        return f"{PLAIN[op.name]}({x})"

    def anchor(self, op, x, operand):
        if op.name == "matmul":
            return f"{x} @ {operand}{'.T' if transposes(op, op.in_shape) else ''}"
        weight = self.parameter(weight_shape(op, op.in_shape))
        bias = self.parameter([op.out_shape[1]]) if op.attrs.get("bias", True) else None
        if op.name == "linear":
            return f"F.linear({x}, {weight}, {bias})"
        rank = spatial_rank(op, op.in_shape)
        given = {key: op.per_dim(key, rank, default) for key, default in (("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1))
                 if key != "output_padding" or op.name == "conv_transpose"}
        return f"F.{op.name}{rank}d({x}, {weight}, {bias}, {', '.join(f'{key}={value}' for key, value in given.items())}, groups={op.attrs.get('groups', 1)})"

    def reduction(self, op, x):
        dims, keep = op.dims(len(op.in_shape)), bool(op.attrs.get("keepdim", False))
        if op.name in ("max", "min"):
            return f"torch.{op.name}({x}, dim={dims[0]}, keepdim={keep})[0]" if len(dims) == 1 else f"torch.a{op.name}({x}, dim={dims}, keepdim={keep})"
        if op.name == "variance":
            return f"torch.var({x}, dim={dims}, correction={float(op.attrs.get('unbiased', True))}, keepdim={keep})"
        return f"torch.{op.name}({x}, dim={dims}, keepdim={keep})"

    # ---------------------------------------------------------------- one rule per op with attributes of its own

    def gelu(self, op, x):
        return f"F.gelu({x}, approximate={op.attrs.get('approximate', 'none')!r})"

    def leaky_relu(self, op, x):
        return f"F.leaky_relu({x}, {float(op.attrs.get('negative_slope', 0.01))})"

    def elu(self, op, x):
        return f"F.{op.name}({x}, {float(op.attrs.get('alpha', 1))})"

    celu = elu

    def pow(self, op, x):
        return f"torch.pow({x}, {float(op.get('exponent'))})"

    def clamp(self, op, x):
        bounds = [f"{key}={float(op.attrs[key])}" for key in ("min", "max") if math.isfinite(op.attrs.get(key, math.inf))]
        return f"torch.clamp({', '.join([x, *bounds])})"

    def hardtanh(self, op, x):
        return f"F.hardtanh({x}, {float(op.attrs.get('min_val', -1))}, {float(op.attrs.get('max_val', 1))})"

    def softmax(self, op, x):
        dims = op.dims(len(op.in_shape))
        if len(dims) != 1:
            raise FactError(f"{op.where}: expected one dim, which is what PyTorch's softmax takes, but got {dims}")
        return f"F.{op.name}({x}, dim={dims[0]})"

    log_softmax = softmax

    def affine(self, op, shape, default):
        return [self.parameter(shape) for _ in range(2)] if op.attrs.get("affine", default) else [None, None]

    def group_norm(self, op, x):
        gamma, beta = self.affine(op, [op.in_shape[1]], True)
        return f"F.group_norm({x}, {op.get('num_groups')}, {gamma}, {beta}, {float(op.attrs.get('eps', 1e-5))})"

    def layer_norm(self, op, x):
        trailing = op.get("normalized_shape")
        trailing = [trailing] if isinstance(trailing, int) else list(trailing)
        gamma, beta = self.affine(op, trailing, True)
        return f"F.layer_norm({x}, {trailing}, {gamma}, {beta}, {float(op.attrs.get('eps', 1e-5))})"

    def instance_norm(self, op, x):
        gamma, beta = self.affine(op, [op.in_shape[1]], False)
        return f"F.instance_norm({x}, None, None, {gamma}, {beta}, eps={float(op.attrs.get('eps', 1e-5))})"

    def batch_norm(self, op, x):
        gamma, beta = self.affine(op, [op.in_shape[1]], True)
        return f"F.batch_norm({x}, None, None, {gamma}, {beta}, True, {float(op.attrs.get('momentum', 0.1))}, {float(op.attrs.get('eps', 1e-5))})"

    def pool(self, op, x, further=""):
        rank = spatial_rank(op, op.in_shape)
        kernel = op.per_dim("k", rank)
        return (f"F.{op.name}{rank}d({x}, {kernel}, {op.per_dim('stride', rank, kernel)}, {op.per_dim('padding', rank, 0)}, "
                f"ceil_mode={bool(op.attrs.get('ceil_mode', False))}{further})")

    def max_pool(self, op, x):
        return self.pool(op, x)

    def avg_pool(self, op, x):
        return self.pool(op, x, f", count_include_pad={bool(op.attrs.get('count_include_pad', True))}")

    def adaptive_avg_pool(self, op, x):
        return f"F.adaptive_avg_pool{len(op.in_shape) - 2}d({x}, {op.out_shape[2:]})"

    def dropout(self, op, x):
        return f"F.dropout({x}, {float(op.attrs.get('p', 0.5))}, True)"

    def view(self, op, x):
        return f"{x}.reshape({list(op.out_shape)})"


def source(facts):
    """The function's text, held to the model's parameters: same number, same shapes, same order."""
    writer = Writer(facts.chain)
    text = writer.text()
    shapes = [shape for _, shape in writer.parameters]
    if shapes != facts.parameters:
        raise FactError(f"chain {facts.number}: expected the model's parameters {facts.parameters}, but PyTorch's function has {shapes}")
    return text


def function(facts):
    """The function itself."""
    import torch
    from torch.nn import functional

    scope = {"torch": torch, "F": functional}
    exec(compile(source(facts), f"<chain {facts.number}>", "exec"), scope)  # written above from numbers and known names only
    return scope["chain"]


def add_arguments(parser):
    parser.add_argument("numbers", help="which chains, such as 57,60, or all")
    parser.add_argument("--file", help="the file of chains")


def run(options):
    try:
        for facts in chains.read(options.file, None if options.numbers == "all" else options.numbers):
            print(f"# {facts.number} {facts.name}\n{source(facts)}")
    except FactError as error:
        print(f"benchmarks: error: {error}")
        return 1
    return 0
