"""Goldens of 16-bit tensors and of casts: PyTorch in float64 on inputs of the type, only casts rounded ("f64"), and that rounded to the type ("f32").

What PyTorch's CPU kernels give in 16 bits is no golden: some of them sum in 16 bits (the gradient of avg_pool2d).
"""
import math

import numpy as np
import torch
import torch.nn.functional as F

from golden_model import Model, tensor_type

TORCH = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def rounded(values, element):
    return torch.tensor(np.asarray(values, np.float32)).to(TORCH[element]).to(torch.float32).numpy()


class NarrowModel(Model):
    """Tensors are of `element` unless another type is given."""

    def __init__(self, name, about, element, **options):
        super().__init__(name, about, **options)
        self.element, self.elements = element, {}

    def typed(self, name, element):
        self.elements[name] = element or self.element
        self.types[name] = self.types[name].replace("f32", self.elements[name])

    def input(self, name, shape, values=None, element=None, **options):
        super().input(name, shape, values, **options)
        self.inputs[-1] = (name, rounded(self.inputs[-1][1], element or self.element))
        wide = self.types[name]
        self.typed(name, element)
        self.args[-1] = self.args[-1].replace(wide, self.types[name])

    def op(self, result, text, operands, shape, functional=True, element=None):
        """`functional` is "to" for ops that print `operand to result`."""
        super().op(result, text, operands, shape, functional=False)
        wide = self.types[result]
        self.typed(result, element)
        mine = self.types[result]
        signature = {True: "(%s) -> %s" % (", ".join(self.types[o] for o in operands), mine), False: mine, "to": "%s to %s" % (self.types[operands[0]] if operands else "", mine)}
        head = self.body[-1][:-len(wide)]
        self.body[-1] = head + signature[functional]

    def run(self, compute, dtype, dy):
        leaves = [torch.tensor(values).to(torch.float64).requires_grad_() for _, values in self.inputs]
        y = compute(*leaves)
        if dy is None:
            return self.plain(y, dtype, "y")
        y.backward(torch.tensor(rounded(dy, self.elements["y"])).to(y.dtype))
        return [self.plain(leaf.grad, dtype, name) for leaf, (name, _) in zip(leaves, self.inputs)]

    def plain(self, tensor, dtype, name):
        values = tensor.detach().numpy()
        return values if dtype == torch.float64 else rounded(values, self.elements[name])

    def gradient_values(self, dy):
        return rounded(dy, self.elements["y"])


class Cast(torch.autograd.Function):
    """Rounds the value, not the gradient."""

    @staticmethod
    def forward(context, x, element):
        return x.to(torch.float32).to(TORCH[element]).to(x.dtype)

    @staticmethod
    def backward(context, dy):
        return dy, None


def to(element):
    return lambda x: Cast.apply(x, element)


def write_casts(directory):
    special = [0.0, -0.0, math.nan, math.inf, -math.inf, 65504, 65519, 65520, -65520, 1e5, 3.3e38, 3.4e38, 6e-8, 2.9e-8, 3e-8, 1e-40, 1 + 2.0**-8, 1 + 2.0**-7 + 2.0**-8,
               1 + 2.0**-11, 1 + 2.0**-10 + 2.0**-11]
    for element in ("bf16", "f16"):
        m = NarrowModel("cast_" + element, "A cast to %s rounds between two ops of one kernel, too." % element, "f32")
        m.input("x", [3, 40])
        m.op("n", "cast %x", ["x"], [3, 40], "to", element)
        m.op("w", "cast %n", ["n"], [3, 40], "to")
        m.op("t", "add %x, %x", ["x", "x"], [3, 40])
        m.op("y", "sub %t, %w", ["t", "w"], [3, 40])
        m.write(directory, lambda x, element=element: x + x - to(element)(x))

        m = NarrowModel("cast_%s_special" % element, "Ties, overflow, subnormals, NaN and infinities as %s." % element, "f32")
        values = np.asarray(special + [-v for v in special], np.float32)
        m.input("x", [len(values)], values)
        m.op("y", "cast %x", ["x"], [len(values)], "to", element)
        m.write(directory, to(element))

    m = NarrowModel("cast_between", "From f16 to bf16 and back, behind an op.", "f16")
    m.input("x", [4, 33], scale=3.0)
    m.op("t", "tanh %x", ["x"], [4, 33], False)
    m.op("b", "cast %t", ["t"], [4, 33], "to", "bf16")
    m.op("y", "cast %b", ["b"], [4, 33], "to")
    m.write(directory, lambda x: to("f16")(to("bf16")(torch.tanh(x))))


