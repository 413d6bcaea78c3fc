"""Makes a failing chain smaller while it fails in the same way."""
from ops import Batch, Invalid


def simpler(value):
    """Smaller values of one attribute."""
    if isinstance(value, Batch) or isinstance(value, bool) or not isinstance(value, int) or value <= 1:
        return []
    return sorted({1, value // 2, value - 1} - {0, value})


def without_results(chain):
    for i in range(len(chain.results)):
        if len(chain.results) > 1:
            other = chain.copy()
            del other.results[i]
            yield other


def with_inner_result(chain):
    """What stands behind a value is dropped: the value becomes the only result."""
    for number in chain.needed(for_shapes=False):
        if chain.nodes[number].op not in ("input", "like", "constant") and chain.results != [number]:
            other = chain.copy()
            other.results = [number]
            yield other


def with_argument(chain, shapes):
    """What stands in front of a value is dropped: the value becomes an argument."""
    for number in reversed(chain.needed(for_shapes=False)):
        node = chain.nodes[number]
        if node.op not in ("input", "constant") and (node.operands or node.op == "like"):
            other = chain.copy()
            other.nodes[number].op, other.nodes[number].operands = "input", ()
            other.nodes[number].attributes = {"shape": shapes[number], "parameter": False}
            yield other


def without_op(chain, shapes):
    """An op is replaced by an operand, or by another value, of its shape."""
    for number in reversed(chain.needed(for_shapes=False)):
        for operand in dict.fromkeys(chain.nodes[number].operands):
            if shapes[operand] != shapes[number] or chain.nodes[number].op == "like":
                continue
            other = chain.copy()
            other.results = [operand if r == number else r for r in other.results]
            for node in other.nodes.values():
                node.operands = tuple(operand if o == number else o for o in node.operands)
            yield other


def with_smaller_attributes(chain):
    for number in chain.needed(for_shapes=True):
        for name, value in chain.nodes[number].attributes.items():
            for smaller in smaller_values(name, value):
                other = chain.copy()
                other.nodes[number].attributes[name] = smaller
                yield other


def smaller_values(name, value):
    if name in ("affine", "bias", "spell_out", "ceil_mode", "parameter") and value:
        return [False]
    if name in ("shape", "kernel", "stride", "padding", "dilation", "output_padding", "output_size"):
        found = []
        for i, extent in enumerate(value):
            least = [0] if name in ("padding", "output_padding") and extent else []
            for smaller in least + simpler(extent):
                found.append(type(value)([*value[:i], smaller, *value[i + 1:]]))
        if name == "shape" and any(isinstance(extent, Batch) for extent in value):
            found.append(tuple(map(int, value)))
        return found
    return simpler(value) if name in ("out", "groups", "dims", "factor") and isinstance(value, int) else []


def candidates(chain):
    shapes = chain.shapes()
    for made in (without_results(chain), with_inner_result(chain), with_argument(chain, shapes), without_op(chain, shapes),
                 with_smaller_attributes(chain)):
        yield from made


def text_or_none(chain):
    try:
        return chain.text("shrunk")
    except Invalid:
        return None


def shrink(chain, fails, most=400):
    """The smallest chain found for which `fails` (given its text) holds, in at most `most` runs."""
    tried, again = set(), True
    while again and len(tried) < most:
        again = False
        for other in candidates(chain):
            text = text_or_none(other)
            if text is None or text in tried or len(text) > 2 * len(chain.text("shrunk")):
                continue
            tried.add(text)
            if fails(text):
                chain, again = other, True
                break
            if len(tried) >= most:
                break
    return chain
