# How lit runs the tests of the compiler and its tools; CMake's lit.site.cfg.py loads this file.
import os
import shutil
import subprocess

import lit.formats

config.name = "Fusion"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "CMakeLists.txt", "Golden"]  # the models of golden files are no tests by themselves
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.fusion_obj_root, "test")

# Tools are found on PATH, this build's first: tests say plainly `fusion-opt %s | FileCheck %s`.
config.environment["PATH"] = os.pathsep.join([config.fusion_tools_dir, config.llvm_tools_dir, os.environ.get("PATH", "")])
for name in ("CUDA_HOME", "FUSION_NVRTC", "FUSION_CACHE_DIR", "HOME", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
config.substitutions += [
    ("%examples", os.path.join(config.fusion_src_root, "examples")),
    ("%source_root", config.fusion_src_root),
    ("%build_root", config.fusion_obj_root),
    ("%python", config.python_executable),
]
# A tool that this build does not have makes its tests unsupported instead of red.
for tool in ("fusion-opt", "fusion-run"):
    if os.path.exists(os.path.join(config.fusion_tools_dir, tool)):
        config.available_features.add(tool)
nvcc = shutil.which("nvcc") or shutil.which("nvcc", path=os.path.join(os.environ.get("CUDA_HOME", "/usr/local/cuda"), "bin"))
if nvcc:
    config.available_features.add("nvcc")
    config.substitutions.append(("%nvcc", nvcc))
if shutil.which("pkg-config"):
    config.available_features.add("pkg-config")
# NVRTC needs no GPU, but it must be there: tests that compile are unsupported without it, which lit reports.
if "fusion-opt" in config.available_features:
    probe = [os.path.join(config.fusion_tools_dir, "fusion-opt"), os.path.join(config.fusion_src_root, "examples/tails/hardswish_relu.mlir"), "--emit=ptx"]
    if subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        config.available_features.add("nvrtc")
    else:
        lit_config.note("NOT RUN: tests that compile with NVRTC, since no NVRTC was found")
