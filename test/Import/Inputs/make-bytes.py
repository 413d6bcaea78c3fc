"""make-bytes.py KIND: prints a file that no text test could hold."""
import random
import sys

kind = sys.argv[1]
model = b"func.func @f(%x: tensor<2x4xf32> {fusion.name = NAME}) -> tensor<2x4xf32> {\n  %y = fusion.relu %x : tensor<2x4xf32> loc(NAME)\n  return %y : tensor<2x4xf32>\n}\n"
content = {
    "junk": lambda: random.Random(1).randbytes(100000),
    "elf": lambda: b"\x7fELF\x02\x01\x01" + bytes(1000),
    "bytecode": lambda: b"ML\xefR\x06MLIR22\x00" + bytes(1000),
    "nul": lambda: model.replace(b"NAME", b'"a"') + b"\x00// the rest",
    "high-bytes": lambda: bytes(range(0x80, 0x100)) * 1000,
    "parentheses": lambda: b"(" * 100000,
    "modules": lambda: b"module {\n" * 100000 + b"}\n" * 100000,
    "arrays": lambda: model.replace(b"fusion.name = NAME", b"a = " + b"[" * 100000 + b"]" * 100000),
    "types": lambda: model.replace(b"tensor<2x4xf32>", b"tuple<" * 100000 + b"f32" + b">" * 100000),
    "locations": lambda: model.replace(b"loc(NAME)", b'loc("a"(' * 100000),
    "minus": lambda: model.replace(b"fusion.name = NAME", b"a = affine_map<(d) -> (" + b"-" * 100000 + b"d)>"),
    "sum": lambda: model.replace(b"fusion.name = NAME", b"a = affine_map<(d) -> (" + b"d+" * 100000 + b"d)>"),
    "large": lambda: b"// " + b"x" * (65 << 20),
    "long-name": lambda: model.replace(b"NAME", b'"' + b"n" * (1 << 20) + b'"'),
    "long-ssa-name": lambda: model.replace(b"{fusion.name = NAME}", b"").replace(b" loc(NAME)", b"").replace(b"%x", b"%" + b"x" * (1 << 20)),
    "nasty-name": lambda: model.replace(b"NAME", rb'"a\0Ab\22c\5C*/d\00e\0D#include \22/etc/passwd\22"'),
    "long-rank": lambda: model.replace(b"tensor<2x4xf32>", b"tensor<" + b"1x" * 100000 + b"f32>"),
    "long-op": lambda: model.replace(b"fusion.relu", b"fusion." + b"r" * (1 << 20)).replace(b"NAME", b'"a"'),
}[kind]()
sys.stdout.buffer.write(content)
