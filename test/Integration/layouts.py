#!/usr/bin/env python3
"""Models whose arguments and results lie channels-last: layouts.py GROUP DIRECTORY, or layouts.py last-GROUP for the models of another generator.

A group's name says what lies so: of `last-`, `in-` and `out-GROUP` inputs and results, inputs only, results only; `weights-GROUP` adds parameters.
"""
import os
import re
import sys

import graphs
import models
import reductions
from models import Model, branches, hardswish_relu, residual, transposed_norm
from reductions import pool, reduce, reshape, softmax

TABLES = dict(models.GROUPS, graphs=graphs.GRAPHS, reductions=reductions.REDUCTIONS, norms=reductions.NORMS, pools=reductions.POOLS,
              shapes=reductions.SHAPES, merged=reductions.MERGED, tiles=reductions.TILES, held=reductions.held(5))
LAST = 'fusion.layout = "channels_last"'


def laid(text, argument, result):
    """`text` with layouts on tensors of rank 3 to 5: `argument(name, is_parameter)` and `result(number)` say where."""
    lines = text.split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("func.func"))
    head, types = lines[at].split(") -> ", 1)
    fits = lambda shape: 3 <= shape.count("x") <= 5

    def argument_text(match):
        name, shape, parameter = match.groups()
        marks = ["fusion.parameter"] * bool(parameter) + [LAST] * bool(fits(shape) and argument(name, bool(parameter)))
        return "%%%s: tensor<%s>%s" % (name, shape, " {%s}" % ", ".join(marks) if marks else "")

    head = re.sub(r"%(\w+): tensor<([^>]*)>( \{fusion\.parameter\})?", argument_text, head)
    marked = ["tensor<%s>%s" % (shape, " {%s}" % LAST if fits(shape) and result(i) else "")
              for i, shape in enumerate(re.findall(r"tensor<([^>]*)>", types))]
    lines[at] = "%s) -> (%s) {" % (head, ", ".join(marked))
    return "\n".join(lines)


def chosen(model, arguments, results=None):
    """A model with layouts on the named arguments and on the numbered results, all by default."""
    return model, lambda name, _: name in arguments, lambda number: results is None or number in results


def added(shape, other, out):
    """relu(conv(x) + r)."""
    m = Model(shape)
    r = m.argument("r", other)
    return m.conv(out, 3, padding=1).binary("add", r).act("relu")


def scaled(shape, by):
    m = Model(shape)
    return m.binary("mul", m.parameter("scale", by)).act("tanh")


