#!/usr/bin/env python3
"""Writes test/Golden/*.mlir and *.json: models in the dialect beside what PyTorch computes for them, forward and backward.

Usage: make-goldens.py [DIRECTORY]; needs torch and numpy (any build; runs on the CPU). Files name the version that made them. Inputs are
made here, once, as float32; the float64 results are PyTorch's for the very same numbers. Tensors are written as the hex digits of
their bits.
"""
import math
import os
import re
import sys

import numpy as np
import torch
import torch.nn.functional as F

from golden_model import Model
from golden_narrow import write_narrow
from golden_reductions import write_more_norms, write_pools, write_reductions, write_shapes

# ------------------------------------------------------------------------------------------------ elementwise


def special_points(random):
    """Kinks and their neighbours, NaN, infinities, zeros of both signs, denormals, values that overflow, and ordinary ones."""
    near = [np.nextafter(np.float32(k), np.float32(to)) for k in (0, 3, -3, 6, 20, 0.5, -0.5) for to in (-100, 100)]
    far = [20.5, -20, 88, -88, 89, -89, 104, -104, 1e4, -1e4, 5e37, -5e37, 3e38, -3e38, 1e-38, -1e-38, 1e-42, -1e-42]
    kinks = [math.nan, math.inf, -math.inf, -0.0, 0.0, 3, -3, 6, -6, 20, 0.5, -0.5, 1, -1]
    return np.asarray(kinks + near + far + list(3 * random.standard_normal(17)), np.float32)


ACTIVATIONS = {
    "relu": (F.relu, ""),
    "relu6": (F.relu6, ""),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.125), " {slope = 0.125}"),
    "sigmoid": (torch.sigmoid, ""),
    "tanh": (torch.tanh, ""),
    "swish": (F.silu, ""),
    "hardswish": (F.hardswish, ""),
    "hardsigmoid": (F.hardsigmoid, ""),
    "gelu": (F.gelu, ""),
    "softplus": (F.softplus, ""),
    "clamp": (lambda x: torch.clamp(x, -0.5, 3), " {min = -0.5, max = 3.0}"),
    "clamp_crossed": (lambda x: torch.clamp(x, 3, -0.5), " {min = 3.0, max = -0.5}"),
    "clamp_below": (lambda x: torch.clamp(x, min=-0.5), " {min = -0.5, max = 0x7FF0000000000000 : f64}"),
    "clamp_above": (lambda x: torch.clamp(x, max=3), " {min = 0xFFF0000000000000 : f64, max = 3.0}"),
    "elu": (lambda x: F.elu(x, 0.75), " {alpha = 0.75}"),
    "selu": (F.selu, ""),
    "celu": (lambda x: F.celu(x, 0.75), " {alpha = 0.75}"),
    "mish": (F.mish, ""),
    "gelu_tanh": (lambda x: F.gelu(x, approximate="tanh"), ""),
    "softsign": (F.softsign, ""),
    "log_sigmoid": (F.logsigmoid, ""),
    "exp": (torch.exp, ""),
    "log": (torch.log, ""),
    "sqrt": (torch.sqrt, ""),
    "rsqrt": (torch.rsqrt, ""),
    "abs": (torch.abs, ""),
    "neg": (torch.neg, ""),
    "square": (torch.square, ""),
    "reciprocal": (torch.reciprocal, ""),
    "pow": (lambda x: torch.pow(x, 2.5), " {exponent = 2.5}"),
    "pow_0": (lambda x: torch.pow(x, 0.0), " {exponent = 0.0}"),
    "pow_1": (lambda x: torch.pow(x, 1.0), " {exponent = 1.0}"),
    "pow_2": (lambda x: torch.pow(x, 2.0), " {exponent = 2.0}"),
    "pow_3": (lambda x: torch.pow(x, 3.0), " {exponent = 3.0}"),
    "pow_half": (lambda x: torch.pow(x, 0.5), " {exponent = 0.5}"),
    "pow_three_halves": (lambda x: torch.pow(x, 1.5), " {exponent = 1.5}"),
    "pow_minus_1": (lambda x: torch.pow(x, -1.0), " {exponent = -1.0}"),
    "pow_minus_half": (lambda x: torch.pow(x, -0.5), " {exponent = -0.5}"),
    "pow_minus_3_eighths": (lambda x: torch.pow(x, -0.375), " {exponent = -0.375}"),
}
# Several files for one op, which differ in its attributes.
VARIANT = re.compile(r"^(clamp|pow)_.*")


