"""Golden models of reductions, the norms and softmaxes made of them, pools, and ops that only rearrange or mask."""
import math
import re

import numpy as np
import torch
import torch.nn.functional as F

from golden_model import Model, list_text


def first_extreme(largest):
    """Values of a reduction over several dims, with the gradient at the first index of the extreme element."""
    def compute(x, dims, keepdim):
        kept = [d for d in range(x.ndim) if d not in dims]
        flat = x.permute(kept + dims).reshape([x.shape[d] for d in kept] + [-1])
        y = (flat.max(-1) if largest else flat.min(-1)).values
        return y.reshape([1 if d in dims else n for d, n in enumerate(x.shape)]) if keepdim else y
    return compute


REDUCTIONS = {
    "sum": lambda x, dims, keepdim: x.sum(dims, keepdim),
    "mean": lambda x, dims, keepdim: x.mean(dims, keepdim),
    "max": first_extreme(True),
    "min": first_extreme(False),
    "logsumexp": lambda x, dims, keepdim: x.logsumexp(dims, keepdim),
    "variance": lambda x, dims, keepdim: x.var(dims, correction=1, keepdim=keepdim),
    "variance_biased": lambda x, dims, keepdim: x.var(dims, correction=0, keepdim=keepdim),
}


def reduction(m, name, x, dims, keepdim, shape, attributes=""):
    text = [list_text("dims", dims)] + (["keepdim"] if keepdim else []) + ([attributes] if attributes else [])
    result = [1 if d in dims else n for d, n in enumerate(shape) if keepdim or d not in dims]
    batched = m.dynamic and 0 not in dims
    m.op("y", "", [], result, functional=False, batched=batched)
    m.body[-1] = "  %%y = fusion.%s %%%s {%s} : %s to %s" % (name, x, ", ".join(text), m.types[x], m.types["y"])


def write_reductions(directory):
    cases = [("inner", [2, 3, 5], [2], False), ("middle", [2, 4, 3], [1], True), ("batch", [5, 4], [0], False), ("all", [2, 3, 4], [0, 1, 2], False),
             ("spatial", [2, 3, 4, 5], [2, 3], True), ("outer_inner", [3, 2, 4], [0, 2], False)]
    for i, (name, compute) in enumerate(REDUCTIONS.items()):
        for case, shape, dims, keepdim in cases:
            m = Model("reduce_%s_%s" % (name, case), "A reduction and its gradient.", dynamic=case in ("middle", "batch"))
            m.input("x", shape, mean=1.0)
            attributes = {"variance": "", "variance_biased": "correction = 0.0 : f64"}.get(name, "")
            reduction(m, name.replace("_biased", ""), "x", dims, keepdim, shape, attributes)
            m.write(directory, lambda x: compute(x, dims, keepdim))

    inf, nan = math.inf, math.nan
    rows = [[1, 3, 3, 2], [nan, 1, 5, nan], [1, nan, inf, nan], [-inf, -inf, -inf, -inf], [inf, 1, inf, 2], [-inf, 0, -inf, 88], [-0.0, 0.0, -0.0, 0.0],
            [3e38, 3e38, 1, -3e38], [-200, -150, -150, -300]]
    for name in ("max", "min", "logsumexp"):
        m = Model("special_" + name, "Rows with ties, NaN and infinities.")
        m.input("x", [len(rows), 4], rows)
        reduction(m, name, "x", [1], False, [len(rows), 4])
        m.write(directory, lambda x: REDUCTIONS[name](x, [1], False))
    for name, compute in (("softmax", F.softmax), ("log_softmax", F.log_softmax)):
        m = Model("special_" + name, "Rows with ties, NaN and infinities.")
        m.input("x", [len(rows), 4], rows)
        m.op("y", "%s %%x {dims = array<i64: 1>}" % name, ["x"], [len(rows), 4], functional=False)
        m.write(directory, lambda x: compute(x, 1))
        for case, shape, dims in (("channels", [2, 5, 3], [1]), ("two_dims", [2, 3, 4, 5], [1, 3]), ("last", [4, 7], [1])):
            m = Model("%s_%s" % (name, case), "The normalised exponential and its gradient.", dynamic=case == "last")
            m.input("x", shape, scale=3.0)
            m.op("y", "%s %%x {%s}" % (name, list_text("dims", dims)), ["x"], shape, functional=False)

            def over(x, dims=dims, compute=compute):
                kept = [d for d in range(x.ndim) if d not in dims]
                order = kept + dims
                back = [order.index(d) for d in range(x.ndim)]
                moved = x.permute(order)
                return compute(moved.flatten(len(kept)), -1).reshape(moved.shape).permute(back).contiguous()

            m.write(directory, over)


