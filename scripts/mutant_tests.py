"""The tests that scripts/mutants.py names: small enough that trying one costs seconds."""
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# `groups` are the groups of models that must be written first, `files` what must exist besides.
Test = namedtuple("Test", "name tools command files groups")

# Which script of test/Integration writes a group of models; models.py the others.
WRITERS = {"graphs": "graphs", "reductions": "reductions", "norms": "reductions", "pools": "reductions", "shapes": "reductions", "tiles": "reductions",
           "held": "reductions", "held-full": "reductions", "elementwise": "layouts", "convolutions": "layouts", "mixed": "layouts"}


def write_models(folder, groups):
    """Writes groups of models, a folder each; returns the files as tests name them."""
    for group in sorted(groups):
        writer = "narrow" if group.startswith(("bf16-", "f16-")) else "layouts" if group.startswith("last-") else WRITERS.get(group, "models")
        script = ROOT / "test/Integration" / (writer + ".py")
        subprocess.run([sys.executable, "-B", script, group, folder / group], check=True)
    return {f"{group}/{file.name}" for group in groups for file in (folder / group).iterdir()}


def model(group, *names, options="--sanitize"):
    """Models of test/Integration, all gradients, against the evaluator."""
    files = tuple(f"{group}/{name}.mlir" for name in names)
    command = f"{{bin}}/fusion-run --grad=all --check {options} " + " ".join(f"{{models}}/{file}" for file in files)
    return Test(" ".join([f"{group}/{','.join(names)}", options.replace("{models}/", "")]).strip(), ("fusion-run",), command, files, (group,))


def golden(*names):
    """PyTorch's tensors, in test/Golden."""
    files = tuple(f"test/Golden/{name}.json" for name in names)
    return Test("golden " + ", ".join(names), ("fusion-run",), "{bin}/fusion-run " + " ".join(f"--golden={{root}}/{file}" for file in files), files, ())


def planted(name, options="--check"):
    """A model of test/Planted."""
    file = f"test/Planted/Inputs/{name}.mlir"
    return Test(f"{name} {options}".strip(), ("fusion-run",), f"{{bin}}/fusion-run --grad=all {options} {{root}}/{file}", (file,), ())


def lit(*paths):
    """Lit tests, by file or folder."""
    command = "{lit} " + " ".join(f"{{site}}/{path}" for path in paths)
    return Test("lit " + ", ".join(paths), ("fusion-opt", "fusion-run"), command, tuple(f"test/{path}" for path in paths), ())


LAUNCHES = Test("PlantedBug.None", ("fusion-planted-tests",), "{bin}/fusion-planted-tests", (), ())
