"""How long compiling takes: the examples, cold, per architecture; with --scaling, how it grows from 20 ops to 200."""
import json
import os
import platform
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from . import compiler

CHAINS = ["conv2d_hardswish_relu", "conv2d_relu_hardswish", "linear_group_norm_swish_multiply_swish", "conv_transpose3d_swish_group_norm_hardswish"]
ARCHITECTURES = ["sm_80", "sm_90a", "sm_100a", "sm_120"]
SHAPE, ACTIVATIONS = "tensor<8x16x24x24xf32>", ["relu", "swish", "tanh", "sigmoid", "hardswish"]


def add_arguments(parser):
    parser.add_argument("--build", default="build", help="the build folder whose tools are measured (default: %(default)s)")
    parser.add_argument("--arch", action="append", choices=ARCHITECTURES, help="repeatable; default: all")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scaling", action="store_true", help="chains of 20 and 200 ops instead of the examples")
    parser.add_argument("-o", dest="output", metavar="FILE", help="also write the figures there, as JSON")


def timed(command, environment):
    """Wall and CPU milliseconds of a command (the latter hold on a busy machine too), and the finished process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    result = subprocess.run(command, cwd=compiler.ROOT, env=environment, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall * 1e3, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3, result


def compile_once(tool, model, stop, arch):
    """A fresh process and an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        command = [tool, model, "--grad=all", f"--emit={stop}", f"--arch={arch}", "-o", f"{folder}/out"]
        return timed(command, {**os.environ, "FUSION_CACHE_DIR": folder})


def compile_times(tool, chain, arch, repeats):
    """Milliseconds from model description to CUDA C++ and to a cubin, forward and backward together."""
    row = {"chain": chain, "arch": arch}
    for stop in ("cuda", "cubin"):
        runs = [compile_once(tool, f"examples/{chain}.mlir", stop, arch) for _ in range(repeats)]
        failed = [result for _, _, result in runs if result.returncode != 0]
        if failed:
            return {**row, "error": (failed[0].stderr.strip().splitlines() or [f"exit code {failed[0].returncode}"])[-1]}
        row[f"{stop}_ms"], row[f"{stop}_cpu_ms"] = (round(statistics.median(run[i] for run in runs), 1) for i in (0, 1))
    return row


def long_chain(length):
    """A convolution and a norm in every ten ops, activations between them."""
    arguments, ops, value = [f"%x: {SHAPE}"], [], "x"
    for i in range(length):
        if i % 10 == 0:
            arguments.append(f"%w{i}: tensor<16x16x3x3xf32> {{fusion.parameter}}")
            op = f"conv %{value}, %w{i} {{padding = array<i64: 1, 1>}} : ({SHAPE}, tensor<16x16x3x3xf32>) -> {SHAPE}"
        elif i % 10 == 5:
            op = f"group_norm %{value} {{groups = 4 : i64, eps = 1.0e-5}} : ({SHAPE}) -> {SHAPE}"
        else:
            op = f"{ACTIVATIONS[i % 5]} %{value} : {SHAPE}"
        value = f"v{i}"
        ops.append(f"  %{value} = fusion.{op}")
    return f"func.func @chain({', '.join(arguments)}) -> {SHAPE} {{\n" + "\n".join(ops) + f"\n  return %{value} : {SHAPE}\n}}\n"


def scaling(tool, repeats):
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for stop in ("cuda", "cubin"):
            row = {"stop": stop}
            for length in (20, 200):
                model = Path(folder) / f"{length}.mlir"
                model.write_text(long_chain(length), encoding="utf-8")
                runs = [compile_once(tool, model, stop, "sm_90a") for _ in range(repeats)]
                if any(result.returncode for _, _, result in runs):
                    return [{"stop": stop, "error": runs[0][2].stderr.strip()[-300:]}]
                row[f"cpu_s_{length}"] = min(cpu for _, cpu, _ in runs) / 1e3
            rows.append(row)
            print(f"to {stop:<6} 20 ops {row['cpu_s_20']:7.2f} s   200 ops {row['cpu_s_200']:7.2f} s   {row['cpu_s_200'] / row['cpu_s_20']:5.1f} times")
    return rows


def examples(tool, options):
    rows = [compile_times(tool, chain, arch, options.repeats) for chain in CHAINS for arch in options.arch or ARCHITECTURES]
    print("cold compile of forward and backward, milliseconds of wall time (CPU time)")
    print(f"{'chain':<46}{'arch':>8}{'to CUDA C++':>18}{'to cubin':>18}")
    for row in rows:
        if "error" in row:
            print(f"{row['chain']:<46}{row['arch']:>8}  error: {row['error']}")
        else:
            cells = [f"{row[stop + '_ms']:.0f} ({row[stop + '_cpu_ms']:.0f})" for stop in ("cuda", "cubin")]
            print(f"{row['chain']:<46}{row['arch']:>8}{cells[0]:>18}{cells[1]:>18}")
    return rows


def run(options):
    tools = compiler.Compiler(options.build, "sm_90a", 600)
    if tools.missing("fusion-opt"):
        return compiler.complain(tools.missing("fusion-opt"))
    tool = tools.bin / "fusion-opt"
    rows = scaling(tool, options.repeats) if options.scaling else examples(tool, options)
    if options.output:
        results = {"host": {"machine": platform.machine(), "cores": os.cpu_count()}, "scaling" if options.scaling else "compile": rows}
        Path(options.output).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 1 if any("error" in row for row in rows) else 0