def write_more_norms(directory):
    eps = 1e-5
    for name, shape, trailing, with_affine, dynamic, mean in (
            ("layer_norm", [3, 4, 5], 1, True, True, 0.0), ("layer_norm_three", [2, 2, 3, 4], 3, True, False, 0.0),
            ("layer_norm_plain", [4, 9], 1, False, False, 0.0), ("layer_norm_large_mean", [2, 3, 13], 1, True, False, 1000.0),
            ("rms_norm", [3, 4, 5], 1, True, True, 0.0), ("rms_norm_two", [2, 3, 4], 2, False, False, 2.0)):
        layer = name.startswith("layer")
        m = Model(name, "Normalisation over trailing dims and its gradients.", dynamic=dynamic)
        m.input("x", shape, mean=mean)
        vectors = (["gamma", "beta"] if layer else ["gamma"]) if with_affine else []
        for vector in vectors:
            m.input(vector, shape[-trailing:], parameter=True)
        text = "%s %%x%s {normalised_dims = %d : i64, eps = %.1e}" % (
            "layer_norm" if layer else "rms_norm", " affine " + ", ".join("%" + v for v in vectors) if vectors else "", trailing, eps)
        m.op("y", text, ["x"] + vectors, shape)
        normalised = shape[-trailing:]
        if layer:
            m.write(directory, lambda x, g=None, b=None: F.layer_norm(x, normalised, g, b, eps))
        else:
            m.write(directory, lambda x, g=None: F.rms_norm(x, normalised, g, eps))

    for name, shape, with_affine in (("instance_norm", [2, 3, 4, 5], True), ("instance_norm_plain", [2, 3, 7], False)):
        m = Model(name, "Instance normalisation and its gradients.")
        m.input("x", shape)
        vectors = ["gamma", "beta"] if with_affine else []
        for vector in vectors:
            m.parameter(vector, [shape[1]])
        m.op("y", "instance_norm %%x%s {eps = %.1e}" % (" affine %gamma, %beta" if vectors else "", eps), ["x"] + vectors, shape)
        m.write(directory, lambda x, g=None, b=None: F.instance_norm(x, None, None, g, b, True, 0.1, eps))

    for name, shape, dynamic in (("batch_norm", [3, 4, 5, 2], False), ("batch_norm_flat", [6, 5], True), ("batch_norm_any_batch", [3, 2, 5], True)):
        m = Model(name, "Batch normalisation in training and its gradients.", dynamic=dynamic)
        m.input("x", shape, mean=1.0)
        m.parameter("gamma", [shape[1]])
        m.parameter("beta", [shape[1]])
        m.op("y", "batch_norm %%x affine %%gamma, %%beta {eps = %.1e}" % eps, ["x", "gamma", "beta"], shape)
        m.write(directory, lambda x, g, b: F.batch_norm(x, None, None, g, b, True, 0.1, eps))

    m = Model("batch_norm_running", "Batch normalisation in training; what it leaves in the running statistics is added to its result.", dynamic=True)
    shape, momentum = [3, 4, 5], 0.25
    m.input("x", shape, mean=1.0)
    m.input("mean", [4], parameter=True)
    m.input("variance", [4], values=[0.5, 1.0, 2.0, 0.25], parameter=True)
    m.types["n"] = m.types["x"]
    m.body.append("  %%n, %%m, %%v = fusion.batch_norm %%x running %%mean, %%variance {eps = %.1e, momentum = %.2f} : (%s, tensor<4xf32>, tensor<4xf32>)"
                  " -> (%s, tensor<4xf32>, tensor<4xf32>)" % (eps, momentum, m.types["x"], m.types["x"]))
    m.types["s"] = "tensor<4x1xf32>"
    m.op("k", "mul %m, %v", [], [4], functional=False)
    m.body[-1] = "  %k = fusion.mul %m, %v : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>"
    m.body.append("  %s = fusion.reshape %k : tensor<4xf32> to tensor<4x1xf32>")
    m.op("y", "add %n, %s", ["n", "s"], shape)

    def running(x, mean, variance):
        m, v = mean.detach().clone(), variance.detach().clone()
        n = F.batch_norm(x, m, v, None, None, True, momentum, eps)
        m, v = m + (1 - momentum) * (mean - mean.detach()), v + (1 - momentum) * (variance - variance.detach())
        return n + (m * v)[:, None]

    m.write(directory, running)

    m = Model("batch_norm_inference", "Batch normalisation with the running statistics.")
    m.input("x", [2, 3, 4])
    for vector in ("gamma", "beta", "mean"):
        m.input(vector, [3], parameter=True)
    m.input("variance", [3], values=[0.5, 1.0, 2.0], parameter=True)
    m.op("y", "batch_norm %%x affine %%gamma, %%beta running %%mean, %%variance {eps = %.1e, inference}" % eps,
         ["x", "gamma", "beta", "mean", "variance"], [2, 3, 4])
    m.write(directory, lambda x, g, b, mean, var: (x - mean[:, None]) * torch.rsqrt(var + eps)[:, None] * g[:, None] + b[:, None])