def spelled_hardswish(m, operand, result, shape):
    """x * clamp((x + 3) / 6, 0, 1) in the dialect."""
    for name, value in (("three", 3), ("six", 6)):
        m.op(name, "constant %.1f" % value, [], [], functional=False)
    m.op("shifted", "add %%%s, %%three" % operand, [operand, "three"], shape)
    m.op("scaled", "div %shifted, %six", ["shifted", "six"], shape)
    m.op("gate", "clamp %scaled {min = 0.0, max = 1.0}", ["scaled"], shape, functional=False)
    m.op(result, "mul %%%s, %%gate" % operand, [operand, "gate"], shape)


def write_elementwise(directory):
    for name, (compute, attributes) in ACTIVATIONS.items():
        m = Model("act_" + name, "The activation %s at kinks, NaN, infinities, zeros, denormals, large and ordinary values." % name,
                  elementwise=True)
        points = special_points(m.random)
        m.input("x", [1, len(points)], points)
        m.op("y", "%s %%x%s" % (VARIANT.sub(r"\1", name), attributes), ["x"], [1, len(points)], functional=False)
        m.write(directory, compute)

    m = Model("mish_spelled", "x * tanh(softplus(x)) as users spell it.")
    m.input("x", [3, 40], scale=6.0)
    m.op("s", "softplus %x", ["x"], [3, 40], functional=False)
    m.op("t", "tanh %s", ["s"], [3, 40], functional=False)
    m.op("y", "mul %x, %t", ["x", "t"], [3, 40])
    m.write(directory, lambda x: x * torch.tanh(F.softplus(x)))

    tails = {"tail_hardswish_relu": lambda x: F.relu(F.hardswish(x)), "tail_relu_hardswish": lambda x: spelled(F.relu(x))}
    for name, compute in tails.items():
        m = Model(name, "The elementwise tail of a chain at kinks, NaN and infinities.", elementwise=True)
        points = special_points(m.random)
        shape = [1, len(points)]
        m.input("x", shape, points)
        if name == "tail_hardswish_relu":
            m.op("h", "hardswish %x", ["x"], shape, functional=False)
            m.op("y", "relu %h", ["h"], shape, functional=False)
        else:
            m.op("r", "relu %x", ["x"], shape, functional=False)
            spelled_hardswish(m, "r", "y", shape)
        m.write(directory, compute)

    broadcasts = {
        "add": (torch.add, [2, 3, 5], [3, 1]),
        "sub": (torch.sub, [3, 1, 5], [4, 1]),
        "mul": (torch.mul, [2, 3, 4, 5], [4, 5]),
        "div": (torch.div, [3, 7], [3, 1]),
        "maximum": (torch.maximum, [2, 3, 5], [3, 1]),
        "minimum": (torch.minimum, [3, 7], [7]),
    }
    for name, (compute, a, b) in broadcasts.items():
        m = Model("broadcast_" + name, "%s of two tensors that broadcast, both of them differentiated." % name)
        m.input("a", a)
        m.input("b", b, values=None, mean=3.0 if name == "div" else 0.0, scale=0.5 if name == "div" else 1.0)
        m.op("y", "%s %%a, %%b" % name, ["a", "b"], np.broadcast_shapes(tuple(a), tuple(b)))
        m.write(directory, compute)


    m = Model("where", "Selection by a mask that is no multiple of anything; ties, NaN and zeros of both signs in the mask.")
    m.input("a", [2, 3, 5])
    m.input("b", [3, 1])
    m.body.append("  %limit = fusion.constant 0.25 : tensor<f32>")
    m.types["limit"] = "tensor<f32>"
    m.op("low", "clamp %a {min = 0.0, max = 0.25}", ["a"], [2, 3, 5], functional=False)
    m.op("mask", "sub %low, %limit", ["low", "limit"], [2, 3, 5])
    m.op("y", "where %mask, %a, %b", ["mask", "a", "b"], [2, 3, 5])
    m.write(directory, lambda a, b: torch.where((torch.clamp(a, 0, 0.25) - 0.25).detach() != 0, a, b))

    for name, compute in (("maximum", torch.maximum), ("minimum", torch.minimum)):
        m = Model("special_" + name, "%s where the operands are equal, of different signs of zero, infinite or NaN." % name)
        values = [1, -1, 0.0, -0.0, math.inf, -math.inf, math.nan, 2.5]
        m.input("a", [8, 8], np.repeat(values, 8))
        m.input("b", [8, 8], np.tile(values, 8))
        m.op("y", "%s %%a, %%b" % name, ["a", "b"], [8, 8])
        m.write(directory, compute)


def spelled(x):
    return x * torch.clamp((x + 3) / 6, 0, 1)


# ------------------------------------------------------------------------------------------------ anchors


def window_text(transposed, stride, padding, output_padding, dilation, groups):
    parts = ["transposed"] if transposed else []
    for name, value in (("stride", stride), ("padding", padding), ("output_padding", output_padding), ("dilation", dilation)):
        if value is not None:
            parts.append("%s = array<i64: %s>" % (name, ", ".join(map(str, value))))
    if groups != 1:
        parts.append("groups = %d : i64" % groups)
    return " {%s}" % ", ".join(parts) if parts else ""


