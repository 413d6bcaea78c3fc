"""long-chain.py N: prints a model of N elementwise ops in a row, of three kinds in turn."""
import sys

count, shape = int(sys.argv[1]), "tensor<?x64x32x32xf32>"
ops = ["fusion.tanh %v{0} : {1}", "fusion.add %v{0}, %b : ({1}, tensor<64x1x1xf32>) -> {1}", "fusion.mul %v{0}, %x : ({1}, {1}) -> {1}"]
print(f"func.func @long(%x: {shape}, %b: tensor<64x1x1xf32> {{fusion.parameter}}) -> {shape} {{")
print(f"  %v0 = fusion.tanh %x : {shape}")
for i in range(count - 1):
    print(f"  %v{i + 1} = " + ops[i % 3].format(i, shape))
print(f"  return %v{count - 1} : {shape}\n}}")
