#!/usr/bin/env python3
"""Writes models of reductions, softmaxes, the other norms, pools and changes of shape. reductions.py GROUP DIRECTORY."""
from models import Model, tensor, write_group


def dims_text(dims):
    return "dims = array<i64: %s>" % ", ".join(map(str, dims))


def reduce(m, op, dims, keepdim=True, attributes=""):
    shape = m.value[1]
    kept = tuple(1 if d in dims else e for d, e in enumerate(shape)) if keepdim else tuple(e for d, e in enumerate(shape) if d not in dims)
    text = "%s {} {{%s%s%s}} : %s to %s" % (op, dims_text(dims), ", keepdim" if keepdim else "", attributes, tensor(shape), tensor(kept))
    return as_is(m, text, [m.value], kept)


def as_is(m, text, operands, shape):
    """An op whose text holds its types."""
    name = "v%d" % m.count
    m.count += 1
    m.body.append("  %%%s = fusion.%s" % (name, text.format(*("%" + n for n, _ in operands))))
    m.value = name, tuple(shape)
    return m


def same_shape(m, op, attributes):
    return m.op("%s {} {{%s}}" % (op, attributes), [m.value], m.value[1], functional=False)


def crossed(m, op, dims):
    """x * reduce(x), where equal extents make the result broadcast along other dims than those it was reduced over."""
    x = m.value
    return reduce(m, op, dims, False).op("mul {}, {}", [x, m.value], x[1])


def softmax(m, dims, op="softmax"):
    return same_shape(m, op, dims_text(dims))


def layer_norm(m, trailing, affine=True):
    shape = m.value[1]
    operands, text = [m.value], "layer_norm {}"
    if affine:
        operands += [m.parameter("gamma", shape[-trailing:]), m.parameter("beta", shape[-trailing:])]
        text += " affine {}, {}"
    return m.op(text + " {{normalised_dims = %d : i64, eps = 1.0e-5}}" % trailing, operands, shape)


def channel_norm(m, op, affine=True):
    shape = m.value[1]
    operands, text = [m.value], op + " {}"
    if affine:
        operands += [m.parameter("gamma", (shape[1],)), m.parameter("beta", (shape[1],))]
        text += " affine {}, {}"
    return m.op(text + " {{eps = 1.0e-5}}", operands, shape)


def shifted(m):
    """A parameter per channel: its gradient is a sum of what the kernel makes."""
    return m.binary("add", m.parameter("shift%d" % m.count, (m.value[1][1],) + (1,) * (len(m.value[1]) - 2)))


def ceiling(m, kernel, out):
    array = "array<i64: %s>" % ", ".join(map(str, kernel))
    shape = (*m.value[1][:2], *out)
    text = "max_pool {} {kernel = %s, stride = %s, ceil_mode} : %s to %s" % (array, array, tensor(m.value[1]), tensor(shape))
    return as_is(m, text.replace("{kernel", "{{kernel").replace("ceil_mode}", "ceil_mode}}"), [m.value], shape)


