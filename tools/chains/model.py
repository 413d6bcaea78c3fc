"""Builds the text of a model description: arguments with their names, one named op per line, shapes as types."""
import math
import re

from shapes import broadcast


def type_of(shape):
    return "tensor<" + "".join(f"{n}x" for n in shape) + "f32>"


def float_text(value):
    if math.isinf(value):
        return "0x7FF0000000000000 : f64" if value > 0 else "0xFFF0000000000000 : f64"
    text = repr(float(value))
    mantissa, e, exponent = text.partition("e")
    return text if "." in mantissa else f"{mantissa}.0{e}{exponent}"


class Integer(int):
    """An attribute of type i64; Python's bool and int would otherwise be ambiguous."""


def attribute_text(key, value):
    if value is True:
        return key
    if isinstance(value, str):
        return f"{key} = {value}"
    if isinstance(value, list):
        return f"{key} = array<i64: {', '.join(map(str, value))}>"
    return f"{key} = {value} : i64" if isinstance(value, Integer) else f"{key} = {float_text(value)}"


class Value:
    def __init__(self, name, shape):
        self.name, self.shape = name, list(shape)

    @property
    def type(self):
        return type_of(self.shape)


class Model:
    """A function under construction."""

    def __init__(self, name):
        self.name = re.sub(r"\W+", "_", re.sub(r"^\d+_", "", name), flags=re.ASCII).strip("_").lower() or "chain"
        if self.name[0].isdigit():
            self.name = "chain_" + self.name
        self.names, self.inputs, self.parameters, self.lines, self.constants = set(), [], [], [], {}

    def unique(self, wanted):
        name, n = wanted, 1
        while name in self.names:
            n += 1
            name = f"{wanted}{n}"
        self.names.add(name)
        return name

    def input(self, shape, index, several):
        value = Value(self.unique(f"x{index}" if several else "x"), shape)
        self.inputs.append(value)
        return value

    def parameter(self, name, shape):
        value = Value(self.unique(re.sub(r"\W+", "_", name, flags=re.ASCII)), shape)
        self.parameters.append(value)
        return value

    def line(self, name, op, operands, attributes, types, shape):
        result = Value(self.unique(name), shape)
        attrs = ", ".join(attribute_text(key, value) for key, value in attributes.items() if value is not False and value is not None)
        self.lines.append((result, f"fusion.{op} {operands}", f" {{{attrs}}}" if attrs else "", types))
        return result

    def constant(self, value):
        if value not in self.constants:
            self.constants[value] = self.line("c", "constant", float_text(value), {}, type_of([]), [])
        return self.constants[value]

    def unary(self, op, x, attributes=None, name=None):
        return self.line(name or op, op, f"%{x.name}", attributes or {}, x.type, x.shape)

    def binary(self, op, lhs, rhs):
        return self.function(op, [lhs, rhs], {}, broadcast(op, lhs.shape, rhs.shape))

    def function(self, op, operands, attributes, shape, text=None, name=None):
        """An op whose types are printed as (operands) -> result."""
        types = f"({', '.join(operand.type for operand in operands)}) -> {type_of(shape)}"
        return self.line(name or op, op, text or ", ".join(f"%{operand.name}" for operand in operands), attributes, types, shape)

    def to(self, op, x, attributes, shape, name=None):
        """An op whose types are printed as operand to result."""
        return self.line(name or op, op, f"%{x.name}", attributes, f"{x.type} to {type_of(shape)}", shape)

    def affine(self, op, x, parameters, attributes, name="norm"):
        """A norm with its optional gamma and beta."""
        text = f"%{x.name}" + (f" affine %{parameters[0].name}, %{parameters[1].name}" if parameters else "")
        return self.function(op, [x, *parameters], attributes, x.shape, text, name)

    def anchor(self, op, x, weight, bias, attributes, shape):
        text = f"%{x.name}, %{weight.name}" + (f" bias %{bias.name}" if bias else "")
        return self.function(op, [x, weight, *([bias] if bias else [])], attributes, shape, text)

    def text(self, result, comment):
        """The function that returns `result`, which is called y in it."""
        old = result.name
        if "y" not in self.names and not any(result is value for value in self.inputs + self.parameters):
            result.name = "y"
        head = f"func.func @{self.name}("
        arguments = [f"%{value.name}: {value.type}" for value in self.inputs]
        arguments += [f"%{value.name}: {value.type} {{fusion.parameter}}" for value in self.parameters]
        out = [f"// {comment}", head + (",\n" + " " * len(head)).join(arguments) + f") -> {result.type} {{"]
        for value, op, attrs, types in self.lines:
            op = re.sub(rf"%{old}\b", f"%{result.name}", op)
            line = f"  %{value.name} = {op}{attrs}"
            out += [f"{line} : {types}"] if len(line) + len(types) <= 130 else [line, f"      : {types}"]
        return "\n".join([*out, f"  return %{result.name} : {result.type}", "}", ""])
