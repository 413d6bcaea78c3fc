"""long-model.py COUNT: a chain of COUNT ops, a convolution and a norm in every ten: longer than what choices about saved values are judged by at once."""
import sys

SHAPE, ACTIVATIONS = "tensor<8x16x24x24xf32>", ["relu", "swish", "tanh", "sigmoid", "hardswish"]
arguments, ops, value = [f"%x: {SHAPE}"], [], "x"
for i in range(int(sys.argv[1])):
    if i % 10 == 0:
        arguments.append(f"%w{i}: tensor<16x16x3x3xf32> {{fusion.parameter}}")
        op = f"conv %{value}, %w{i} {{padding = array<i64: 1, 1>}} : ({SHAPE}, tensor<16x16x3x3xf32>) -> {SHAPE}"
    elif i % 10 == 5:
        op = f"group_norm %{value} {{groups = 4 : i64, eps = 1.0e-5}} : ({SHAPE}) -> {SHAPE}"
    else:
        op = f"{ACTIVATIONS[i % 5]} %{value} : {SHAPE}"
    value = f"v{i}"
    ops.append(f"  %{value} = fusion.{op}")
print(f"func.func @chain({', '.join(arguments)}) -> {SHAPE} {{")
print("\n".join(ops))
print(f"  return %{value} : {SHAPE}\n}}")
