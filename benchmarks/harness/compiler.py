"""Runs fusion-opt on chains: reports, programs, and what the compiler takes the device to be."""
import json
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNEL_KEYS = ("name", "unit", "bytes_read", "bytes_written", "contraction_flops", "predicted_us", "terms", "bound", "roofline_us")
PHASE_KEYS = ("bytes", "compulsory_bytes", "saved_bytes", "workspace_bytes", "predicted_us", "roofline_us")
EXTRAS = {
    "copy": ("torch", """func.func @copy(%x: tensor<32768x8192xf32>) -> tensor<32768x8192xf32> {
  %c = fusion.constant 1.0 : tensor<f32>
  %y = fusion.add %x, %c : (tensor<32768x8192xf32>, tensor<f32>) -> tensor<32768x8192xf32>
  return %y : tensor<32768x8192xf32>
}
"""),
    **{name: (precision, """func.func @product(%x: tensor<8192x8192xf32>, %weight: tensor<8192x8192xf32> {fusion.parameter}) -> tensor<8192x8192xf32> {
  %y = fusion.matmul %x, %weight {transpose_b} : (tensor<8192x8192xf32>, tensor<8192x8192xf32>) -> tensor<8192x8192xf32>
  return %y : tensor<8192x8192xf32>
}
""") for name, precision in (("matmul", "torch"), ("matmul-ieee", "ieee"))},
}


class Failed(Exception):
    """A chain that does not compile."""


class Compiler:
    """The tools of a build folder, for one architecture."""

    def __init__(self, build, arch, timeout):
        self.bin, self.arch, self.timeout = (ROOT / build / "bin").resolve(), arch, timeout

    def missing(self, *names):
        """What to say when a tool is not there."""
        for name in names:
            if not (self.bin / name).exists():
                return f"expected {self.bin / name}, but found none; scripts/build makes it"
        return None

    def tool(self, name, *arguments, environment=None):
        """Seconds that a tool took; what it says where it fails."""
        begin = time.perf_counter()
        try:
            done = subprocess.run([self.bin / name, *map(str, arguments)], capture_output=True, text=True, timeout=self.timeout, env={**os.environ, **(environment or {})})
        except subprocess.TimeoutExpired:
            raise Failed(f"no end within {self.timeout:g} s") from None
        if done.returncode:
            found = re.search(r"\berror: (.*)", done.stderr)
            raise Failed(found.group(1) if found else (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
        return time.perf_counter() - begin, done.stdout

    def report(self, model, grad, *options):
        # Registers and spills would need NVRTC, which takes longer than everything else.
        _, text = self.tool("fusion-opt", model, "--emit=report", f"--grad={grad}", f"--arch={self.arch}", *options, environment={"FUSION_NVRTC": "/nonexistent"})
        return json.loads(text)

    def plan(self, model, facts):
        """What the compiler decided and predicts: forward by itself, and forward that saves with backward."""
        training, forward = self.report(model, "all"), self.report(model, "none")
        return {"forward": phase(forward["forward"]), "training": {"forward": phase(training["forward"]), "backward": phase(training["backward"])},
                "output_bytes": 4 * math.prod(facts.output), "ops": facts.ops}

    def extras(self, folder):
        """Reports of a copy and of matrix products; from them the rates that predictions count with."""
        reports, rates = {}, {}
        for name, (precision, text) in EXTRAS.items():
            path = Path(folder) / f"{name}.mlir"
            path.write_text(text, encoding="utf-8")
            reports[name] = phase(self.report(path, "none", f"--precision={precision}")["forward"])
        rates["copy"] = reports["copy"]["bytes"] / reports["copy"]["roofline_us"] * 1e6
        for name in ("matmul", "matmul-ieee"):
            kernel = reports[name]["kernels"][0]
            rates[kernel["unit"]] = kernel["contraction_flops"] / kernel["roofline_us"] * 1e6
        if "3xtf32" in rates:
            rates["tf32"] = 3 * rates["3xtf32"]
        return reports, rates


def phase(report):
    return {"kernels": [{key: kernel[key] for key in KERNEL_KEYS} for kernel in report["kernels"]], **{key: report[key] for key in PHASE_KEYS}}


def add_arguments(parser):
    parser.add_argument("--build", default="build", help="the build folder whose tools compile (default: %(default)s)")
    parser.add_argument("--arch", default="sm_90a", help="default: %(default)s")
    parser.add_argument("--file", help="the file of chains (default: test/Chains/Inputs/level2.json)")
    parser.add_argument("--only", metavar="N,...", help="these chains only")
    parser.add_argument("--jobs", type=int, default=2, help="compilations at a time")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one compilation")


def complain(message):
    print(f"benchmarks: error: {message}", file=sys.stderr)
    return 2
