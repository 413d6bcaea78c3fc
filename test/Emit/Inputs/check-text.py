"""check-text.py FILE...: exits with 1, naming line and rule, unless the emitted text keeps the rules of docs/emitted-code.md.

The files hold the chain's own text (--prelude=omit).
"""
import re
import sys

DECIMAL = re.compile(r"(?<![\w.])(\d+\.\d*|\.\d+|\d+[eE]-?\d+)f?(?![\w.])")
OPERATOR = re.compile(r" [-+*/<>?] | [<>=!]=? |(?<![\w)\]])-(?=[a-z(])|\b[a-z]\w*\(")
problems = []


def check(path, number, line):
    def problem(rule):
        problems.append(f"{path}:{number}: {rule}: {line.strip()[:120]}")

    if line.startswith("#") and line != "#pragma unroll":
        problem("a directive other than #pragma unroll")
    if not re.fullmatch(r"[\x20-\x7e]*", line):
        problem("a byte outside printable ASCII")
    code, _, comment = line.partition("//")
    user = re.search(r"\((.*)\)", comment)
    if re.search(r"[\"\\$@`~#*]", comment) or (user and not re.fullmatch(r"[A-Za-z0-9_.:/-]*", user[1])):
        problem("a byte in a comment that only a user's name can have brought")
    if re.search(r"[\\$@`]", code) or "/*" in line or "*/" in line:
        problem("a byte that no generated code has")
    if '"' in code and not re.search(r'extern "C"|static_assert\(.*"shared memory of the launch plan"', code):
        problem("a string")
    if re.search(r"\b(asm|typedef|using|goto|volatile)\b", code) or "__asm" in code:
        problem("a word that belongs to the prelude")
    if len(re.findall(r"[^;]*;", code)) > 1 and "for (" not in code and "struct" not in code and "static constexpr" not in code:
        problem("more than one statement")
    for literal in DECIMAL.findall(code):
        if literal != "0.0":
            problem(f"the decimal float {literal}")
    scalar = re.fullmatch(r"\s*const (float|bool) \w+ = (.*);", code)
    if scalar:
        text = re.sub(r"\[.*\]", "[]", scalar[2])  # offsets are no arithmetic of the chain
        text = re.sub(r"-?0x[\da-f.]+p[-+]\d+f", "1", text)
        call = re.fullmatch(r"\w+(<[^>]*>)?\(.*\)", text)  # one call; its arguments may be offsets
        if len(OPERATOR.findall(text)) > 1 and not call:
            problem("more than one operation in a statement")
    depth = deepest = 0
    for c in code:
        depth += (c in "([") - (c in ")]")
        deepest = max(deepest, depth)
    if deepest > 8:
        problem("deep nesting")


for path in sys.argv[1:]:
    with open(path, "rb") as file:
        text = file.read().decode("latin-1")
    lines = text.split("\n")
    if not any("__global__" in line for line in lines):
        problems.append(f"{path}: no kernel")
    for i, line in enumerate(lines):
        check(path, i + 1, line)
sys.exit("\n".join(problems[:20]) if problems else 0)
