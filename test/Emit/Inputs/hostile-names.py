r"""hostile-names.py: prints a model whose every name is one that would do harm if it reached the emitted text as it is.

Tensors are named after what the prelude and the printers use, after keywords, alike once escaped, and with quotes, newlines, comment ends, backslashes, trigraphs and
bytes outside ASCII; one has a megabyte.
"""
names = [
    "gather", "scatter", "tile", "images", "index_t", "shared", "threadIdx", "blockDim", "Load", "Load_1", "Problem", "Tile", "Moments", "float", "class",
    "__global__", "__syncthreads", "warpSize", "extern", "same", "same_1", "x", "0", "9lives", "_", "__", "a b", "a-b", "tanhf", "expf", "main",
    "value", "add", "add_0", "y", "forward_0_add", "operator", "lane", "p", "NULL", "static_assert", "storeVector", "loadVector", "WindowPlace",
    'quote"', "new\nline", "carriage\rreturn", "comment */ end", "// comment", "back\\slash\\", "slash\\\n", "tab\t", "bell\x07", "nul\x00byte", "ünïcode", "??/",
    "#include </etc/passwd>", '"); asm("trap', "$(rm)", "`id`", "@", "~", "it's", "n" * (1 << 20),
]


def quoted(name):
    data = name.encode()
    return '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\' else f"\\{b:02X}" for b in data) + '"'


matrix, vector = "tensor<?x64xf32>", "tensor<64xf32>"
arguments = ", ".join(f"%a{i}: {vector} {{fusion.name = {quoted(name)}, fusion.parameter}}" for i, name in enumerate(names))
print(f'func.func @{quoted("chain " + "".join(names[-26:-1]))}(%in: {matrix} {{fusion.name = "in*/"}}, {arguments}) -> ({matrix} {{fusion.name = "out//"}}) {{')
value = "%in"
for i, name in enumerate(names):
    print(f"  %v{i} = fusion.add {value}, %a{i} : ({matrix}, {vector}) -> {matrix} loc({quoted(names[max(i - 2, 0)])})")
    value = f"%v{i}"
print(f"  return {value} : {matrix}\n}}")
