#!/usr/bin/env python3
"""Writes models that are no chains: values used twice, several inputs and results, two or three anchors. graphs.py GROUP DIRECTORY."""
from models import Model, tensor, write_group


def build(shape, steps):
    """`steps` gets the model and its input, and returns the results if they are more than the last value."""
    m = Model(shape)
    results = steps(m, m.value)
    return (m, results) if isinstance(results, list) else m


def two_inputs(m, x):
    m.binary("add", m.argument("y", x[1])).act("relu").binary("mul", x)


def parallel_convs(m, x):
    first = m.conv(4, 3, padding=1).act("relu").value
    m.value = x
    m.conv(4, 1).binary("add", first)


def residual_block(m, x):
    m.conv(4, 3, padding=1).norm(2).act("relu").conv(4, 3, padding=1).norm(2).binary("add", x).act("relu")


def shared_prologue(m, x):
    swish = m.act("swish").value
    first = m.conv(4, 3).value
    m.value = swish
    m.conv(4, 3).binary("mul", first)


def inner_result(m, x):
    inner = m.conv(4, 3).act("relu").value
    return [inner, m.conv(3, 3).act("relu").value]


def gate(m, x):
    z = m.conv(4, 3, padding=1).value
    sigmoid = m.act("sigmoid").value
    m.value = z
    m.act("tanh").binary("mul", sigmoid)


def square(m, x):
    m.conv(4, 3, padding=1).binary("mul", m.value)


def divide(m, x):
    sigmoid = m.act("sigmoid").value
    m.value = x
    m.binary("div", sigmoid)


def scale_and_shift(m, x):
    m.conv(6, 3, padding=1).binary("mul", m.parameter("scale", (6, 1, 1))).binary("add", m.parameter("shift", (6, 1, 1))).act("relu")


def scale_all(m, x):
    m.conv(6, 3, padding=1).binary("mul", m.parameter("scale", (1,)))


def scale_rows(m, x):
    m.linear(8).binary("mul", m.argument("rows", (5, 1)))


def scale_positions(m, x):
    m.act("relu").binary("mul", m.parameter("scale", (4, 5)))


def standardised(m, x, by):
    """`x` by the statistics of `by` over its last dim, which are results too."""
    shape, rows = x[1], x[1][:-1] + (1,)
    m.body.append("  %%mean, %%variance = fusion.moments %%%s {dims = array<i64: %d>, keepdim} : %s to %s" %
                  (by[0], len(shape) - 1, tensor(shape), tensor(rows)))
    m.op("constant 1.0e-5", [], (), functional=False).op("add {}, {}", [("variance", rows), m.value], rows)
    rstd = m.act("rsqrt").value
    return [m.op("standardize {} stats {}, {}", [x, ("mean", rows), rstd], shape).value, ("mean", rows), rstd]


GRAPHS = {
    "two_inputs": build((3, 4, 5, 6), two_inputs),
    "parallel_convs": build((2, 3, 7, 8), parallel_convs),
    "residual_block": build((2, 4, 6, 6), residual_block),
    "residual_linear": build((6, 10), lambda m, x: m.linear(10).act("relu").binary("add", x).linear(4)),
    "shared_prologue": build((2, 3, 6, 6), shared_prologue),
    "inner_result": build((2, 3, 7, 7), inner_result),
    "same_result_twice": build((2, 5), lambda m, x: [m.act("tanh").value] * 2),
    "identity": build((2, 5), lambda m, x: [x]),
    "gate": build((2, 4, 6, 5), gate),
    "square": build((2, 4, 6, 5), square),
    "divide": build((3, 8), divide),
    "scale_and_shift": build((2, 6, 4, 5), scale_and_shift),
    "scale_all": build((2, 6, 4, 5), scale_all),
    "shift_all": build((2, 6, 9, 8), lambda m, x: m.conv(5, 3).binary("add", m.parameter("shift", (1,))).act("relu")),
    "scale_rows": build((5, 12), scale_rows),
    "one_dim": build((7,), lambda m, x: m.act("relu")),
    "perceptron": build((6, 10), lambda m, x: m.linear(16).act("gelu").linear(12).norm(3).act("swish").linear(5)),
    "two_norms": build((2, 4, 5, 5), lambda m, x: m.conv(4, 3).norm(2).act("relu").norm(4).act("swish")),
    "three_convs": build((1, 2, 9, 9), lambda m, x: m.conv(3, 3).act("relu").conv(4, 3).act("hardswish").conv(2, 3).act("tanh")),
    "two_transposed": build((2, 3, 4, 5), lambda m, x: m.conv(5, 3, stride=2, transposed=True).act("relu").conv(2, 3, stride=2, transposed=True)),
    "norm_transposed": build((2, 3, 6, 6), lambda m, x: m.conv(4, 3).act("swish").norm(2).conv(3, 3, stride=2, transposed=True)),
    # Sweeps over runs of elements: rows wider than a tile, norms over groups of two widths, sums that keep a place.
    "wide_rows": Model((3, 2000)).norm(2).act("swish"),
    "wide_group_behind_linear": Model((3, 5)).linear(400).norm(2),
    "two_group_widths_in_a_row": Model((4, 24)).norm(3).act("relu").norm(2),
    "sum_per_position": build((2, 6, 4, 5), scale_positions),
    # Equal extents, where a wrong axis or transposition is no other shape.
    "square_linear": build((5, 5), lambda m, x: m.linear(5).act("tanh").linear(5)),
    "square_matmul": build((5, 5), lambda m, x: m.op("matmul {}, {} {{transpose_a}}", [x, m.argument("b", (5, 5))], (5, 5)).act("tanh")),
    "own_statistics": build((3, 8), lambda m, x: standardised(m, x, x)),
    "statistics_of_another": build((3, 8), lambda m, x: standardised(m, x, m.argument("z", x[1]))),
    "separable": build((2, 8, 5, 5), lambda m, x: m.conv(8, 1).act("relu").conv(8, 3, groups=8, padding=1).act("relu6").conv(4, 1)),
}

if __name__ == "__main__":
    write_group({"graphs": GRAPHS})