POOLS = {
    "max_pool1d": ([2, 3, 9], [3], {}),
    "max_pool2d": ([2, 3, 7, 8], [3, 2], dict(stride=[2, 2], padding=[1, 1])),
    "max_pool2d_overlapping": ([1, 2, 6, 7], [3, 3], dict(stride=[1, 2], padding=[1, 0])),
    "max_pool2d_dilated_ceil": ([2, 2, 9, 8], [2, 3], dict(stride=[2, 3], padding=[1, 1], dilation=[2, 1], ceil_mode=True)),
    "max_pool3d": ([1, 2, 4, 5, 6], [2, 2, 3], dict(stride=[2, 1, 2], padding=[0, 1, 1])),
    "avg_pool1d": ([2, 3, 9], [4], dict(stride=[2], padding=[1])),
    "avg_pool2d": ([2, 3, 7, 8], [3, 2], dict(stride=[2, 2], padding=[1, 1], ceil_mode=True)),
    "avg_pool1d_beyond": ([2, 3, 6], [3], dict(stride=[2], ceil_mode=True)),
    "avg_pool2d_beyond": ([1, 2, 6, 7], [3, 4], dict(stride=[2, 3], padding=[1, 2], ceil_mode=True)),
    "avg_pool2d_valid": ([2, 3, 6, 6], [2, 3], {}),
    "avg_pool2d_without_pad": ([2, 2, 7, 6], [3, 3], dict(stride=[2, 1], padding=[1, 1], count_include_pad=False)),
    "avg_pool2d_divisor": ([1, 2, 5, 6], [2, 3], dict(stride=[1, 2], padding=[1, 0], divisor_override=5)),
    "avg_pool3d": ([1, 2, 5, 4, 6], [2, 3, 2], dict(stride=[2, 1, 3], padding=[1, 1, 0], ceil_mode=True)),
    "adaptive_avg_pool1d": ([2, 3, 10], [4], {}),
    "adaptive_avg_pool2d": ([2, 3, 7, 5], [3, 2], {}),
    "adaptive_avg_pool2d_global": ([2, 4, 5, 3], [1, 1], {}),
    "adaptive_avg_pool3d": ([1, 2, 5, 4, 3], [2, 4, 5], {}),
}


def pool(m, name, x, kernel, options):
    kind, rank = re.match(r"(.*_pool)(\d)d", name).groups()
    function = getattr(F, "%s%sd" % (kind, rank))
    if kind == "adaptive_avg_pool":
        text = [list_text("output_size", kernel)]
        compute = lambda x: function(x, kernel)
    else:
        text = [list_text("kernel", kernel)]
        for key, value in options.items():
            text.append(list_text(key, value) if isinstance(value, list) else "ceil_mode" if key == "ceil_mode" else
                        "count_include_pad = false" if key == "count_include_pad" else "%s = %d : i64" % (key, value))
        compute = lambda x: function(x, kernel, **options)
    shape = list(compute(torch.tensor(dict(m.inputs)[x])).shape)
    m.op("y", "", [], shape, functional=False)
    m.body[-1] = "  %%y = fusion.%s %%%s {%s} : %s to %s" % (kind, x, ", ".join(text), m.types[x], m.types["y"])
    return compute


def write_pools(directory):
    for name, (shape, kernel, options) in POOLS.items():
        m = Model(name, "A pool and its gradient.", dynamic=name.endswith("1d"))
        m.input("x", shape)
        m.write(directory, pool(m, name, "x", kernel, options))
    m = Model("special_max_pool2d", "Windows with ties, NaN, infinities and nothing but -infinity.")
    values = m.random.choice(np.asarray([1, 2, 2, 3, -math.inf, math.nan, math.inf, -0.0, 0.0], np.float32), [2, 2, 9, 9])
    values[0, 0] = -math.inf
    m.input("x", [2, 2, 9, 9], values)
    m.write(directory, pool(m, "max_pool2d", "x", [3, 3], dict(stride=[2, 2], padding=[1, 1])))


