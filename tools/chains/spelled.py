"""Turns a spelled-out op, an expression over x such as x*sigmoid(x+3)/6, into named ops."""
import ast

from facts import FactError, plain

BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
FUNCTIONS = {"relu", "relu6", "hardswish", "hardsigmoid", "sigmoid", "tanh", "swish", "selu", "mish", "gelu", "softplus", "softsign", "exp", "log", "sqrt",
             "rsqrt", "abs", "square", "reciprocal", "log_sigmoid"}


class Spelled:
    """Emits an expression op by op through a model builder."""

    def __init__(self, op, builder, x):
        self.op, self.builder, self.x = op, builder, x

    def fail(self, what):
        raise FactError(f"{self.op.where}: expected an expression of x, numbers, + - * / and activations, but got {what} in '{self.op.spelled}'")

    def value(self):
        try:
            tree = ast.parse(self.op.spelled.replace("·", "*"), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.fail("a syntax error")
        result = self.visit(tree.body)
        if isinstance(result, float):
            self.fail("a number")
        return result

    def visit(self, node):
        if isinstance(node, ast.Name) and node.id == "x":
            return self.x
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return float(node.value)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.visit(node.operand)
            return -inner if isinstance(inner, float) else self.builder.unary("neg", inner)
        if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
            return self.binary(BINARY[type(node.op)], self.visit(node.left), self.visit(node.right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self.call(plain(node.func.id)[0], [self.visit(argument) for argument in node.args])
        return self.fail(f"'{ast.unparse(node)}'")

    def binary(self, name, lhs, rhs):
        if isinstance(lhs, float) and isinstance(rhs, float):
            return {"add": lhs + rhs, "sub": lhs - rhs, "mul": lhs * rhs, "div": lhs / rhs if rhs else self.fail("a division by zero")}[name]
        lhs, rhs = (self.builder.constant(side) if isinstance(side, float) else side for side in (lhs, rhs))
        return self.builder.binary(name, lhs, rhs)

    def call(self, name, arguments):
        if name == "clamp" and len(arguments) == 3 and not isinstance(arguments[0], float):
            return self.builder.unary("clamp", arguments[0], {"min": arguments[1], "max": arguments[2]})
        if name not in FUNCTIONS or len(arguments) != 1 or isinstance(arguments[0], float):
            self.fail(f"a call of '{name}'")
        return self.builder.unary(name, arguments[0])
