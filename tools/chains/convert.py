"""Turns the ops of a chain into named ops, one rule per kind of op, and checks every shape against the facts."""
import math
import re

from facts import FactError
from model import Integer, Model
from shapes import ANCHORS, ELEMENTWISE_BINARY, REDUCTIONS, count, infer, spatial_rank, transposes, weight_shape
from spelled import Spelled


class Converter:
    """Walks a chain and keeps the value that each input and op stands for."""

    def __init__(self, chain):
        self.chain, self.model = chain, Model(chain.name)
        several = len(chain.inputs) > 1
        self.values = {f"input{i}": self.model.input(shape, i, several) for i, shape in enumerate(chain.inputs)}
        self.own, self.macs = {}, 0

    def run(self):
        for index, op in enumerate(self.chain.ops):
            x = self.source(op, 0, op.in_shape)
            operand = self.operand(op, x)
            shape = infer(op, x.shape, operand.shape if operand else None)
            if shape != op.out_shape:
                raise FactError(f"{op.where}: expected a result of shape {shape}, but the chain says {op.out_shape}")
            self.values[f"op{index}"] = self.emit(op, x, operand, shape)
        result = self.values[f"op{len(self.chain.ops) - 1}"]
        if shape == self.chain.output:
            return result
        if count(shape) != count(self.chain.output):
            raise FactError(f"expected an output of shape {shape}, but the chain says {self.chain.output}")
        return self.model.to("reshape", result, {}, self.chain.output)

    def text(self):
        result = self.run()
        kinds = " -> ".join(re.sub(r"\W+", "_", op.written, flags=re.ASCII) for op in self.chain.ops)
        megabytes = [4 * sum(map(count, shapes)) / 1e6 for shapes in ([v.shape for v in self.model.inputs + self.model.parameters], [result.shape])]
        return self.model.text(result, f"{kinds}. Reads {megabytes[0]:.3g} MB, writes {megabytes[1]:.3g} MB, {2 * self.macs / 1e9:.3g} GFLOP.")

    # ---------------------------------------------------------------- operands

    def source(self, op, position, shape=None):
        """The value an op reads, viewed in the shape that the op says it reads."""
        name = op.src[position] if position < len(op.src) else None
        if name not in self.values:
            raise FactError(f"{op.where}: expected an operand among {', '.join(self.values)}, but got '{name}'")
        value = self.values[name]
        if shape is None or value.shape == list(shape):
            return value
        if count(value.shape) != count(shape):
            raise FactError(f"{op.where}: expected an operand of shape {value.shape}, but the chain says {list(shape)}")
        return self.model.to("reshape", value, {}, shape)

    def operand(self, op, x):
        """The second operand of a binary op: a number, a parameter, or another value of the chain."""
        if op.name not in ELEMENTWISE_BINARY and op.name != "matmul" or op.spelled:
            if len(op.src) != 1:
                raise FactError(f"{op.where}: expected one operand, but got {op.src}")
            return None
        kind = op.get("operand")
        if kind in ("scalar", "const"):
            return self.model.constant(float(op.get("value")))
        if kind == "param":
            return self.own_parameter(op)
        if kind not in ("self", *op.src, *(f"{source}_output" for source in op.src)):
            raise FactError(f"{op.where}: expected an operand 'scalar', 'const', 'param', 'self' or one of {op.src}, but got '{kind}'")
        if kind == "self" and len(op.src) == 1:
            return x
        value = self.source(op, 1, op.attrs.get("operand_shape"))
        return self.model.unary("detach", value) if op.detached else value

    def own_parameter(self, op):
        """A parameter of the chain itself; the name stands for the same one wherever it is used."""
        name, shape = op.attrs.get("operand_name"), op.attrs.get("operand_shape", [])
        key = (name, tuple(shape))
        if name is None or key not in self.own:
            wanted = name or ("weight" if op.name == "matmul" else "operand")
            self.own[key] = self.model.parameter(f"{op.name}_{wanted}" if wanted in self.model.names else wanted, shape)
        return self.own[key]

    # ---------------------------------------------------------------- ops

    def emit(self, op, x, operand, shape):
        if op.spelled:
            return Spelled(op, self.model, x).value()
        if op.name in ELEMENTWISE_BINARY:
            return self.model.binary(op.name, x, operand)
        if op.name in REDUCTIONS:
            attributes = {"dims": op.dims(len(x.shape)), "keepdim": bool(op.attrs.get("keepdim", False))}
            if op.name == "variance":
                attributes["correction"] = float(op.attrs.get("unbiased", True))
            return self.model.to(op.name, x, attributes, shape)
        if op.name in ANCHORS:
            return self.anchor(op, x, operand, shape)
        rule = getattr(self, op.name, None)
        return rule(op, x, shape) if rule else self.model.unary(op.name, x)

    def anchor(self, op, x, operand, shape):
        weight_extents = weight_shape(op, x.shape)
        if op.name == "matmul":
            self.macs += count(shape) * x.shape[1]
            return self.model.function("matmul", [x, operand], {"transpose_b": transposes(op, x.shape)}, shape)
        weight = self.model.parameter("weight", weight_extents)
        bias = self.model.parameter("bias", [shape[1]]) if op.attrs.get("bias", True) else None
        if op.name == "linear":
            self.macs += count(shape) * x.shape[1]
            return self.model.anchor("linear", x, weight, bias, {}, shape)
        transposed, rank = op.name == "conv_transpose", spatial_rank(op, x.shape)
        self.macs += count(x.shape if transposed else shape) * math.prod(weight_extents[1:])
        defaults = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1}
        attributes = {"transposed": transposed}
        for key, default in defaults.items():
            given = op.per_dim(key, rank, default)
            attributes[key] = given if given != [default] * rank else None
        attributes["groups"] = Integer(op.attrs["groups"]) if op.attrs.get("groups", 1) != 1 else None
        return self.model.anchor("conv", x, weight, bias, attributes, shape)

    def gelu(self, op, x, _):
        kinds = {"none": "gelu", "tanh": "gelu_tanh"}
        kind = op.attrs.get("approximate", "none")
        if kind not in kinds:
            raise FactError(f"{op.where}: expected 'approximate' to be none or tanh, but got '{kind}'")
        return self.model.unary(kinds[kind], x)

    def leaky_relu(self, op, x, _):
        return self.model.unary("leaky_relu", x, {"slope": float(op.attrs.get("negative_slope", 0.01))})

    def elu(self, op, x, _):
        return self.model.unary("elu", x, {"alpha": float(op.attrs.get("alpha", 1))})

    def celu(self, op, x, _):
        return self.model.unary("celu", x, {"alpha": float(op.attrs.get("alpha", 1))})

    def softplus(self, op, x, _):
        op.only("beta", 1, 1)
        op.only("threshold", 20, 20)
        return self.model.unary("softplus", x)

    def pow(self, op, x, _):
        return self.model.unary("pow", x, {"exponent": float(op.get("exponent"))})

    def clamp(self, op, x, _):
        bounds = {"min": float(op.attrs.get("min", -math.inf)), "max": float(op.attrs.get("max", math.inf))}
        return self.model.unary("clamp", x, bounds)

    def hardtanh(self, op, x, _):
        return self.model.unary("clamp", x, {"min": float(op.attrs.get("min_val", -1)), "max": float(op.attrs.get("max_val", 1))}, name="hardtanh")

    def softmax(self, op, x, _):
        return self.model.unary(op.name, x, {"dims": op.dims(len(x.shape))})

    log_softmax = softmax

    def gamma_beta(self, op, shape, default):
        return [self.model.parameter(name, shape) for name in ("gamma", "beta")] if op.attrs.get("affine", default) else []

    def group_norm(self, op, x, _):
        attributes = {"groups": Integer(op.get("num_groups")), "eps": float(op.attrs.get("eps", 1e-5))}
        return self.model.affine("group_norm", x, self.gamma_beta(op, [x.shape[1]], True), attributes)

    def layer_norm(self, op, x, _):
        trailing = op.get("normalized_shape")
        trailing = [trailing] if isinstance(trailing, int) else trailing
        attributes = {"normalised_dims": Integer(len(trailing)), "eps": float(op.attrs.get("eps", 1e-5))}
        return self.model.affine("layer_norm", x, self.gamma_beta(op, trailing, True), attributes)

    def instance_norm(self, op, x, _):
        op.only("track_running_stats", False, False)
        return self.model.affine("instance_norm", x, self.gamma_beta(op, [x.shape[1]], False), {"eps": float(op.attrs.get("eps", 1e-5))})

    def batch_norm(self, op, x, _):
        op.only("training", True, True)
        attributes = {"eps": float(op.attrs.get("eps", 1e-5)), "momentum": float(op.attrs.get("momentum", 0.1))}
        return self.model.affine("batch_norm", x, self.gamma_beta(op, [x.shape[1]], True), attributes)

    def pool_attributes(self, op, rank):
        """What differs from the defaults: stride as the kernel, no padding, floor."""
        kernel = op.per_dim("k", rank)
        stride, padding = op.per_dim("stride", rank, kernel), op.per_dim("padding", rank, 0)
        return {"kernel": kernel, "stride": stride if stride != kernel else None, "padding": padding if any(padding) else None,
                "ceil_mode": bool(op.attrs.get("ceil_mode", False))}

    def max_pool(self, op, x, shape):
        return self.model.to("max_pool", x, self.pool_attributes(op, len(x.shape) - 2), shape, name="pool")

    def avg_pool(self, op, x, shape):
        attributes = self.pool_attributes(op, len(x.shape) - 2)
        attributes["count_include_pad"] = None if op.attrs.get("count_include_pad", True) else "false"
        return self.model.to("avg_pool", x, attributes, shape, name="pool")

    def adaptive_avg_pool(self, op, x, shape):
        return self.model.to("adaptive_avg_pool", x, {"output_size": shape[2:]}, shape, name="pool")

    def dropout(self, op, x, _):
        op.only("training", True, True)
        seeds = sum(line.startswith("fusion.dropout ") for _, line, *_ in self.model.lines)
        return self.model.unary("dropout", x, {"p": float(op.attrs.get("p", 0.5)), "seed": Integer(seeds), "offset": Integer(0)})

    def view(self, op, x, shape):
        return self.model.to("reshape", x, {}, shape) if shape != x.shape else x
