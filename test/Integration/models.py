#!/usr/bin/env python3
"""Writes small models into a directory, one file each: models.py GROUP DIRECTORY. The tables at the end say what each group is for.

A model that fails stays in the test's output directory, where fusion-run can take it again.
"""
import os
import sys


def tensor(shape):
    return "tensor<%sf32>" % "".join("%sx" % extent for extent in shape)


class Model:
    """A function of named ops, built op by op; values are (name, shape), '?' is a batch of any size."""

    def __init__(self, shape):
        self.arguments, self.body, self.count, self.parameters = [], [], 0, 0
        self.value = self.argument("x", shape)

    def argument(self, name, shape, parameter=False):
        self.arguments.append("%%%s: %s%s" % (name, tensor(shape), " {fusion.parameter}" if parameter else ""))
        return name, tuple(shape)

    def parameter(self, kind, shape):
        self.parameters += 1
        return self.argument("%s%d" % (kind, self.parameters), shape, parameter=True)

    def op(self, text, operands, shape, functional=True):
        """`text` holds one {} for each operand."""
        name = "v%d" % self.count
        self.count += 1
        signature = tensor(shape)
        if functional:
            signature = "(%s) -> %s" % (", ".join(tensor(s) for _, s in operands), signature)
        self.body.append("  %%%s = fusion.%s : %s" % (name, text.format(*("%" + n for n, _ in operands)), signature))
        self.value = name, tuple(shape)
        return self

    def conv(self, out, kernel, stride=1, padding=0, dilation=1, groups=1, transposed=False, output_padding=0, bias=True):
        rank = len(self.value[1]) - 2
        k, s, p, d, o = ((v,) * rank if isinstance(v, int) else tuple(v) for v in (kernel, stride, padding, dilation, output_padding))
        batch, channels, *extents = self.value[1]
        if transposed:
            shape = [(e - 1) * s[i] - 2 * p[i] + d[i] * (k[i] - 1) + o[i] + 1 for i, e in enumerate(extents)]
        else:
            shape = [(e + 2 * p[i] - d[i] * (k[i] - 1) - 1) // s[i] + 1 for i, e in enumerate(extents)]
        assert min(shape) > 0
        weight = self.parameter("weight", ((channels, out // groups) if transposed else (out, channels // groups)) + k)
        operands, text = [self.value, weight], "conv {}, {}"
        if bias:
            operands.append(self.parameter("bias", (out,)))
            text += " bias {}"
        attributes = ["transposed"] if transposed else []
        for name, values, default in (("stride", s, 1), ("padding", p, 0), ("output_padding", o, 0), ("dilation", d, 1)):
            if any(v != default for v in values):
                attributes.append("%s = array<i64: %s>" % (name, ", ".join(map(str, values))))
        if groups != 1:
            attributes.append("groups = %d : i64" % groups)
        if attributes:
            text += " {{" + ", ".join(attributes) + "}}"
        return self.op(text, operands, (batch, out, *shape))

    def linear(self, out, bias=True):
        operands, text = [self.value, self.parameter("weight", (out, self.value[1][1]))], "linear {}, {}"
        if bias:
            operands.append(self.parameter("bias", (out,)))
            text += " bias {}"
        return self.op(text, operands, (self.value[1][0], out))

    def norm(self, groups, affine=True, eps=1e-5):
        operands, text, channels = [self.value], "group_norm {}", self.value[1][1]
        if affine:
            operands += [self.parameter("gamma", (channels,)), self.parameter("beta", (channels,))]
            text += " affine {}, {}"
        return self.op(text + " {{groups = %d : i64, eps = %.1e}}" % (groups, eps), operands, self.value[1])

    def act(self, name):
        return self.op(name + " {}", [self.value], self.value[1], functional=False)

    def binary(self, name, other):
        """With a value or parameter whose shape broadcasts to that of this one."""
        return self.op(name + " {}, {}", [self.value, other], self.value[1])

    def softmax(self):
        return self.op("softmax {} {{dims = array<i64: 1>}}", [self.value], self.value[1], functional=False)

    def max_pool(self, kernel):
        """With windows side by side."""
        name, shape = self.value
        pooled = shape[:2] + tuple(n // kernel for n in shape[2:])
        self.op("max_pool {} {{kernel = array<i64: %s>}}" % ", ".join([str(kernel)] * len(shape[2:])), [self.value], pooled)
        self.body[-1] = self.body[-1].replace("(", "").replace(") ->", " to")
        return self

    def swish(self):
        """Spelled out, sigmoid(x) * x."""
        x = self.value
        return self.act("sigmoid").op("mul {}, {}", [self.value, x], x[1])

    def text(self, name, results=None):
        results = results or [self.value]
        types = [tensor(shape) for _, shape in results]
        return "func.func @%s(%s) -> %s {\n%s\n  return %s : %s\n}\n" % (
            name, ", ".join(self.arguments), types[0] if len(types) == 1 else "(%s)" % ", ".join(types), "\n".join(self.body),
            ", ".join("%" + n for n, _ in results), ", ".join(types))


# The four chains of examples/ at other sizes.


def hardswish_relu(shape, out, kernel, **window):
    return Model(shape).conv(out, kernel, **window).act("hardswish").act("relu")


def relu_hardswish(shape, out, kernel, **window):
    m = Model(shape).conv(out, kernel, **window).act("relu")
    relu, shape = m.value, m.value[1]
    m.op("constant 3.0", [], (), functional=False)
    three = m.value
    m.op("constant 6.0", [], (), functional=False)
    six = m.value
    m.op("add {}, {}", [relu, three], shape).op("div {}, {}", [m.value, six], shape)
    m.op("clamp {} {{min = 0.0, max = 1.0}}", [m.value], shape, functional=False)
    return m.op("mul {}, {}", [relu, m.value], shape)


def transposed_norm(shape, out, kernel, groups, norm_groups, **window):
    window = dict({"stride": 2, "padding": 1}, **window)
    return Model(shape).conv(out, kernel, groups=groups, transposed=True, **window).swish().norm(norm_groups).act("hardswish")


def linear_norm(batch, features, out, groups, bias=True):
    m = Model((batch, features)).linear(out, bias).norm(groups).swish()
    return m.binary("mul", m.parameter("multiply_weight", (out,))).swish()


def residual(shape):
    """x + relu(conv(x)): the input is read by the anchor and behind it."""
    m = Model(shape)
    x = m.value
    return m.conv(shape[1], 3, padding=1).act("relu").binary("add", x)


def branches(shape, out):
    """Two results of one convolution: activated, and normalised."""
    m = Model(shape).conv(out, 3, padding=1)
    z = m.value
    first = m.act("swish").value
    m.value = z
    return m.norm(2).act("relu"), [first, m.value]


def both_results(m):
    """The value in front of the last activation is a result too."""
    z = m.value
    return m, [z, m.act("swish").value]


GROUPS = {
    # Sizes around tiles (powers of two up to 16 x 64 positions and 64 channels), primes, single elements, batch 1, strides and groups.
    "conv-hardswish-relu": {
        "primes": hardswish_relu((2, 3, 13, 17), 7, 3),
        "below_tile": hardswish_relu((1, 2, 9, 33), 63, 3),
        "tile": hardswish_relu((2, 4, 10, 34), 64, 3),
        "above_tile": hardswish_relu((1, 9, 11, 35), 65, 3),
        "one_channel_in": hardswish_relu((3, 1, 5, 6), 4, 3),
        "one_channel_out": hardswish_relu((3, 5, 5, 6), 1, 3),
        "one_row": hardswish_relu((2, 3, 1, 40), 5, (1, 3)),
        "one_column": hardswish_relu((2, 3, 40, 1), 5, (3, 1)),
        "one_element": hardswish_relu((6, 1, 1, 1), 4, 1),
        "one_position_out": hardswish_relu((2, 3, 3, 3), 6, 3),
        "window": hardswish_relu((2, 4, 12, 9), 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(2, 1), groups=2),
        "stride_over_kernel": hardswish_relu((2, 3, 11, 11), 5, 2, stride=3),
        "depthwise": hardswish_relu((2, 6, 9, 10), 6, 3, padding=1, groups=6),
        "depthwise_two_each": hardswish_relu((1, 3, 8, 8), 6, 3, groups=3),
        "pointwise": hardswish_relu((2, 33, 7, 5), 18, 1, bias=False),
        "large_kernel": hardswish_relu((1, 2, 14, 15), 3, 7, padding=3),
    },
    "conv-relu-hardswish": {
        "primes": relu_hardswish((3, 5, 11, 19), 7, 3),
        "below_tile": relu_hardswish((1, 3, 17, 65), 15, 3),
        "tile": relu_hardswish((1, 3, 18, 66), 16, 3),
        "above_tile": relu_hardswish((1, 3, 19, 67), 17, 3),
        "one_row_in": relu_hardswish((1, 2, 1, 9), 3, 3, padding=1),
        "line": relu_hardswish((2, 3, 70), 5, 5, padding=2),
        "line_strided": relu_hardswish((2, 4, 37), 6, 3, stride=2, dilation=3, groups=2),
        "volume": relu_hardswish((2, 2, 5, 6, 7), 5, 3, padding=1),
        "volume_window": relu_hardswish((1, 4, 6, 5, 9), 4, (2, 3, 1), stride=(1, 2, 3), padding=(1, 0, 1), dilation=(3, 1, 1), groups=4),
    },
    "transposed-norm": {
        "primes": transposed_norm((2, 3, 3, 5, 7), 10, 3, 1, 5),
        "below_tile": transposed_norm((1, 3, 1, 8, 16), 15, 3, 1, 3),
        "tile": transposed_norm((1, 4, 2, 8, 32), 16, (1, 4, 4), 1, 4, stride=(1, 2, 2), padding=(0, 1, 1)),
        "above_tile": transposed_norm((1, 2, 2, 9, 17), 17, 3, 1, 17, padding=0),
        "norm_one_group": transposed_norm((2, 3, 2, 3, 4), 6, 3, 1, 1),
        "one_element_in": transposed_norm((1, 1, 1, 1, 1), 4, 3, 1, 2, padding=0),
        "one_row_out": transposed_norm((2, 2, 1, 6), 4, (1, 3), 1, 2, padding=0),
        "batch_only": transposed_norm((5, 4, 1, 1, 1), 8, 2, 1, 4, padding=0),
        "grouped": transposed_norm((2, 6, 4, 5), 9, (4, 3), 3, 3, stride=(3, 2), output_padding=(2, 1)),
        "gaps": transposed_norm((2, 3, 4, 5), 4, 2, 1, 2, stride=3, padding=0),
        "dilated": transposed_norm((2, 2, 5, 4), 6, 3, 1, 3, stride=2, dilation=(3, 2)),
        "line": transposed_norm((2, 3, 33), 5, 4, 1, 5),
        "stride_one": transposed_norm((1, 3, 6, 7), 8, 3, 1, 4, stride=1),
    },
    "linear-norm": {
        "primes": linear_norm(7, 13, 21, 7),
        "width_3": linear_norm(5, 6, 24, 8),
        "width_5": linear_norm(9, 10, 35, 7),
        "width_32": linear_norm(63, 16, 64, 2),
        "width_48": linear_norm(64, 33, 144, 3),
        "width_100": linear_norm(3, 12, 200, 2),
        "one_group": linear_norm(4, 7, 31, 1),
        "batch_1": linear_norm(1, 20, 96, 3),
        "above_tile": linear_norm(65, 17, 132, 4),
        "below_tile": linear_norm(127, 15, 126, 6),
        "one_feature_in": linear_norm(6, 1, 12, 3),
        "two_features": linear_norm(1, 1, 2, 1, bias=False),
    },
    "tails": {
        "hardswish_relu": Model((3, 5, 7, 11)).act("hardswish").act("relu"),
        "relu_swish_rows": Model((67, 37)).act("relu").act("swish"),
        "norm_rows": Model((9, 60)).norm(5).act("swish"),
        "norm_rows_wide": Model((3, 1000)).norm(2).act("swish"),
        "norm_volume": Model((2, 6, 3, 5, 7)).swish().norm(3).act("hardswish"),
        "norm_plain": Model((2, 4, 3, 33)).norm(2, affine=False),
        "one_position": Model((4, 6, 1, 1)).act("swish").norm(2),
        "one_element": Model((1, 1, 1)).act("gelu"),
        "many_channels": Model((2, 1030, 2)).act("relu").norm(103),
        "long": Model((2, 3, 2049)).swish().norm(3),
        "parameter": (lambda m: m.binary("mul", m.parameter("scale", (6, 1, 1))).act("tanh"))(Model((2, 6, 5, 5))),
    },
    "structures": {
        "conv_relu_conv": Model((2, 3, 9, 10)).conv(6, 3).act("relu").conv(4, 3),
        "relu_conv": Model((2, 3, 9, 10)).act("relu").conv(5, 3, padding=1),
        "norm_conv": Model((2, 4, 6, 7)).norm(2).act("relu").conv(5, 3),
        "conv_norm_conv": Model((2, 3, 8, 8)).conv(4, 3).norm(2).act("swish").conv(3, 3, stride=2),
        "linear_swish_linear": Model((5, 7)).linear(12).act("swish").linear(6),
        "norm_linear": Model((5, 24)).norm(3).act("relu").linear(10),
        "conv_transposed": Model((2, 3, 6, 5)).conv(4, 3, bias=False).act("relu").conv(3, 3, stride=2, transposed=True, bias=False),
        "residual": residual((2, 4, 7, 9)),
        "branches": branches((2, 3, 6, 7), 4),
        "both_results": both_results(Model((6, 9)).linear(8)),
        "bare_conv": Model((2, 3, 6, 7)).conv(4, 3),
        "bare_linear": Model((5, 6)).linear(7, bias=False),
    },
    # A group of one value is always 0 when it is normalised: most gradients are zeros.
    "groups-of-one": {
        "linear_norm": linear_norm(5, 6, 8, 8),
        "norm_conv": Model((2, 3, 1, 1)).norm(3).conv(4, 1).act("relu"),
    },
    # With the plan and the tiles of the full size: around 64 x 16 positions and 64 (or 16) channels, and around 128 x 128.
    "full-conv-hardswish-relu": {
        "below_tile": hardswish_relu((1, 8, 17, 65), 64, 3),
        "tile": hardswish_relu((1, 8, 18, 66), 64, 3),
        "above_tile": hardswish_relu((1, 8, 19, 67), 64, 3),
        "other_channels": hardswish_relu((2, 3, 5, 7), 65, 3),
    },
    "full-conv-relu-hardswish": {
        "below_tile": relu_hardswish((1, 8, 9, 33), 63, 3),
        "tile": relu_hardswish((2, 8, 10, 34), 64, 3),
        "one_position": relu_hardswish((3, 1, 3, 3), 1, 3),
    },
    "full-transposed-norm": {
        "below_tile": transposed_norm((1, 3, 1, 8, 32), 16, 3, 1, 4),
        "tile": transposed_norm((1, 3, 1, 8, 32), 16, 3, 1, 4, output_padding=1),
        "above_tile": transposed_norm((1, 3, 2, 9, 33), 16, 3, 1, 4),
        "other_channels": transposed_norm((2, 2, 2, 3, 3), 18, 3, 1, 3),
    },
    "full-linear-norm": {
        "below_tile": linear_norm(127, 15, 96, 3),
        "tile": linear_norm(64, 16, 128, 4),
        "above_tile": linear_norm(129, 17, 160, 5),
        "other_groups": linear_norm(3, 5, 240, 5),
        "long_sums": linear_norm(65, 48, 96, 3),
    },
    # A product that walks its tiles in bands at full size, and sizes that leave a last band of fewer rows.
    "full-bands-model": {"model": Model((16384, 4096)).linear(5120).act("hardswish")},
    "full-bands": {
        "one_band": Model((300, 5)).linear(260).act("hardswish"),
        "low_last_band": Model((2500, 8)).linear(300).act("hardswish"),
        "one_row_in_the_last_band": Model((2049, 3)).linear(129).act("hardswish"),
    },
    # The same tiles, which are tensor cores': sums of 32 terms and more, in all three products, with tails and without quads.
    "full-tensor": {
        "tile": Model((64, 64)).linear(128).act("hardswish"),
        "tails": Model((65, 36)).linear(132).act("hardswish"),
        "odd": Model((67, 33)).linear(35).act("hardswish"),
        "few_slices": Model((33, 50)).linear(48).act("hardswish"),
    },
    # Products of few tiles and long sums, which are split; the same chains at sizes that leave splits of few terms or of none.
    "split-full": {
        "forward": linear_norm(48, 16384, 64, 4),
        "weight": Model((16384, 40)).linear(48).act("hardswish"),
        "between": Model((64, 24)).linear(48).act("relu").linear(16384),
        "any_batch": Model(("?", 16384)).linear(36).act("swish"),
    },
    "split-forward": {
        "tails": linear_norm(37, 100, 60, 3),
        "odd": linear_norm(5, 2047, 21, 7),
        "quads": linear_norm(48, 1536, 64, 4),
        "one_term": linear_norm(3, 1, 8, 2),
    },
    "split-weight": {
        "tails": Model((300, 41)).linear(50).act("hardswish"),
        "odd": Model((1601, 7)).linear(33).act("hardswish"),
        "one_row": Model((1, 8)).linear(12).act("hardswish"),
    },
    "split-between": {
        "tails": Model((65, 9)).linear(50).act("relu").linear(333),
        "quads": Model((12, 8)).linear(64).act("relu").linear(1024),
        "odd": Model((7, 3)).linear(5).act("relu").linear(1999),
    },
    "split-any-batch": {
        "rows": Model(("?", 600)).linear(35).act("swish"),
        "sums": Model(("?", 41)).linear(50).act("hardswish"),
    },
    # A bare convolution with the tiles of the first, whose box reaches behind the second: what lies there may be infinite.
    "full-edge": {
        "full": Model((128, 40, 128, 128)).conv(64, 3),
        "small": Model((1, 40, 7, 6)).conv(64, 3),
    },
    # Few channels in, whose boxes blocks walk: with an epilogue of elements, statistics, windows of a pool, or walks over channels.
    "full-walk": {
        "elements": Model((128, 8, 128, 128)).conv(64, 3).act("hardswish"),
        "statistics": Model((128, 8, 128, 128)).conv(64, 3).norm(16).act("tanh"),
        "pool": Model((128, 8, 128, 128)).conv(64, 3).act("hardswish").max_pool(2),
        "channels": Model((128, 8, 128, 128)).conv(64, 3).softmax(),
        "transposed": Model((128, 8, 64, 64)).conv(16, 3, transposed=True, stride=2).act("relu"),
    },
    "walk": {
        "elements": Model((140, 8, 5, 19)).conv(64, 3).act("hardswish"), # more boxes than multiprocessors
        "lines": Model((1, 8, 9, 128)).conv(64, 3).act("hardswish"), # boxes of two whole lines, and the last of one
        "statistics": Model(("?", 8, 9, 7)).conv(64, 3).norm(16).act("tanh"),
        "pool": Model((3, 8, 23, 70)).conv(64, 3).act("hardswish").max_pool(2),
        "channels": Model((2, 8, 9, 40)).conv(64, 3).softmax(),
        "transposed": Model((2, 8, 11, 13)).conv(16, 3, transposed=True, stride=2).act("relu"),
    },
    # Operands of a weight gradient that are computed on the way, with the tiles of the first.
    "full-words": {
        "full": Model((128, 40, 66, 66)).act("swish").conv(64, 3, bias=False).act("tanh"),
        "small": Model((2, 40, 9, 11)).act("swish").conv(64, 3, bias=False).act("tanh"),
    },
    # Tensors of more than 2^31 elements.
    "large": {
        "rows": Model((70000, 40000)).norm(1250).act("swish"),
        "channels": Model((300, 64, 400, 300)).act("hardswish").act("relu"),
    },
    "large-anchors": {
        "linear": Model((70000, 32)).linear(40000).act("relu"),
        "one_image": hardswish_relu((1, 4, 8000, 8002), 64, 3),
        "transposed_norm": transposed_norm((4096, 3, 16, 32, 32), 16, 3, 1, 4),
    },
    "large-gradients": {
        "conv_relu_hardswish": relu_hardswish((1100, 8, 96, 256), 96, 3),
    },
    # Run on kinks, NaN, infinities, constants and large means.
    "inputs": {
        "conv_hardswish_relu": hardswish_relu((2, 3, 6, 7), 4, 3),
        "conv_relu_hardswish": relu_hardswish((2, 3, 6, 7), 4, 3),
        "transposed_norm": transposed_norm((2, 3, 2, 4, 5), 6, 3, 1, 2),
        "linear_norm": linear_norm(4, 9, 16, 4),
        "tail": Model((3, 4, 7, 9)).swish().norm(2).act("hardswish"),
        "tail_rows": Model((5, 40)).norm(5).act("relu"),
        "tail_flat": Model((3, 4, 7, 9)).act("hardswish").act("relu"),
    },
    # Batch of any size.
    "dynamic": {
        "conv_hardswish_relu": hardswish_relu(("?", 3, 7, 9), 5, 3),
        "transposed_norm": transposed_norm(("?", 3, 2, 3, 4), 6, 3, 1, 3),
        "linear_norm": linear_norm("?", 12, 20, 4),
        "linear_swish_linear": Model(("?", 7)).linear(12).act("swish").linear(6),
        "tail": Model(("?", 6, 5, 3)).swish().norm(3).act("hardswish"),
    },
}


def write_group(groups):
    """Writes the group that the command line names."""
    if len(sys.argv) != 3 or sys.argv[1] not in groups:
        sys.exit("usage: %s %s DIRECTORY" % (os.path.basename(sys.argv[0]), "|".join(groups)))
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, model in groups[sys.argv[1]].items():
        model, results = model if isinstance(model, tuple) else (model, None)
        with open(os.path.join(sys.argv[2], name + ".mlir"), "w") as file:
            file.write(model.text(name, results))


if __name__ == "__main__":
    write_group(GROUPS)