X, XW = ("x",), ("x", "weight1")
GROUPS = {
    # Elementwise work: vectors of channels and none, one side only, more channels than a block has, layouts that are one.
    "elementwise": {
        "both": chosen(Model((3, 5, 7, 11)).act("hardswish").act("relu"), X),
        "vectors": chosen(Model((2, 8, 5, 6)).act("swish"), X),
        "pairs": chosen(Model((2, 6, 35)).act("swish"), X),
        "in": chosen(Model((2, 12, 5, 7)).act("swish"), X, ()),
        "out": chosen(Model((2, 12, 5, 7)).act("swish"), ()),
        "scaled": chosen(scaled((2, 6, 5, 5), (6, 1, 1)), X),
        "scaled_by_rows": chosen(scaled((2, 3, 4, 5), (3, 4, 1)), ("x", "scale1")),
        "scaled_by_pictures": chosen(scaled((2, 3, 4, 5), (1, 3, 4, 5)), ("x", "scale1")),
        "many_channels": chosen(Model((2, 1030, 2)).act("relu"), X),
        "line": chosen(Model((2, 3, 2049)).act("swish"), X),
        "one_channel": chosen(Model((2, 1, 5, 6)).act("swish"), X),
        "one_position": chosen(Model((4, 6, 1, 1)).act("swish"), X),
        "any_batch": chosen(Model(("?", 6, 5, 3)).swish().norm(3).act("hardswish"), X),
    },
    "convolutions": {
        "both": chosen(hardswish_relu((2, 3, 13, 17), 7, 3), X),
        "vectors": chosen(hardswish_relu((2, 8, 11, 9), 16, 3, padding=1), X),
        "in": chosen(hardswish_relu((2, 9, 11, 9), 16, 3), X, ()),
        "out": chosen(hardswish_relu((2, 9, 11, 9), 16, 3), ()),
        "weight": chosen(hardswish_relu((2, 5, 9, 10), 6, 3), XW),
        "one_channel_in": chosen(hardswish_relu((3, 1, 5, 6), 4, 3), XW),
        "one_channel_out": chosen(hardswish_relu((3, 5, 5, 6), 1, 3), XW),
        "window": chosen(hardswish_relu((2, 4, 12, 9), 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(2, 1), groups=2), X),
        "strided": chosen(hardswish_relu((2, 12, 11, 11), 5, 2, stride=3), X),
        "depthwise": chosen(hardswish_relu((2, 6, 9, 10), 6, 3, padding=1, groups=6), XW),
        "pointwise": chosen(hardswish_relu((2, 33, 7, 5), 18, 1, bias=False), XW),
        "line": chosen(hardswish_relu((2, 12, 70), 5, 5, padding=2), XW),
        "volume": chosen(hardswish_relu((2, 10, 5, 6, 7), 9, 3, padding=1), XW),
        "computed": chosen(Model((2, 6, 9, 10)).act("swish").conv(5, 3, padding=1), X),
        "two": chosen(Model((2, 3, 9, 10)).conv(6, 3).act("relu").conv(4, 3), X),
        "any_batch": chosen(hardswish_relu(("?", 3, 7, 9), 5, 3), X),
    },
    # Layouts that differ between the tensors of one model.
    "mixed": {
        "transposed_norm_in": chosen(transposed_norm((2, 12, 3, 5, 4), 8, 3, 1, 4), X, ()),
        "transposed_norm_out": chosen(transposed_norm((2, 12, 3, 5, 4), 8, 3, 1, 4), ()),
        "norm_in": chosen(Model((2, 6, 9, 7)).norm(3), X, ()),
        "norm_out": chosen(Model((2, 6, 9, 7)).norm(3), ()),
        "residual": chosen(residual((2, 4, 7, 9)), X),
        "residual_in": chosen(residual((2, 4, 7, 9)), X, ()),
        "added_first": chosen(added((2, 3, 7, 9), (2, 5, 7, 9), 5), X),
        "added_second": chosen(added((2, 3, 7, 9), (2, 5, 7, 9), 5), ("r",), ()),
        "branches_first": chosen(branches((2, 3, 6, 7), 4), (), (0,)),
        "branches_second": chosen(branches((2, 3, 6, 7), 4), X, (1,)),
        "softmax_in": chosen(softmax(Model((2, 7, 5, 6)).act("tanh"), (1,)), X, ()),
        "softmax_out": chosen(softmax(Model((2, 7, 5, 6)).act("tanh"), (3,)), ()),
        "softmax_of_tile": chosen(softmax(Model((2, 3, 7, 9)).conv(8, 3), (1,)), ()),
        "sum_of_rows": chosen(reduce(Model((2, 5, 4, 6)).act("swish"), "sum", (3,)), X),
        "sum_of_columns": chosen(reduce(Model((2, 5, 4, 6)).act("swish"), "sum", (2,)), ()),
        "max_pool_out": chosen(pool(Model((2, 8, 7, 9)), "max_pool", (3, 3), 2, 1), ()),
        "average_pool_in": chosen(pool(Model((2, 6, 9, 9)), "avg_pool", (3, 3), 2, 1), X, ()),
        "flattened": chosen(reshape(Model((2, 3, 4, 5)), 2, 60).act("swish").linear(4), X),
        "halves": chosen(reshape(Model((2, 3, 4, 5)), 4, 30).act("swish"), X),
        "unflattened": chosen(reshape(Model((2, 3, 4, 5)), 2, 6, 10).act("swish"), X),
        "pool_of_tile": chosen(pool(Model((2, 3, 10, 12)).conv(6, 3), "max_pool", (2, 2)).act("relu"), ()),
    },
}
KINDS = {
    "last": (lambda name, parameter: not parameter, lambda number: True),
    "in": (lambda name, parameter: not parameter, lambda number: False),
    "out": (lambda name, parameter: False, lambda number: True),
    "weights": (lambda name, parameter: True, lambda number: True),
}


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: layouts.py GROUP|last-GROUP|in-GROUP|out-GROUP|weights-GROUP DIRECTORY")
    kind, _, group = sys.argv[1].partition("-")
    table = GROUPS.get(sys.argv[1]) or {name: (model, *KINDS[kind]) for name, model in TABLES[group].items()}
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, (model, argument, result) in table.items():
        model, results = model if isinstance(model, tuple) else (model, None)
        with open(os.path.join(sys.argv[2], name + ".mlir"), "w") as file:
            file.write(laid(model.text(name, results), argument, result))


if __name__ == "__main__":
    main()