def philox(counter, key):
    """Ten rounds of Philox4x32 on four and two Python integers."""
    mask = 0xFFFFFFFF
    for _ in range(10):
        a, b = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [b >> 32 ^ counter[1] ^ key[0], b & mask, a >> 32 ^ counter[3] ^ key[1], a & mask]
        key = [key[0] + 0x9E3779B9 & mask, key[1] + 0xBB67AE85 & mask]
    return counter


def dropout_mask(shape, p, seed, offset):
    """1 where an element is kept. PyTorch numbers its generator's words by launch, so the mask is made here."""
    words = [philox([(offset + i // 4) & 0xFFFFFFFF, offset + i // 4 >> 32, 0, 0], [seed & 0xFFFFFFFF, seed >> 32])[i % 4] for i in range(math.prod(shape))]
    return torch.tensor([float((word >> 8) >= p * 2**24) for word in words]).reshape(shape)


def write_shapes(directory):
    m = Model("reshape_flatten", "View, flatten and a use of the value that was there before.", dynamic=True)
    m.input("x", [3, 4, 5])
    for operand, result, shape, op in (("x", "a", [3, 20], "reshape"), ("a", "b", [3, 2, 10], "reshape"), ("b", "c", [3, 20], "reshape")):
        m.op(result, "", [], shape, functional=False)
        m.body[-1] = "  %%%s = fusion.%s %%%s : %s to %s" % (result, op, operand, m.types[operand], m.types[result])
    m.op("t", "tanh %a", ["a"], [3, 20], functional=False)
    m.op("y", "mul %t, %c", ["t", "c"], [3, 20])
    m.write(directory, lambda x: torch.tanh(x.flatten(1)) * x.reshape(3, 2, 10).flatten(1))

    m = Model("reshape_merged_batch", "A batch merged with the dim behind it, and split again.", dynamic=True)
    m.input("x", [3, 4, 5])
    m.parameter("weight", [2, 5])
    m.body.append("  %a = fusion.reshape %x : tensor<?x4x5xf32> to tensor<?x5xf32>")
    m.types["a"] = "tensor<?x5xf32>"
    m.op("z", "linear %a, %weight", ["a", "weight"], [12, 2])
    m.body.append("  %y = fusion.reshape %z : tensor<?x2xf32> to tensor<?x4x2xf32>")
    m.types["y"] = "tensor<?x4x2xf32>"
    m.write(directory, F.linear)

    m = Model("broadcast", "A value repeated along two dims and used along them.")
    m.input("x", [4, 1])
    m.input("z", [3, 4, 5])
    m.body.append("  %b = fusion.broadcast %x : tensor<4x1xf32> to tensor<3x4x5xf32>")
    m.types["b"] = "tensor<3x4x5xf32>"
    m.op("y", "mul %b, %z", ["b", "z"], [3, 4, 5])
    m.write(directory, lambda x, z: x.expand(3, 4, 5) * z)

    m = Model("detach", "A gate that contributes a value but no gradient.")
    m.input("x", [3, 4])
    m.op("s", "sigmoid %x", ["x"], [3, 4], functional=False)
    m.op("d", "detach %s", ["s"], [3, 4], functional=False)
    m.op("y", "mul %d, %x", ["d", "x"], [3, 4])
    m.write(directory, lambda x: torch.sigmoid(x).detach() * x)

    m = Model("dropout", "Two dropouts that differ in their offset, the second at a counter of more than 32 bits.", dynamic=True)
    shape, p, seed, offsets = [3, 7, 5], 0.375, 0x1234567890, (11, 2**32 - 9)
    m.input("x", shape)
    for operand, result, offset in (("x", "a", offsets[0]), ("a", "y", offsets[1])):
        m.op(result, "dropout %%%s {p = %r : f64, seed = %d : i64, offset = %d : i64}" % (operand, p, seed, offset), [operand], shape, functional=False)
    m.write(directory, lambda x: x * dropout_mask(shape, p, seed, offsets[0]).to(x.dtype) / (1 - p) * dropout_mask(shape, p, seed, offsets[1]).to(x.dtype) / (1 - p))

    m = Model("dropout_all", "Dropout that keeps everything, and dropout that drops everything, NaN apart.")
    m.input("x", [3, 5])
    m.op("a", "dropout %x {p = 0.0 : f64, seed = 7 : i64, offset = 0 : i64}", ["x"], [3, 5], functional=False)
    m.op("b", "dropout %x {p = 1.0 : f64, seed = 7 : i64, offset = 0 : i64}", ["x"], [3, 5], functional=False)
    m.op("y", "add %a, %b", ["a", "b"], [3, 5])
    m.write(directory, lambda x: F.dropout(x, 0.0, True) + F.dropout(x, 1.0, True))