def pool(m, op, kernel, stride=None, padding=0, attributes="", dilation=1):
    batch, channels, *extents = m.value[1]
    rank = len(extents)
    k, p, d = ((v,) * rank if isinstance(v, int) else tuple(v) for v in (kernel, padding, dilation))
    s = k if stride is None else (stride,) * rank if isinstance(stride, int) else tuple(stride)
    out = [(e + 2 * p[i] - d[i] * (k[i] - 1) - 1) // s[i] + 1 for i, e in enumerate(extents)]
    array = lambda v: "array<i64: %s>" % ", ".join(map(str, v))
    if dilation != 1:
        attributes += ", dilation = " + array(d)
    text = "%s {} {{kernel = %s, stride = %s, padding = %s%s}} : %s to %s" % (
        op, array(k), array(s), array(p), attributes, tensor(m.value[1]), tensor((batch, channels, *out)))
    return as_is(m, text, [m.value], (batch, channels, *out))


def adaptive(m, *output):
    shape = m.value[1][:2] + tuple(output)
    text = "adaptive_avg_pool {} {{output_size = array<i64: %s>}} : %s to %s" % (", ".join(map(str, output)), tensor(m.value[1]), tensor(shape))
    return as_is(m, text, [m.value], shape)


def reshape(m, *shape):
    return as_is(m, "reshape {} : %s to %s" % (tensor(m.value[1]), tensor(shape)), [m.value], shape)


def built(shape, *steps):
    m = Model(shape)
    for step in steps:
        step(m)
    return m


def act(name):
    return lambda m: m.act(name)


PICTURE, ROWS = (3, 5, 6, 7), (5, 37)

REDUCTIONS = {
    "%s_%s" % (op, name): built(shape, act("tanh"), lambda m, op=op, dims=dims, keep=keep: reduce(m, op, dims, keep), act("swish"))
    for op in ("sum", "max", "min", "mean", "logsumexp", "variance")
    for name, shape, dims, keep in (
        ("channels", PICTURE, (1,), True), ("channels_dropped", PICTURE, (1,), False), ("positions", PICTURE, (2, 3), True),
        ("height", PICTURE, (2,), True), ("width", PICTURE, (3,), False), ("image", PICTURE, (1, 2, 3), True),
        ("features", ROWS, (1,), True), ("long_row", (3, 5000), (1,), True), ("batch", (9, 4, 5), (0,), True),
        ("of_one", (4, 1, 6), (1,), True))
    if (op, name) != ("variance", "of_one")  # 0 / 0
}
REDUCTIONS.update({
    "max_of_row": built((4, 1200), lambda m: reduce(m, "max", (1,))),
    "min_of_row": built((4, 1200), lambda m: reduce(m, "min", (1,))),
    "crossed_rows": built((5, 5), act("tanh"), lambda m: crossed(m, "sum", (1,)), act("swish")),
    "crossed_linear": built((5, 3), lambda m: m.linear(5), lambda m: crossed(m, "sum", (1,)), act("swish")),
    "crossed_channels": built((4, 4, 4), act("tanh"), lambda m: crossed(m, "max", (1,)), act("swish")),
    "crossed_width": built((4, 4, 4), act("tanh"), lambda m: crossed(m, "sum", (2,)), lambda m: reduce(m, "sum", (1,))),
    "variance_of_columns": built((2, 48, 5, 8), lambda m: reduce(m, "variance", (1,))),
    "argument_of_held": built((300, 60), act("tanh"), lambda m: reduce(m, "max", (1,)), act("swish")),
    "crossed_held": built((96, 96), act("tanh"), lambda m: crossed(m, "sum", (1,)), act("swish")),
    "sum_of_equal_extents": built((3, 4, 4, 4), act("tanh"), lambda m: reduce(m, "sum", (1,), False), act("swish")),
    "sum_apart": built(PICTURE, act("tanh"), lambda m: reduce(m, "sum", (1, 3))),
    "max_apart": built(PICTURE, act("tanh"), lambda m: reduce(m, "max", (1,)), lambda m: reduce(m, "max", (3,))),
    "variance_apart": built(PICTURE, lambda m: reduce(m, "variance", (1, 3))),
    "max_dims_apart": built(PICTURE, act("tanh"), lambda m: reduce(m, "max", (1, 3)), act("swish")),
    "min_dims_apart_dropped": built(PICTURE, act("tanh"), lambda m: reduce(m, "min", (1, 3), False), act("swish")),
    "max_batch_and_height": built((4, 3, 5, 2), act("tanh"), lambda m: reduce(m, "max", (0, 2))),
    "max_three_apart": built((2, 3, 4, 5, 3), act("tanh"), lambda m: reduce(m, "max", (0, 2, 4))),
    "tie_apart": built((3, 4, 2, 5), act("relu"), lambda m: reduce(m, "max", (1, 3))),
    "sum_over_batch_and_channels": built((4, 6, 5, 3), act("tanh"), lambda m: reduce(m, "sum", (0, 1))),
    "sum_all": built(PICTURE, act("tanh"), lambda m: reduce(m, "sum", (0, 1, 2, 3), False)),
    "behind_conv": built((2, 3, 7, 8), lambda m: m.conv(6, 3), lambda m: reduce(m, "max", (1,)), act("tanh")),
    "behind_linear": built((5, 11), lambda m: m.linear(300), act("gelu"), lambda m: reduce(m, "logsumexp", (1,)), lambda m: same_shape(m, "leaky_relu", "slope = 0.01")),
    "twice": built(PICTURE, lambda m: reduce(m, "mean", (2, 3)), lambda m: reduce(m, "sum", (1,)), act("tanh")),
    "tie": built((3, 4, 5), act("relu"), lambda m: reduce(m, "max", (1,))),
})

NORMS = {
    "softmax_channels": built(PICTURE, act("tanh"), lambda m: softmax(m, (1,)), act("sigmoid")),
    "softmax_positions": built(PICTURE, lambda m: softmax(m, (2, 3))),
    "softmax_width_scaled": built(PICTURE, act("tanh"), lambda m: m.binary("mul", m.parameter("scale", (5, 1, 1))), lambda m: softmax(m, (3,)),
                                  lambda m: m.binary("mul", m.parameter("scale", (5, 1, 1)))),
    "softmax_rows": built((4, 130), lambda m: m.linear(70), lambda m: softmax(m, (1,))),
    "softmax_long_rows": built((3, 6000), lambda m: softmax(m, (1,))),
    "log_softmax_channels": built(PICTURE, lambda m: softmax(m, (1,), "log_softmax")),
    "softmax_behind_conv": built((2, 3, 6, 5), lambda m: m.conv(7, 3, transposed=True), lambda m: softmax(m, (1,)), act("sigmoid")),
    "layer_norm_last": built(PICTURE, lambda m: layer_norm(m, 1), act("gelu")),
    "layer_norm_image": built(PICTURE, lambda m: layer_norm(m, 3), act("gelu")),
    "layer_norm_rows": built(ROWS, lambda m: layer_norm(m, 1, False)),
    "layer_norm_behind_conv": built((2, 3, 6, 8), lambda m: m.conv(4, 3), lambda m: layer_norm(m, 1), act("gelu")),
    "instance_norm": built(PICTURE, lambda m: m.conv(4, 3), lambda m: channel_norm(m, "instance_norm", False), act("relu")),
    "batch_norm": built(PICTURE, lambda m: m.conv(4, 3), lambda m: channel_norm(m, "batch_norm"), act("tanh")),
    "batch_norm_rows": built((7, 12), lambda m: m.linear(20), lambda m: channel_norm(m, "batch_norm"), act("gelu")),
    "batch_norm_tail": built(PICTURE, act("tanh"), lambda m: channel_norm(m, "batch_norm")),
    "softmax_twice": built((3, 4, 5, 6), lambda m: softmax(m, (1,)), lambda m: softmax(m, (3,))),
}


def held(rows):
    """Runs that lie in registers: whole and partial accesses, what one walk leaves to the next, places in the run; many rows, few lanes each."""
    return {
        "layer_norm": built((rows, 3, 2, 64), act("tanh"), lambda m: layer_norm(m, 1), act("gelu")),
        "layer_norm_of_argument": built((rows, 3, 2, 32), lambda m: layer_norm(m, 1), act("gelu")),
        "layer_norm_of_pairs": built((rows, 2, 7, 70), act("tanh"), lambda m: layer_norm(m, 1), act("swish")),
        "layer_norm_of_planes": built((rows, 4, 2, 5, 12), act("tanh"), lambda m: layer_norm(m, 2), act("gelu")),
        "softmax_of_odd": built((rows, 3, 37), lambda m: softmax(m, (2,)), act("swish")),
        "softmax_of_many": built((rows, 516), lambda m: softmax(m, (1,)), act("tanh")),
        "softmax_scaled": built((rows, 6, 40), lambda m: m.binary("mul", m.parameter("scale", (6, 1))), lambda m: softmax(m, (2,)),
                                lambda m: m.binary("add", m.parameter("shift", (40,)))),
        "norm_of_softmax": built((rows, 5, 2, 96), lambda m: softmax(m, (3,)), lambda m: layer_norm(m, 1)),
        "dropped": built((rows, 3, 48), lambda m: same_shape(m, "dropout", "p = 0.3 : f64, seed = 7 : i64, offset = 0 : i64"), lambda m: softmax(m, (2,))),
        "max": built((rows, 3, 60), act("tanh"), lambda m: reduce(m, "max", (2,)), act("swish")),
        "crossed": built((rows, 2, 4, 96), act("tanh"), lambda m: x_times_sum(m), act("swish")),
    }


def x_times_sum(m):
    x = m.value
    return reduce(m, "sum", (3,)).op("mul {}, {}", [x, m.value], x[1])


POOLS = {
    "max_2d": built(PICTURE, act("tanh"), lambda m: pool(m, "max_pool", 2), act("swish")),
    "max_overlapping": built(PICTURE, lambda m: pool(m, "max_pool", 3, 2, 1)),
    "max_dilated": built((2, 3, 9, 10), act("tanh"), lambda m: pool(m, "max_pool", (2, 3), 1, 1, dilation=(3, 2))),
    "max_3d": built((2, 3, 5, 6, 4), act("tanh"), lambda m: pool(m, "max_pool", 2)),
    "max_1d": built((2, 3, 11), lambda m: pool(m, "max_pool", 3, 2)),
    # Windows that do not overlap: with and without gaps and a rest, few and many, runs of one element up to four, printed out or a loop.
    "max_1d_gaps": built((2, 3, 14), act("tanh"), lambda m: pool(m, "max_pool", 3, 4)),
    "max_1d_dilated": built((2, 3, 40), lambda m: shifted(m), lambda m: pool(m, "max_pool", 2, 4, dilation=3)),
    "max_2d_shifted": built((1, 3, 50, 61), act("tanh"), lambda m: shifted(m), lambda m: pool(m, "max_pool", 2), act("swish")),
    "max_2d_gaps": built((2, 3, 11, 18), lambda m: shifted(m), act("mish"), lambda m: pool(m, "max_pool", (2, 1), 3)),
    "max_runs_of_2": built((2, 10, 13, 22), lambda m: m.conv(3, 3), lambda m: shifted(m), lambda m: pool(m, "max_pool", 4)),
    "max_runs_of_4": built((2, 3, 12, 20), lambda m: shifted(m), lambda m: pool(m, "max_pool", 4), act("tanh")),
    "max_long": built((2, 3, 23, 38), act("swish"), lambda m: shifted(m), lambda m: pool(m, "max_pool", (7, 6))),
    "max_3d_gaps": built((2, 3, 5, 7, 6), act("tanh"), lambda m: shifted(m), lambda m: pool(m, "max_pool", (2, 2, 1), 2)),
    "max_ceil": built((2, 3, 11, 17), lambda m: shifted(m), lambda m: ceiling(m, (3, 4), (4, 5)), act("sigmoid")),
    "max_of_all": built((2, 3, 7, 5), act("tanh"), lambda m: pool(m, "max_pool", (7, 5)), act("swish")),
    "max_of_costly": built((2, 3, 13, 9), act("gelu"), lambda m: pool(m, "max_pool", 3, 1, 1)),
    "average_2d": built(PICTURE, act("tanh"), lambda m: pool(m, "avg_pool", 2), act("sigmoid")),
    "average_gaps": built((2, 3, 11, 18), act("tanh"), lambda m: pool(m, "avg_pool", (2, 1), 3), act("swish")),
    "average_padded": built(PICTURE, lambda m: pool(m, "avg_pool", 3, 1, 1, ", count_include_pad = false")),
    "average_counting_padding": built(PICTURE, lambda m: pool(m, "avg_pool", 3, 2, 1)),
    "adaptive": built((2, 3, 7, 5), lambda m: adaptive(m, 3, 2)),
    "global": built((2, 3, 7, 5), lambda m: m.conv(4, 3), lambda m: adaptive(m, 1, 1), act("tanh")),
    "padded_behind_conv": built((2, 3, 9, 9), lambda m: m.conv(5, 3), lambda m: pool(m, "avg_pool", 2, 2, 1)),
    "behind_conv": built((2, 3, 9, 9), lambda m: m.conv(5, 3), act("tanh"), lambda m: pool(m, "max_pool", 2), act("mish")),
    "twos_behind_conv": built((2, 3, 10, 12), lambda m: m.conv(5, 3), act("gelu"), lambda m: pool(m, "max_pool", 2), act("tanh")),
    "fours_behind_conv": built((2, 3, 14, 26), lambda m: m.conv(5, 3), act("mish"), lambda m: pool(m, "avg_pool", 4), act("sigmoid")),
    "in_front_of_conv": built((2, 3, 8, 8), lambda m: pool(m, "avg_pool", 2), lambda m: m.conv(5, 3), act("relu")),
    "pool_norm": built((2, 4, 8, 8), lambda m: m.conv(4, 3), lambda m: pool(m, "max_pool", 2), lambda m: m.norm(2)),
    "of_features": built((4, 10), lambda m: m.linear(24), lambda m: reshape(m, 4, 1, 24), lambda m: pool(m, "max_pool", 2),
                         lambda m: reduce(m, "sum", (1, 2), False)),
}

SHAPES = {
    "flatten": built(PICTURE, lambda m: m.conv(4, 3), lambda m: reshape(m, 3, 80), act("tanh"), lambda m: m.linear(6)),
    "unflatten": built((4, 12), lambda m: m.linear(24), act("relu"), lambda m: reshape(m, 4, 2, 3, 4), lambda m: m.conv(3, 3, padding=1)),
    "of_argument": built((4, 12), lambda m: reshape(m, 4, 3, 4), act("swish")),
    "softmax_flat": built((2, 3, 4, 5, 6), lambda m: m.conv(3, 3, padding=1), lambda m: reshape(m, 2, 3, 120), lambda m: softmax(m, (2,)),
                          lambda m: reshape(m, 2, 3, 4, 5, 6), act("tanh")),
}

# Rows of images of an unknown batch as one batch, and apart again.
MERGED = {
    "softmax_of_rows": built(("?", 3, 8), act("tanh"), lambda m: reshape(m, "?", 8), lambda m: softmax(m, (1,)), lambda m: reshape(m, "?", 3, 8), act("swish")),
    "max_of_rows": built(("?", 3, 4, 5), lambda m: reshape(m, "?", 5), act("tanh"), lambda m: reduce(m, "max", (1,), False), lambda m: reshape(m, "?", 12)),
    "layer_norm_of_rows": built(("?", 6, 7), lambda m: reshape(m, "?", 2, 7), lambda m: layer_norm(m, 1), act("gelu"), lambda m: reshape(m, "?", 42), lambda m: m.linear(5)),
    "in_two_steps": built(("?", 2, 3, 4), lambda m: reshape(m, "?", 3, 4), act("tanh"), lambda m: reshape(m, "?", 4), lambda m: reduce(m, "mean", (1,)),
                          lambda m: reshape(m, "?", 2, 3), act("sigmoid")),
    "with_parameters": built(("?", 4, 6), lambda m: m.binary("add", m.parameter("shift", (6,))), lambda m: reshape(m, "?", 6),
                             lambda m: m.binary("mul", m.parameter("scale", (6,))), lambda m: reshape(m, "?", 24), lambda m: m.linear(3)),
}


def conv(*arguments, **window):
    return lambda m: m.conv(*arguments, **window)


def pooled(op, kernel, stride=None, attributes=""):
    return lambda m: pool(m, op, kernel, stride, 0, attributes)


def over(op, dims=(1,), keepdim=True):
    return lambda m: softmax(m, dims, op) if op.endswith("softmax") else reduce(m, op, dims, keepdim)


def forked(shape, out, first, second, *between):
    """Two results of one convolution."""
    m = built(shape, conv(out, 3, padding=1), *between)
    z, results = m.value, []
    for steps in (first, second):
        m.value = z
        for step in steps:
            step(m)
        results.append(m.value)
    return m, results


def with_residual(m):
    return m.binary("add", m.argument("residual%d" % m.count, m.value[1]))


def scaled(m):
    return m.binary("mul", m.parameter("scale", (m.value[1][1],) + (1,) * (len(m.value[1]) - 2)))


# What a contraction's kernel makes of its tile: pools of windows that do not overlap, reductions over all channels, and one behind the other.
IMAGE, CUBE = (2, 3, 13, 18), (2, 3, 5, 7, 9)
TILES = {
    "max": built(IMAGE, conv(5, 3), act("swish"), pooled("max_pool", 2), act("tanh")),
    "max_of_sums": built(IMAGE, conv(5, 3), pooled("max_pool", 2)),
    "max_3d": built(CUBE, conv(7, 3, stride=2, padding=1, transposed=True), act("tanh"), scaled, pooled("max_pool", 2)),
    "max_wide": built((2, 2, 11, 70), conv(9, 3), pooled("max_pool", (2, 3)), with_residual, act("gelu")),
    "max_gaps": built((2, 3, 14, 45), conv(4, 3), act("mish"), pooled("max_pool", 2, 3)),
    "max_ceil": built(IMAGE, conv(6, 2), lambda m: as_is(m, "max_pool {} {{kernel = array<i64: 2, 3>, stride = array<i64: 2, 3>, ceil_mode}} : %s to %s"
                                                        % (tensor(m.value[1]), tensor((2, 6, 6, 6))), [m.value], (2, 6, 6, 6)), act("sigmoid")),
    "average_ceil": built(IMAGE, conv(6, 2), lambda m: as_is(m, "avg_pool {} {{kernel = array<i64: 5, 4>, stride = array<i64: 5, 4>, ceil_mode}} : %s to %s"
                                                            % (tensor(m.value[1]), tensor((2, 6, 3, 5))), [m.value], (2, 6, 3, 5)), act("sigmoid")),
    "average_3d": built(CUBE, conv(6, 2), scaled, pooled("avg_pool", 2), scaled, act("sigmoid")),
    "average_1d": built((3, 4, 41), conv(6, 3), act("relu"), pooled("avg_pool", 4), act("tanh")),
    "average_divisor": built(IMAGE, conv(4, 3), pooled("avg_pool", 2, None, ", divisor_override = 3 : i64")),
    "long_window": built((2, 3, 23, 40), conv(3, 3), pooled("max_pool", (7, 6))),
    "grouped": built((2, 6, 9, 17), conv(8, 3, groups=2), act("swish"), pooled("avg_pool", 2)),
    "many_channels": built((2, 3, 6, 9), conv(75, 3), act("tanh"), pooled("max_pool", 2), act("swish")),
    "then_mean": built(IMAGE, conv(5, 3), pooled("avg_pool", 2), act("sigmoid"), over("sum", (1, 2, 3), False)),
    "then_image_mean": built(IMAGE, conv(5, 3), act("tanh"), pooled("max_pool", 2), over("mean", (2, 3)), act("tanh")),
    "then_group_norm": built(IMAGE, conv(6, 3), act("tanh"), pooled("max_pool", 2), lambda m: m.norm(2), act("hardswish")),
    "then_softmax": built(CUBE, conv(6, 3, stride=2, padding=1, transposed=True), pooled("max_pool", 2), over("softmax"), scaled, act("swish"), over("max", (1,), False)),
    "then_logsumexp": built(IMAGE, conv(8, 3), act("tanh"), pooled("max_pool", 2), over("logsumexp"), act("relu")),
    "then_two_pools": built((2, 3, 18, 19), conv(4, 3), pooled("max_pool", 2), act("tanh"), pooled("avg_pool", 2)),
    "sum_of_depth": built((2, 3, 6, 7, 9), conv(5, 3, padding=1, transposed=True), act("tanh"), over("mean", (2,)), scaled, over("softmax")),
    "max_of_rows": built(IMAGE, conv(5, 3), scaled, over("max", (3,), False), act("tanh")),
    "overlapping_inside": built(IMAGE, conv(4, 3), act("tanh"), pooled("max_pool", 3, 2)),
    "grouped_softmax": built((2, 6, 9, 17), conv(8, 3, groups=2), act("swish"), over("softmax")),
    "norm_mean": built(IMAGE, conv(6, 3), lambda m: m.norm(2), over("mean", (1, 2, 3), False)),
    "batch_norm_mean": built(IMAGE, conv(6, 3), scaled, lambda m: channel_norm(m, "batch_norm"), lambda m: adaptive(m, 1, 1)),
    "sum_of_linear": built((5, 37), lambda m: m.linear(70), lambda m: m.binary("div", m.parameter("scale", (1,))), over("sum")),
    "max_of_max": built(IMAGE, conv(5, 3), act("tanh"), pooled("max_pool", 2), pooled("max_pool", 2)),
    "overlapping": built(IMAGE, conv(4, 3), act("tanh"), lambda m: pool(m, "max_pool", 3, 2, 1)),
    "softmax": built((2, 3, 6, 5), conv(7, 3, transposed=True), over("softmax"), act("sigmoid")),
    "log_softmax": built((2, 3, 9, 33), conv(19, 3), act("swish"), over("log_softmax"), with_residual),
    "softmax_of_bias": built(CUBE, conv(16, 4, stride=2, padding=1, transposed=True), over("softmax"), scaled, act("sigmoid")),
    "logsumexp": built(CUBE, conv(16, 3, stride=2, padding=1, transposed=True), over("logsumexp"), act("hardswish")),
    "min": built(IMAGE, conv(37, 3), scaled, over("min"), act("tanh"), act("tanh")),
    "max_dropped": built(IMAGE, conv(5, 3), over("max", (1,), False), act("tanh")),
    "mean_softmax": built(IMAGE, conv(9, 3, transposed=True), over("mean"), act("tanh")),
    "variance": built(IMAGE, conv(9, 3), over("variance"), act("tanh")),
    "too_many": built((1, 2, 6, 5), conv(150, 3), over("softmax")),
    "softmax_then_mean": built(IMAGE, conv(5, 3), over("softmax"), over("mean", (2, 3)), act("tanh")),
    "softmax_then_norm": built(IMAGE, conv(6, 3), over("softmax"), lambda m: m.norm(2), act("tanh")),
    "norm_then_softmax": built(IMAGE, conv(6, 3), lambda m: m.norm(2), over("softmax"), act("tanh")),
    "norm_then_pool": built(IMAGE, conv(6, 3), lambda m: m.norm(2), act("tanh"), pooled("max_pool", 2), over("logsumexp")),
    "softmax_then_pool": built(IMAGE, conv(6, 3), over("softmax"), pooled("max_pool", 2)),
    "then_conv": built(IMAGE, conv(6, 3), act("tanh"), pooled("max_pool", 2), act("swish"), conv(4, 3), over("softmax")),
}
TILES.update({name: forked(*parts) for name, parts in {
    "fork_pool_softmax": (IMAGE, 6, [pooled("max_pool", 2)], [over("softmax")]),
    "fork_softmax_pool": (IMAGE, 6, [over("softmax")], [pooled("max_pool", 2)], act("tanh")),
    "fork_two_pools": (IMAGE, 4, [pooled("max_pool", 2)], [pooled("avg_pool", 3)], act("tanh")),
    "fork_pool_norm": (IMAGE, 4, [pooled("avg_pool", 2), act("tanh")], [lambda m: m.norm(2)], act("swish")),
    "fork_softmax_mean": (IMAGE, 5, [over("softmax")], [over("mean", (1, 2, 3))]),
    "fork_pool_value": (IMAGE, 5, [pooled("max_pool", 2), act("sigmoid")], [act("tanh")], act("swish")),
    "fork_logsumexp_value": (IMAGE, 5, [over("logsumexp")], [act("tanh")]),
}.items()})

if __name__ == "__main__":
    write_group({"reductions": REDUCTIONS, "norms": NORMS, "pools": POOLS, "shapes": SHAPES, "merged": MERGED, "tiles": TILES,
                 "held": held(5), "held-full": held(300000)})