def conv(m, x, out_channels, taps, stride=None, padding=None, output_padding=None, dilation=None, groups=1, transposed=False, bias=True,
         result="y"):
    """Adds a convolution with its parameters to the model and returns what PyTorch computes for it, and the result's shape."""
    rank = len(taps)
    shape = dict(m.inputs)[x].shape
    m.parameter("weight", [shape[1], out_channels // groups] + taps if transposed else [out_channels, shape[1] // groups] + taps)
    if bias:
        m.parameter("bias", [out_channels])
    one, zero = [1] * rank, [0] * rank

    def compute(x, weight, bias=None):
        if transposed:
            function = [F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d][rank - 1]
            return function(x, weight, bias, stride or one, padding or zero, output_padding or zero, groups, dilation or one)
        function = [F.conv1d, F.conv2d, F.conv3d][rank - 1]
        return function(x, weight, bias, stride or one, padding or zero, dilation or one, groups)

    out = list(compute(*[torch.tensor(values) for _, values in m.inputs]).shape)
    operands = [x, "weight"] + (["bias"] if bias else [])
    text = "conv %%%s, %%weight%s%s" % (x, " bias %bias" if bias else "",
                                        window_text(transposed, stride, padding, output_padding, dilation, groups))
    m.op(result, text, operands, out)
    return compute, out


CONVS = {
    "conv1d": ([2, 3, 11], 4, [3], {}),
    "conv1d_window": ([2, 4, 17], 6, [3], dict(stride=[2], padding=[2], dilation=[3], groups=2)),
    "conv2d": ([2, 3, 7, 6], 4, [3, 3], {}),
    "conv2d_stride_remainder": ([1, 2, 8, 9], 3, [2, 3], dict(stride=[3, 2], bias=False)),
    "conv2d_window": ([2, 4, 9, 8], 6, [3, 2], dict(stride=[2, 1], padding=[1, 2], dilation=[2, 1], groups=2)),
    "conv2d_depthwise": ([1, 5, 6, 7], 5, [3, 3], dict(padding=[1, 1], groups=5)),
    "conv2d_pointwise": ([3, 5, 4, 3], 7, [1, 1], {}),
    "conv3d": ([2, 2, 4, 5, 6], 3, [2, 3, 3], dict(padding=[1, 0, 1], stride=[1, 2, 2])),
    "conv_transpose1d": ([2, 3, 7], 4, [4], dict(transposed=True, stride=[3], padding=[1], output_padding=[2])),
    "conv_transpose2d": ([2, 3, 4, 5], 2, [3, 3], dict(transposed=True)),
    "conv_transpose2d_window": ([2, 4, 5, 4], 6, [3, 2], dict(transposed=True, stride=[2, 3], padding=[2, 0], output_padding=[1, 2],
                                                             dilation=[2, 1], groups=2)),
    "conv_transpose2d_gaps": ([1, 2, 3, 3], 2, [2, 1], dict(transposed=True, stride=[3, 2], bias=False)),
    "conv_transpose3d": ([2, 3, 3, 2, 4], 2, [3, 3, 3], dict(transposed=True, stride=[2, 2, 2], padding=[1, 1, 1])),
}


def write_anchors(directory):
    for name, (shape, out_channels, taps, window) in CONVS.items():
        m = Model(name, "A convolution and its gradients.")
        m.input("x", shape)
        compute, _ = conv(m, "x", out_channels, taps, **window)
        m.write(directory, compute)

    for name, bias in (("linear", True), ("linear_no_bias", False)):
        m = Model(name, "A linear layer and its gradients.")
        m.input("x", [5, 7])
        m.parameter("weight", [3, 7])
        if bias:
            m.parameter("bias", [3])
        m.op("y", "linear %x, %weight" + (" bias %bias" if bias else ""), [n for n, _ in m.inputs], [5, 3])
        m.write(directory, F.linear)

    for name, a, b in (("matmul", [4, 5], [5, 3]), ("matmul_ta_tb", [5, 4], [3, 5])):
        transposed = name != "matmul"
        m = Model(name, "A matrix product and its gradients.")
        m.input("a", a)
        m.input("b", b)
        m.op("y", "matmul %a, %b" + (" {transpose_a, transpose_b}" if transposed else ""), ["a", "b"], [4, 3])
        m.write(directory, (lambda a, b: a.T @ b.T) if transposed else torch.matmul)


# ------------------------------------------------------------------------------------------------ norms and chains


def group_norm(m, x, result, shape, groups, affine=True, eps=1e-5):
    if affine:
        m.parameter("gamma", [shape[1]])
        m.parameter("beta", [shape[1]])
    operands = [x] + (["gamma", "beta"] if affine else [])
    m.op(result, "group_norm %%%s%s {groups = %d : i64, eps = %.1e}" % (x, " affine %gamma, %beta" if affine else "", groups, eps), operands,
         shape)


def write_norms(directory):
    cases = {
        "group_norm": ([2, 6, 5, 3], 3, True, 1e-5, 0.0),
        "group_norm_plain": ([3, 4, 7], 2, False, 1e-5, 0.0),
        "group_norm_one_group": ([2, 3, 2, 2, 3], 1, True, 1e-5, 0.0),
        "group_norm_per_channel": ([2, 5, 11], 5, True, 0.5, 0.0),
        "group_norm_flat": ([4, 12], 4, True, 1e-5, 0.0),
        "group_norm_large_mean": ([2, 4, 13], 2, True, 1e-5, 1000.0),
    }
    for name, (shape, groups, affine, eps, mean) in cases.items():
        m = Model(name, "Group normalisation and its gradients.")
        m.input("x", shape, mean=mean)
        group_norm(m, "x", "y", shape, groups, affine, eps)
        m.write(directory, lambda x, gamma=None, beta=None: F.group_norm(x, groups, gamma, beta, eps))


def write_chains(directory):
    m = Model("chain_conv_transpose3d_swish_group_norm_hardswish", "ConvTranspose3d -> swish -> GroupNorm -> hardswish, tiny and odd.")
    m.input("x", [2, 3, 3, 4, 2])
    compute, shape = conv(m, "x", 6, [3, 3, 3], stride=[2, 2, 2], padding=[1, 1, 1], transposed=True, result="z")
    m.op("gate", "sigmoid %z", ["z"], shape, functional=False)
    m.op("s", "mul %gate, %z", ["gate", "z"], shape)
    group_norm(m, "s", "n", shape, 3)
    m.op("y", "hardswish %n", ["n"], shape, functional=False)

    def chain1(x, weight, bias, gamma, beta, compute=compute):
        z = compute(x, weight, bias)
        return F.hardswish(F.group_norm(torch.sigmoid(z) * z, 3, gamma, beta, 1e-5))

    m.write(directory, chain1)

    m = Model("chain_conv2d_hardswish_relu", "Conv2d -> hardswish -> relu, tiny and odd.", dynamic=True)
    m.input("x", [3, 5, 7, 9], scale=3.0)
    compute, shape = conv(m, "x", 7, [3, 3], result="z")
    m.op("h", "hardswish %z", ["z"], shape, functional=False)
    m.op("y", "relu %h", ["h"], shape, functional=False)
    m.write(directory, lambda x, weight, bias, compute=compute: F.relu(F.hardswish(compute(x, weight, bias))))

    m = Model("chain_conv2d_relu_hardswish", "Conv2d -> relu -> hardswish spelled out, tiny and odd.")
    m.input("x", [2, 3, 6, 11], scale=3.0)
    compute, shape = conv(m, "x", 5, [3, 3], result="z")
    m.op("r", "relu %z", ["z"], shape, functional=False)
    spelled_hardswish(m, "r", "y", shape)
    m.write(directory, lambda x, weight, bias, compute=compute: spelled(F.relu(compute(x, weight, bias))))

    m = Model("chain_linear_group_norm_swish_mul_swish", "Linear -> GroupNorm -> swish -> multiply by a parameter -> swish, tiny and odd.",
              dynamic=True)
    shape = [3, 21]
    m.input("x", [3, 13])
    m.parameter("weight", [21, 13])
    m.parameter("bias", [21])
    m.op("z", "linear %x, %weight bias %bias", ["x", "weight", "bias"], shape)
    group_norm(m, "z", "n", shape, 7)
    m.parameter("factor", [21])
    for gate, operand, result in (("gate1", "n", "s1"), ("gate2", "p", "y")):
        if gate == "gate2":
            m.op("p", "mul %s1, %factor", ["s1", "factor"], shape)
        m.op(gate, "sigmoid %%%s" % operand, [operand], shape, functional=False)
        m.op(result, "mul %%%s, %%%s" % (gate, operand), [gate, operand], shape)

    def chain4(x, weight, bias, gamma, beta, factor):
        n = F.group_norm(F.linear(x, weight, bias), 7, gamma, beta, 1e-5)
        p = torch.sigmoid(n) * n * factor
        return torch.sigmoid(p) * p

    m.write(directory, chain4)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "test", "Golden")
    os.makedirs(directory, exist_ok=True)
    torch.set_num_threads(1)
    for write in (write_elementwise, write_anchors, write_norms, write_chains, write_reductions, write_more_norms, write_pools, write_shapes, write_narrow):
        write(directory)


if __name__ == "__main__":
    main()
