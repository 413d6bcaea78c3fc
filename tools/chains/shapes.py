"""Shape inference over the ops of a chain, independent of the shapes that the chain's facts claim."""
import math

from facts import FactError

ELEMENTWISE_BINARY = {"add", "sub", "mul", "div", "minimum", "maximum"}
REDUCTIONS = {"sum", "mean", "max", "min", "logsumexp", "variance"}
ANCHORS = {"conv", "conv_transpose", "linear", "matmul"}
POOLS = {"max_pool", "avg_pool"}


def count(shape):
    return math.prod(shape)


def broadcast(where, a, b):
    rank = max(len(a), len(b))
    padded = [[1] * (rank - len(shape)) + list(shape) for shape in (a, b)]
    out = []
    for x, y in zip(*padded):
        if x != y and 1 not in (x, y):
            raise FactError(f"{where}: expected shapes that broadcast from the right, but got {list(a)} and {list(b)}")
        out.append(y if x == 1 else x)
    return out


def spatial_rank(op, x):
    rank = len(x) - 2
    if rank not in (1, 2, 3) or (op.spatial_rank or rank) != rank:
        raise FactError(f"{op.where}: expected an operand with {op.spatial_rank or '1 to 3'} spatial dims, but got {x}")
    return rank


def weight_shape(op, x):
    """The weight of an anchor, as PyTorch lays it out."""
    if op.name in ("linear", "matmul"):
        if len(x) != 2:
            raise FactError(f"{op.where}: expected an operand of rank 2, but got {x}")
        return [op.get("out_features"), op.get("in_features")] if op.name == "linear" else list(op.get("operand_shape"))
    taps, groups = op.per_dim("k", spatial_rank(op, x)), op.attrs.get("groups", 1)
    cin, cout = op.get("cin"), op.get("cout")
    if groups < 1 or cin % groups or cout % groups:
        raise FactError(f"{op.where}: expected groups that divide {cin} and {cout} channels, but got {groups}")
    return [cin, cout // groups, *taps] if op.name == "conv_transpose" else [cout, cin // groups, *taps]


def transposes(op, x):
    """Whether a matrix product reads its operand as [F, K]. Of a square one the facts do not say: it is a weight, stored like linear's."""
    b = op.get("operand_shape")
    if len(b) != 2 or x[1] not in b:
        raise FactError(f"{op.where}: expected an operand of rank 2 with an extent of {x[1]}, but got {b}")
    return b[1] == x[1]


def anchor(op, x):
    weight = weight_shape(op, x)
    if op.name == "matmul":
        return [x[0], weight[0] if transposes(op, x) else weight[1]]
    features = op.get("in_features" if op.name == "linear" else "cin")
    if x[1] != features:
        raise FactError(f"{op.where}: expected an operand with {features} features, but got {x}")
    if op.name == "linear":
        return [x[0], weight[0]]
    rank = spatial_rank(op, x)
    stride, padding, dilation = (op.per_dim(key, rank, default) for key, default in (("stride", 1), ("padding", 0), ("dilation", 1)))
    extra = op.per_dim("output_padding", rank, 0) if op.name == "conv_transpose" else [0] * rank
    out = [x[0], op.get("cout")]
    for n, k, s, p, d, e in zip(x[2:], op.per_dim("k", rank), stride, padding, dilation, extra):
        reach = d * (k - 1) + 1
        out.append((n - 1) * s - 2 * p + reach + e if op.name == "conv_transpose" else (n + 2 * p - reach) // s + 1)
    return out


def pool(op, x):
    rank = spatial_rank(op, x)
    kernel = op.per_dim("k", rank)
    out = x[:2]
    for n, k, s, p in zip(x[2:], kernel, op.per_dim("stride", rank, kernel), op.per_dim("padding", rank, 0)):
        windows = n + 2 * p - k
        extent = windows // s + 1
        if op.attrs.get("ceil_mode", False) and windows % s and extent * s < n + p:  # a window that starts in the padding behind is dropped
            extent += 1
        out.append(extent)
    return out


def check_norm(op, x):
    if op.name == "layer_norm":
        trailing = op.get("normalized_shape")
        trailing = [trailing] if isinstance(trailing, int) else trailing
        if list(trailing) != x[len(x) - len(trailing):]:
            raise FactError(f"{op.where}: expected an operand that ends with {trailing}, but got {x}")
        return
    if len(x) < 2:
        raise FactError(f"{op.where}: expected an operand [N, C, ...], but got {x}")
    key = "num_channels" if op.name == "group_norm" else "num_features"
    # Without affine and running statistics nothing has that many entries, and PyTorch does not look at it.
    if x[1] != op.attrs.get(key, x[1]) and (op.name != "instance_norm" or op.attrs.get("affine", False)):
        raise FactError(f"{op.where}: expected an operand with {op.attrs[key]} channels, but got {x}")
    if op.name == "group_norm" and (op.get("num_groups") < 1 or x[1] % op.get("num_groups")):
        raise FactError(f"{op.where}: expected num_groups that divide {x[1]} channels, but got {op.get('num_groups')}")


def infer(op, x, operand=None):
    """The shape an op makes of x, and of its second operand where it has one."""
    name = op.name
    if op.spelled:
        return list(x)
    if name in ANCHORS:
        out = anchor(op, x)
    elif name in ELEMENTWISE_BINARY:
        out = broadcast(op.where, x, operand or [])
    elif name in REDUCTIONS:
        dims, keep = op.dims(len(x)), op.attrs.get("keepdim", False)
        out = [1 if d in dims else n for d, n in enumerate(x) if keep or d not in dims]
    elif name in POOLS:
        out = pool(op, x)
    elif name == "adaptive_avg_pool":
        rank = spatial_rank(op, x)
        out = x[:2] + op.per_dim("output_size", rank, 1)
    elif name == "view":
        out = list(op.out_shape)
        if count(out) != count(x):
            raise FactError(f"{op.where}: expected a view of {count(x)} elements, but got {out}")
    else:
        if name.endswith("_norm"):
            check_norm(op, x)
        if name in ("softmax", "log_softmax"):
            op.dims(len(x))
        out = list(x)
    if any(n < 1 for n in out):
        raise FactError(f"{op.where}: expected extents of at least 1, but got {out} from {x}")
    return out