def write_ops(directory):
    m = NarrowModel("narrow_arithmetic", "A chain of arithmetic with an f32 scalar and a parameter that broadcasts, in bf16.", "bf16", dynamic=True)
    m.input("x", [3, 5, 7], scale=2.0)
    m.input("g", [5, 1], parameter=True)
    m.body.append("  %tenth = fusion.constant 0.1 : tensor<f32>")
    m.types["tenth"] = tensor_type([])
    m.op("a", "mul %x, %g", ["x", "g"], [3, 5, 7])
    m.op("b", "add %a, %tenth", ["a", "tenth"], [3, 5, 7])
    m.op("y", "swish %b", ["b"], [3, 5, 7], False)
    m.write(directory, lambda x, g: F.silu(x * g + 0.1))

    for element, op, scale, compute in (("bf16", "mean", 1.0, lambda x: x.mean(1)), ("f16", "mean", 200.0, lambda x: x.mean(1)),
                                        ("bf16", "sum", 1.0, lambda x: x.sum(1)), ("f16", "logsumexp", 3.0, lambda x: torch.logsumexp(x, 1))):
        m = NarrowModel("narrow_%s_%s" % (op, element), "%s over 400 elements of %s; sums are fp32." % (op, element), element)
        m.input("x", [3, 400], scale=scale / 4, mean=scale)
        m.op("y", op + " %x {dims = array<i64: 1>}", ["x"], [3], "to")
        m.write(directory, compute)

    m = NarrowModel("narrow_softmax", "Softmax over channels in f16.", "f16", dynamic=True)
    m.input("x", [2, 9, 5], scale=3.0)
    m.op("y", "softmax %x {dims = array<i64: 1>}", ["x"], [2, 9, 5], False)
    m.write(directory, lambda x: torch.softmax(x, 1))

    m = NarrowModel("narrow_layer_norm", "Layer norm in bf16 with parameters in f32, then gelu.", "bf16", dynamic=True)
    m.input("x", [4, 3, 24], scale=2.0, mean=1.0)
    m.input("g", [24], parameter=True, element="f32")
    m.input("b", [24], parameter=True, element="f32")
    m.op("n", "layer_norm %x affine %g, %b {normalised_dims = 1 : i64, eps = 1.0e-5}", ["x", "g", "b"], [4, 3, 24])
    m.op("y", "gelu %n", ["n"], [4, 3, 24], False)
    m.write(directory, lambda x, g, b: F.gelu(F.layer_norm(x, [24], g, b, 1e-5)))

    m = NarrowModel("narrow_group_norm", "Swish, group norm and hardswish in bf16.", "bf16")
    m.input("x", [2, 6, 5, 7], scale=2.0)
    m.input("g", [6], parameter=True)
    m.input("b", [6], parameter=True)
    m.op("s", "swish %x", ["x"], [2, 6, 5, 7], False)
    m.op("n", "group_norm %s affine %g, %b {groups = 3 : i64, eps = 1.0e-5}", ["s", "g", "b"], [2, 6, 5, 7])
    m.op("y", "hardswish %n", ["n"], [2, 6, 5, 7], False)
    m.write(directory, lambda x, g, b: F.hardswish(F.group_norm(F.silu(x), 3, g, b, 1e-5)))

    for op, attributes, compute in (
            ("max_pool", "kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>", lambda x: F.max_pool2d(x, 3, 2, 1)),
            ("avg_pool", "kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1>", lambda x: F.avg_pool2d(x, 3, 2, 1))):
        m = NarrowModel("narrow_" + op, op + " with overlapping windows in bf16.", "bf16")
        m.input("x", [2, 3, 9, 8], scale=3.0)
        m.op("y", "%s %%x {%s}" % (op, attributes), ["x"], [2, 3, 5, 4], "to")
        m.write(directory, compute)


def write_narrow(directory):
    write_casts(directory)
    write_ops(directory)
