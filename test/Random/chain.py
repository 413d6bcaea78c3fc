"""A chain as a graph of ops: shapes are inferred, so that ops and extents can be changed and the text printed again."""
import math
import random
import re
from dataclasses import dataclass, field

from ops import LARGEST, OPS, Invalid, Batch, attribute, require, tensor


@dataclass
class Node:
    op: str
    operands: tuple = ()
    attributes: dict = field(default_factory=dict)

    def copy(self):
        return Node(self.op, self.operands, dict(self.attributes))


class Chain:
    """Nodes by number, operands numbered lower; `results` are numbers, possibly repeated. All tensors are of one element type. With
    `layouts`, a seed, some arguments and results of rank 3 to 5 lie channels-last."""

    def __init__(self, element="f32", layouts=None):
        self.nodes, self.results, self.element, self.layouts = {}, [], element, layouts

    def copy(self):
        other = Chain(self.element, self.layouts)
        other.nodes, other.results = {number: node.copy() for number, node in self.nodes.items()}, list(self.results)
        return other

    def add(self, op, operands=(), **attributes):
        number = len(self.nodes)
        self.nodes[number] = Node(op, tuple(operands), attributes)
        return number

    def needed(self, for_shapes):
        """Numbers that results depend on; an argument takes its shape from a value it does not read."""
        seen, todo = set(), list(self.results)
        while todo:
            number = todo.pop()
            if number not in seen:
                seen.add(number)
                node = self.nodes[number]
                if for_shapes or node.op != "like":
                    todo += node.operands
        return sorted(seen)

    def shapes(self):
        """The shape of every value; raises Invalid."""
        shapes = {}
        for number in self.needed(for_shapes=True):
            self.infer(number, shapes)
        return shapes

    def infer(self, number, shapes):
        node = self.nodes[number]
        given = [shapes[operand] for operand in node.operands]
        shape = OPS[node.op].infer(node.attributes, given)
        parameters = OPS[node.op].parameters(node.attributes, given)
        require(all(math.prod(s) <= LARGEST for s in [shape, *(p for _, _, p in parameters)]))
        if node.op == "extra":
            norm = self.nodes[node.operands[0]]
            require(norm.op == "batch_norm" and norm.attributes["mode"] == "running")
        shapes[number] = shape
        return shape

    def uses(self):
        uses = {number: 0 for number in self.nodes}
        for number in self.needed(for_shapes=False):
            for operand in self.nodes[number].operands if self.nodes[number].op != "like" else ():
                uses[operand] += 1
        return uses

    def without_gradient(self, results, shapes):
        """Arguments, and ops with parameters, that `results` read but have no differentiable path to."""
        reached, todo = set(), list(results)
        while todo:
            number = todo.pop()
            if number not in reached:
                reached.add(number)
                node = self.nodes[number]
                if node.op not in ("like", "detach", "extra"):
                    todo += node.operands[1:] if node.op == "where" else node.operands
        other = self.copy()
        other.results = list(results)
        for number in other.needed(for_shapes=False):
            node = self.nodes[number]
            given = [shapes[o] for o in node.operands]
            if number not in reached and (node.op in ("input", "like") or OPS[node.op].parameters(node.attributes, given)):
                yield number
            if node.attributes.get("mode") == "running":
                yield from (v for v, extra in self.nodes.items() if extra.op == "extra" and extra.operands == (number,) and v not in reached)

    def mark(self, name, shape, parameter=False):
        """The attributes of an argument or result; of a name always the same."""
        marks = ["fusion.parameter"] if parameter else []
        if self.layouts is not None and 3 <= len(shape) <= 5 and random.Random("%s/%s" % (self.layouts, name)).random() < 0.6:
            marks.append('fusion.layout = "channels_last"')
        return " {%s}" % ", ".join(marks) if marks else ""

    def text(self, name):
        """The model; every tensor a result depends on, and nothing else."""
        shapes, arguments, body = self.shapes(), [], []
        for number in self.needed(for_shapes=False):
            node = self.nodes[number]
            if node.op in ("input", "like"):
                mark = self.mark("x%d" % number, shapes[number], node.attributes["parameter"])
                arguments.append("%%x%d: %s%s" % (number, tensor(shapes[number]), mark))
            elif node.op == "constant":
                body.append("  %%v%d = fusion.constant %.6e : tensor<f32>" % (number, node.attributes["value"]))
            elif node.op != "extra":
                self.print_op(number, shapes, arguments, body)
        types = [tensor(shapes[r]) for r in self.results]
        marked = [t + self.mark("result%d" % i, shapes[r]) for i, (t, r) in enumerate(zip(types, self.results))]
        values = ", ".join(self.value(r) for r in self.results)
        text = "func.func @%s(%s) -> %s {\n%s  return %s : %s\n}\n" % (
            name, ", ".join(arguments), "(%s)" % ", ".join(marked) if len(types) > 1 or marked != types else types[0],
            "".join(line + "\n" for line in body), values, ", ".join(types))
        return re.sub("B?F(16|32)>", lambda m: m[0].lower(), text.replace("f32>", self.element + ">"))

    def value(self, number):
        node = self.nodes[number]
        if node.op == "extra":
            return "%%v%d#%d" % (node.operands[0], node.attributes["index"])
        if node.op in ("input", "like"):
            return "%%x%d" % number
        running = node.op == "batch_norm" and node.attributes["mode"] == "running"
        return "%%v%d%s" % (number, "#0" if running else "")

    def print_op(self, number, shapes, arguments, body):
        node, op = self.nodes[number], OPS[self.nodes[number].op]
        if node.op == "cast":  # there and back; capital letters keep the type apart from the chain's
            mine, other = tensor(shapes[number]), tensor(shapes[number]).replace("f32", node.attributes["through"].upper())
            exact = " {exact}" if node.attributes["exact"] else ""
            body.append("  %%v%d_through = fusion.cast %s%s : %s to %s" % (number, self.value(node.operands[0]), exact, mine, other))
            body.append("  %%v%d = fusion.cast %%v%d_through : %s to %s" % (number, number, other, mine))
            return
        given = [shapes[operand] for operand in node.operands]
        text, types = ", ".join(map(self.value, node.operands)), [tensor(s) for s in given]
        for front, kind, shape in op.parameters(node.attributes, given):
            name = "%%%s%d" % (kind, number)
            arguments.append("%s: %s%s" % (name, tensor(shape), self.mark(name, shape, True)))
            if kind == "variance":  # inputs have both signs
                body.append("  %%v%d_variance = fusion.softplus %s : %s" % (number, name, tensor(shape)))
                name = "%%v%d_variance" % number
            text, types = text + front + name, types + [tensor(shape)]
        attributes = ", ".join(n if v is None else "%s = %s" % (n, attribute(v)) for n, v in op.attributes(node.attributes, given).items())
        result, count = tensor(shapes[number]), ""
        if node.op == "batch_norm" and node.attributes["mode"] == "running":
            channels = tensor(shapes[number][1:2])
            result, count = "(%s, %s, %s)" % (result, channels, channels), ":3"
        signature = {"same": result, "to": "%s to %s" % (types[0] if types else "", result), "function": "(%s) -> %s" % (", ".join(types), result)}
        body.append("  %%v%d%s = fusion.%s %s%s : %s" % (
            number, count, node.op, text, " {%s}" % attributes if attributes else "", signature[op.form]))


__all__ = ["Batch", "Chain", "Invalid", "Node"]
