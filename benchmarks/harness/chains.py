"""Chains as facts: where they are, the models they become, and what they must compute."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In a pack the modules of tools/chains and the facts lie beside the harness.
MODULES = next((folder for folder in (HERE.parent / "chains", HERE.parent.parent / "tools" / "chains") if (folder / "facts.py").is_file()), None)
FACTS = next((file for file in (HERE.parent / "facts.json", HERE.parent.parent / "test" / "Chains" / "Inputs" / "level2.json") if file.is_file()), None)
if MODULES:
    sys.path.insert(0, str(MODULES))

from convert import Converter  # noqa: E402 (the modules stand in a folder of their own)
from facts import Chain, FactError, read_file  # noqa: E402


class Facts:
    """A chain, its model's text, and the figures that follow from its shapes."""

    def __init__(self, number, facts):
        self.number, self.chain = number, Chain(facts)
        converter = Converter(self.chain)
        self.text = converter.text()
        self.name, self.macs = self.chain.name, converter.macs
        self.inputs = [list(value.shape) for value in converter.model.inputs]
        self.parameters = [list(value.shape) for value in converter.model.parameters]
        self.output = list(self.chain.output)
        self.ops = self.text.splitlines()[0][3:].partition(".")[0]

    @property
    def random(self):
        """Whether it draws random numbers, of which PyTorch would draw others."""
        return any(op.name == "dropout" for op in self.chain.ops)


def numbers(text):
    try:
        return {int(number) for number in text.split(",")}
    except ValueError:
        raise SystemExit(f"benchmarks: error: expected numbers such as 57,60, but got '{text}'") from None


def read(path=None, only=None):
    """The chains of a file, ascending; `only` is a list such as 57,60."""
    wanted = numbers(only) if only else None
    problems = read_file(path or FACTS)
    missing = sorted((wanted or set()) - set(problems))
    if missing:
        raise FactError(f"expected numbers of {path or FACTS}, but got {', '.join(map(str, missing))}")
    return [Facts(number, problems[number]) for number in sorted(problems) if not wanted or number in wanted]


__all__ = ["FACTS", "HERE", "MODULES", "Facts", "FactError", "numbers", "read"]
